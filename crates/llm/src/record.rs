//! A record of every exchange with a model: a folder with a compressed file for each, so that an
//! attempt can be looked at and played again without a model. A file holds what the conversation
//! gained since the exchange before it, or all of it where it didn't just grow. Keys are in none.
//!
//! Numbers may be missing: a process that died between asking and writing leaves a gap.

mod recorder;
mod replay;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use domain::Timestamp;
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(crate) use recorder::Exchanged;
pub use recorder::Recorder;
pub use replay::{Departure, OnDeparture, Replay, What};

use crate::error::{Action, Error};
use crate::message::{Message, Reply, ToolSpec, Usage};

/// One file, uncompressed.
const EXCHANGE_BYTES_MAX: u64 = 512 * 1024 * 1024;
const SUFFIX: &str = ".json.gz";

/// One request and what came of it, as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The ledger's number.
    pub exchange: u32,
    /// `provider/model`.
    pub model: String,
    pub begun: Timestamp,
    pub ended: Timestamp,
    /// The exchange whose conversation this one begins with; none where all of it is here.
    pub after: Option<u32>,
    /// How many of that one's messages; 0 without one.
    pub kept: usize,
    /// What followed them.
    pub messages: Vec<Message>,
    /// Which tools there were.
    pub tools_sha256: String,
    /// Those tools, where they aren't those of the exchange before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<ToolSpec>>,
    pub outcome: Outcome,
    pub usage: Usage,
    pub cost_micros: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered(Reply),
    Failed {
        message: String,
        /// Whether it asked for a shorter conversation.
        #[serde(default)]
        shorten: bool,
    },
}

impl Outcome {
    fn of(result: &Result<Reply, Error>) -> Self {
        match result {
            Ok(reply) => Self::Answered(reply.clone()),
            Err(error) => Self::Failed {
                message: crate::words(error),
                shorten: error.action() == Action::Shorten,
            },
        }
    }
}

/// All of a folder's exchanges, in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    pub exchanges: Vec<Exchange>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("can't read the record {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} isn't an exchange that this version can read", path.display())]
    Parse { path: PathBuf, source: serde_json::Error },
    #[error("exchange {exchange} goes on from exchange {after}, which isn't in the record")]
    Gap { exchange: u32, after: u32 },
}

impl Record {
    /// Reads a whole folder. Files that were never finished aren't part of it.
    pub fn open(folder: &Path) -> Result<Self, RecordError> {
        let wrong = |source| RecordError::Read { path: folder.to_owned(), source };
        let mut exchanges = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            if is_exchange(&path) {
                let exchange = read(&path)?;
                exchanges.insert(exchange.exchange, exchange);
            }
        }
        let record = Self { exchanges: exchanges.into_values().collect() };
        record.exchanges.iter().try_for_each(|exchange| record.check(exchange))?;
        Ok(record)
    }

    fn check(&self, exchange: &Exchange) -> Result<(), RecordError> {
        match exchange.after {
            // Before it, so that following them comes to an end.
            Some(after) if after >= exchange.exchange || self.find(after).is_none() => {
                Err(RecordError::Gap { exchange: exchange.exchange, after })
            }
            Some(_) | None => Ok(()),
        }
    }

    pub fn find(&self, exchange: u32) -> Option<&Exchange> {
        let at = self.exchanges.binary_search_by_key(&exchange, |known| known.exchange).ok()?;
        self.exchanges.get(at)
    }

    /// The whole conversation that an exchange was asked with.
    pub fn conversation(&self, exchange: &Exchange) -> Vec<Message> {
        let mut pieces = Vec::new();
        let (mut piece, mut upto) = (exchange, usize::MAX);
        loop {
            let own = upto.saturating_sub(piece.kept).min(piece.messages.len());
            pieces.push(&piece.messages[..own]);
            upto = upto.min(piece.kept);
            match piece.after.and_then(|after| self.find(after)) {
                Some(before) => piece = before,
                None => break,
            }
        }
        pieces.into_iter().rev().flatten().cloned().collect()
    }
}

fn is_exchange(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_suffix(SUFFIX).is_some_and(|number| number.parse::<u32>().is_ok())
}

fn read(path: &Path) -> Result<Exchange, RecordError> {
    let wrong = |source| RecordError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(wrong)?;
    let mut text = Vec::new();
    GzDecoder::new(file).take(EXCHANGE_BYTES_MAX).read_to_end(&mut text).map_err(wrong)?;
    let path = path.to_owned();
    serde_json::from_slice(&text).map_err(|source| RecordError::Parse { path, source })
}

/// A name for a set of tools.
fn tools_sha256(tools: &[ToolSpec]) -> String {
    let text = serde_json::to_vec(tools).expect("tools are JSON");
    Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
