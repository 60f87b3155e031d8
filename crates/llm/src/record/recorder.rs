//! Writes exchanges. Small, whole files that appear at once, so that whoever kills this process
//! leaves a record that can be read.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Timestamp;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::task;

use super::{Exchange, Outcome, SUFFIX, tools_sha256};
use crate::error::Error;
use crate::gateway::Spent;
use crate::key::redact;
use crate::message::{Message, Reply, Request};

/// Writes into one folder. A new one for the same folder goes on where the last one ended.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    secrets: Vec<String>,
    last: Mutex<Option<Last>>,
    failure: Mutex<Option<String>>,
}

/// What the next exchange is compared with.
#[derive(Debug)]
struct Last {
    exchange: u32,
    /// Of each message.
    hashes: Vec<u64>,
    tools_sha256: String,
}

/// An exchange that is over.
pub(crate) struct Exchanged<'a> {
    pub exchange: u32,
    pub begun: Timestamp,
    pub ended: Timestamp,
    pub request: &'a Request<'a>,
    pub result: &'a Result<Reply, Error>,
    pub spent: &'a Spent,
}

impl Recorder {
    /// Makes the folder where there is none. `secrets` are in no file, nor are those of the
    /// gateway that this is given to.
    pub fn new(folder: impl Into<PathBuf>, secrets: Vec<String>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, secrets, last: Mutex::default(), failure: Mutex::default() })
    }

    pub(crate) fn without(mut self, secrets: impl Iterator<Item = String>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    pub(crate) fn failure(&self) -> Option<String> {
        locked(&self.failure).clone()
    }

    /// Never fails: that a record can't be written is remembered, not a reason to end the turn.
    pub(crate) async fn write(&self, exchanged: Exchanged<'_>) {
        let exchange = self.next(&exchanged);
        let path = self.folder.join(format!("{:05}{SUFFIX}", exchange.exchange));
        let text = serde_json::to_string(&exchange).expect("an exchange is JSON");
        let text = self.redacted(&text);
        let written = task::spawn_blocking(move || write_whole(&path, text.as_bytes())).await;
        if let Err(error) = written.unwrap_or_else(|gone| Err(io::Error::other(gone))) {
            // What follows must not build on a file that isn't there.
            *locked(&self.last) = None;
            *locked(&self.failure) = Some(format!("exchange {}: {error}", exchange.exchange));
        }
    }

    /// The exchange as it is written: what is new against the one before.
    fn next(&self, exchanged: &Exchanged<'_>) -> Exchange {
        let Exchanged { exchange, begun, ended, request, result, spent } = *exchanged;
        let hashes: Vec<u64> = request.messages.iter().map(hash).collect();
        let tools_sha256 = tools_sha256(request.tools);
        let mut last = locked(&self.last);
        let base = last
            .as_ref()
            .filter(|last| last.exchange < exchange && hashes.starts_with(&last.hashes));
        let (after, kept) = base.map_or((None, 0), |last| (Some(last.exchange), last.hashes.len()));
        let same_tools = last.as_ref().is_some_and(|last| last.tools_sha256 == tools_sha256);
        *last = Some(Last { exchange, hashes, tools_sha256: tools_sha256.clone() });
        Exchange {
            exchange,
            model: spent.model.clone(),
            begun,
            ended,
            after,
            kept,
            messages: request.messages[kept..].to_vec(),
            tools_sha256,
            tools: (!same_tools).then(|| request.tools.to_vec()),
            outcome: Outcome::of(result),
            usage: spent.usage,
            cost_micros: spent.cost_micros,
        }
    }

    /// Secrets stand in JSON as they are, or as JSON writes them.
    fn redacted(&self, text: &str) -> String {
        let written = self.secrets.iter().map(|secret| {
            let quoted = serde_json::to_string(secret).expect("a text is JSON");
            quoted[1..quoted.len() - 1].to_owned()
        });
        redact(&redact(text, &written.collect::<Vec<_>>()), &self.secrets)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Two messages with the same hash are the same one: nobody who could make them collide gains
/// anything by a conversation that is recorded wrongly.
fn hash(message: &Message) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(message).expect("a message is JSON").hash(&mut hasher);
    hasher.finish()
}

fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("tmp");
    let mut encoder = GzEncoder::new(File::create(&unfinished)?, Compression::default());
    encoder.write_all(text)?;
    encoder.finish()?;
    fs::rename(&unfinished, path)
}
