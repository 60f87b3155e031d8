//! Writes records: one thread for each computer, so that no disk holds up whoever reads output.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::clock::{Clock, Timestamp};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

use super::output::{Which, Writer};
use super::{BEGAN, End, Entry, How, LINES, Stream, file_of, read};
use crate::exec::Ended;
use crate::redact::{Patterns, Redactor};
use crate::{Error, Exec, Output, Secret, Usage, WORKSPACE};

/// Kept of what one execution says, before it is compressed; the rest is counted and hashed.
pub const EXECUTION_BYTES_MAX: u64 = 64 * domain::limits::MIB;
/// Kept of what all executions of a computer say.
pub const COMPUTER_BYTES_MAX: u64 = domain::limits::GIB;
/// Of one computer. What runs after so many isn't recorded, which is said once.
pub const EXECUTIONS_MAX: u64 = 100_000;
/// Of all arguments of one execution.
const ARGV_BYTES_MAX: usize = 32 * 1024;
/// Names of variables of one execution.
const ENV_NAMES_MAX: usize = 1000;
/// Pieces that wait to be written; a program waits with them.
const MESSAGES_MAX: usize = 64;

/// The record of one computer. Its thread ends when this and all its tapes are gone.
pub struct Journal {
    patterns: Arc<Patterns>,
    clock: Arc<dyn Clock>,
    last: AtomicU64,
    to_thread: mpsc::Sender<Message>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

/// The record of one execution that hasn't ended.
#[derive(Debug)]
pub struct Tape {
    number: u64,
    to_thread: mpsc::Sender<Message>,
}

#[derive(Debug)]
enum Message {
    Begin(Entry),
    Piece { number: u64, which: Which, bytes: Vec<u8> },
    End { number: u64, how: How, usage: Option<Usage>, written: oneshot::Sender<()> },
}

impl Journal {
    /// In `folder`, which is made for nobody else if it isn't there. One that is goes on.
    pub fn open(folder: &Path, secrets: &[Secret], clock: Arc<dyn Clock>) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let last = read(folder)?.last().map_or(0, |entry| entry.number).max(highest(folder)?);
        end_line(&folder.join(LINES))?;
        let patterns = Arc::new(Patterns::of(secrets));
        let (to_thread, messages) = mpsc::channel(MESSAGES_MAX);
        let thread = Thread {
            folder: folder.to_owned(),
            patterns: Arc::clone(&patterns),
            clock: Arc::clone(&clock),
            left_bytes: COMPUTER_BYTES_MAX.saturating_sub(size(folder)?),
            running: HashMap::new(),
        };
        std::thread::Builder::new().name("record".into()).spawn(move || thread.run(messages))?;
        Ok(Self { patterns, clock, last: AtomicU64::new(last), to_thread })
    }

    /// None when there are too many.
    pub async fn begin(&self, exec: &Exec) -> Option<Tape> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        if number > EXECUTIONS_MAX {
            if number == EXECUTIONS_MAX + 1 {
                tracing::warn!("more than {EXECUTIONS_MAX} executions: no more are recorded");
            }
            return None;
        }
        let entry = entry(number, exec, &self.patterns, self.clock.now());
        let to_thread = self.to_thread.clone();
        to_thread.send(Message::Begin(entry)).await.ok()?;
        Some(Tape { number, to_thread })
    }
}

fn entry(number: u64, exec: &Exec, patterns: &Patterns, began: Timestamp) -> Entry {
    let mut left = ARGV_BYTES_MAX;
    let mut argv = Vec::new();
    for argument in &exec.argv {
        // Redactor first: half a secret isn't found.
        let argument = patterns.redact(argument);
        let end = argument.floor_char_boundary(left);
        argv.push(argument[..end].to_owned());
        left -= end;
        if end < argument.len() {
            break;
        }
    }
    let written: usize = argv.iter().map(String::len).sum();
    let whole: usize = exec.argv.iter().map(|argument| patterns.redact(argument).len()).sum();
    Entry {
        number,
        argv_cut: written < whole,
        argv,
        cwd: exec.cwd.clone().unwrap_or_else(|| WORKSPACE.into()),
        env: exec.env.keys().take(ENV_NAMES_MAX).cloned().collect(),
        terminal: exec.tty.is_some(),
        began,
        end: None,
    }
}

/// What a crash cut off stays a line of its own.
fn end_line(path: &Path) -> io::Result<()> {
    match fs::read(path) {
        Ok(text) if text.last().is_some_and(|last| *last != b'\n') => {
            append(path)?.write_all(b"\n")
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Of what a file is named after, also where a crash or a full disk left nothing in it.
fn highest(folder: &Path) -> io::Result<u64> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let number = |name: io::Result<OsString>| {
        let number = name?.to_string_lossy().split('.').next().and_then(|text| text.parse().ok());
        Ok(number.filter(|&number| number <= EXECUTIONS_MAX).unwrap_or(0))
    };
    names.map(number).try_fold(0, |highest, number: io::Result<u64>| Ok(highest.max(number?)))
}

/// Bytes of all files in it.
fn size(folder: &Path) -> io::Result<u64> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

impl Tape {
    pub async fn output(&self, piece: &Output) {
        let (which, bytes) = match piece {
            Output::Stdout(bytes) => (Which::Stdout, bytes.clone()),
            Output::Stderr(bytes) => (Which::Stderr, bytes.clone()),
        };
        let number = self.number;
        // A thread that is gone has said why.
        let _gone = self.to_thread.send(Message::Piece { number, which, bytes }).await;
    }

    /// Waits until it is written.
    pub async fn end(self, ended: Result<&Ended, &Error>) {
        let (how, usage) = match ended {
            Ok(Ended { status, usage, .. }) => (How::from(*status), *usage),
            Err(_) => (How::Lost, None),
        };
        self.finish(how, usage).await;
    }

    pub async fn not_started(self, why: &Error) {
        self.finish(How::NotStarted(words(why)), None).await;
    }

    async fn finish(self, how: How, usage: Option<Usage>) {
        let (written, heard) = oneshot::channel();
        let end = Message::End { number: self.number, how, usage, written };
        if self.to_thread.send(end).await.is_ok() {
            let _gone = heard.await;
        }
    }
}

fn words(error: &Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

struct Thread {
    folder: PathBuf,
    patterns: Arc<Patterns>,
    clock: Arc<dyn Clock>,
    left_bytes: u64,
    running: HashMap<u64, Running>,
}

/// One execution that hasn't ended.
struct Running {
    entry: Entry,
    /// From the first byte on, until something couldn't be written.
    writer: Option<Writer>,
    left_bytes: u64,
    stdout: Measured,
    stderr: Measured,
}

/// One of its streams.
struct Measured {
    redacted: Redactor,
    hash: Sha256,
    bytes: u64,
    kept_bytes: u64,
}

impl Thread {
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        loop {
            let next = match messages.try_recv() {
                Err(TryRecvError::Empty) => {
                    self.flush();
                    messages.blocking_recv()
                }
                Err(TryRecvError::Disconnected) => None,
                Ok(message) => Some(message),
            };
            let Some(message) = next else { return };
            if let Err(error) = self.handle(message) {
                tracing::warn!(folder = %self.folder.display(), %error, "a record has a gap");
            }
        }
    }

    fn handle(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::Begin(entry) => self.begin(entry),
            Message::Piece { number, which, bytes } => self.piece(number, which, &bytes),
            Message::End { number, how, usage, written } => {
                let ended = self.end(number, how, usage);
                let _nobody_waits = written.send(());
                ended
            }
        }
    }

    fn begin(&mut self, entry: Entry) -> io::Result<()> {
        let path = file_of(&self.folder, entry.number, BEGAN);
        let text = serde_json::to_vec(&entry)?;
        let measured = || Measured {
            redacted: Redactor::new(Arc::clone(&self.patterns)),
            hash: Sha256::new(),
            bytes: 0,
            kept_bytes: 0,
        };
        let (stdout, stderr) = (measured(), measured());
        let left_bytes = EXECUTION_BYTES_MAX;
        let number = entry.number;
        self.running.insert(number, Running { entry, writer: None, left_bytes, stdout, stderr });
        create(&path)?.write_all(&text)
    }

    fn piece(&mut self, number: u64, which: Which, bytes: &[u8]) -> io::Result<()> {
        let Some(running) = self.running.get_mut(&number) else { return Ok(()) };
        let measured = running.measured(which);
        measured.bytes += bytes.len() as u64;
        let text = measured.redacted.push(bytes);
        running.keep(&self.folder, &mut self.left_bytes, which, &text)
    }

    fn end(&mut self, number: u64, how: How, usage: Option<Usage>) -> io::Result<()> {
        let Some(mut running) = self.running.remove(&number) else { return Ok(()) };
        let mut kept = Ok(());
        for which in [Which::Stdout, Which::Stderr] {
            let rest = running.measured(which).redacted.end();
            kept = kept.and(running.keep(&self.folder, &mut self.left_bytes, which, &rest));
        }
        let (stdout, stderr) = (running.stdout.stream(), running.stderr.stream());
        let how = match how {
            How::NotStarted(why) => How::NotStarted(self.patterns.redact(&why)),
            other => other,
        };
        let end = End { at: self.clock.now(), how, usage, stdout, stderr };
        let entry = Entry { end: Some(end), ..running.entry };
        kept = kept.and(running.writer.map_or(Ok(()), Writer::end));
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        append(&self.folder.join(LINES))?.write_all(&line)?;
        kept.and(fs::remove_file(file_of(&self.folder, number, BEGAN)))
    }

    fn flush(&mut self) {
        for writer in self.running.values_mut().filter_map(|running| running.writer.as_mut()) {
            if let Err(error) = writer.flush() {
                tracing::warn!(folder = %self.folder.display(), %error, "a record has a gap");
            }
        }
    }
}

impl Running {
    fn measured(&mut self, which: Which) -> &mut Measured {
        match which {
            Which::Stdout => &mut self.stdout,
            Which::Stderr => &mut self.stderr,
        }
    }

    /// Hashes all of it, and writes as much as may be kept.
    fn keep(
        &mut self,
        folder: &Path,
        left_of_computer: &mut u64,
        which: Which,
        text: &[u8],
    ) -> io::Result<()> {
        self.measured(which).hash.update(text);
        let left = self.left_bytes.min(*left_of_computer);
        let kept = text.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if kept == 0 {
            return Ok(());
        }
        if self.writer.is_none() {
            self.writer = Some(Writer::create(folder, self.entry.number)?);
        }
        if let Some(Err(error)) = self.writer.as_mut().map(|to| to.write(which, &text[..kept])) {
            // What is left of it would be a text with a hole.
            (self.writer, self.left_bytes) = (None, 0);
            return Err(error);
        }
        self.left_bytes -= kept as u64;
        *left_of_computer -= kept as u64;
        self.measured(which).kept_bytes += kept as u64;
        Ok(())
    }
}

impl Measured {
    fn stream(&self) -> Stream {
        let digest = self.hash.clone().finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Stream { bytes: self.bytes, kept_bytes: self.kept_bytes, sha256 }
    }
}

fn create(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn append(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}
