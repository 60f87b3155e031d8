//! One execution in a computer: what to run, what comes out, and how it ended.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::Error;

/// What to run.
#[derive(Debug)]
pub struct Exec {
    pub argv: Vec<String>,
    /// [`crate::WORKSPACE`] where none is given.
    pub cwd: Option<PathBuf>,
    /// Added to the computer's own environment (`PATH`, `HOME`, `LANG`, `USER`, …).
    pub env: BTreeMap<String, String>,
    pub stdin: Stdin,
    /// After it the process group is killed and the status is [`Status::OutOfTime`].
    pub timeout: Option<Duration>,
    /// Of each stream; what is beyond is counted, not kept.
    pub output_bytes_max: u64,
}

#[derive(Debug)]
pub enum Stdin {
    Null,
    Bytes(Vec<u8>),
    /// A pipe of the host, handed in as it is, or a file, which is copied into one. No folder.
    Fd(OwnedFd),
}

/// Kept of each stream where nobody says otherwise.
pub const OUTPUT_BYTES_MAX: u64 = 1024 * 1024;

impl Exec {
    pub fn new<I, S>(argv: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: None,
            env: BTreeMap::new(),
            stdin: Stdin::Null,
            timeout: None,
            output_bytes_max: OUTPUT_BYTES_MAX,
        }
    }

    /// `command` as a person would type it, through `sh -c`.
    pub fn shell(command: &str) -> Self {
        Self::new(["/bin/sh", "-c", command])
    }

    pub fn cwd(self, cwd: impl Into<PathBuf>) -> Self {
        Self { cwd: Some(cwd.into()), ..self }
    }

    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    pub fn stdin(self, stdin: Stdin) -> Self {
        Self { stdin, ..self }
    }

    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    pub fn output_bytes_max(self, output_bytes_max: u64) -> Self {
        Self { output_bytes_max, ..self }
    }
}

/// A piece of output, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Exited(i32),
    Signalled(i32),
    OutOfTime,
    OutOfMemory,
    /// Everything inside was ended because the private layer had more than its limit.
    OutOfDisk,
}

impl Status {
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }

    /// The exit code a shell would show: 124 out of time, 137 out of memory, 122 out of disk
    /// (the number of "disk quota exceeded"), 128 + signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signalled(signal) => 128 + signal,
            Self::OutOfTime => 124,
            Self::OutOfMemory => 137,
            Self::OutOfDisk => 122,
        }
    }
}

/// A running execution. Dropping it kills its process group.
///
/// The backend feeds `output` through a bounded channel (so a reader that doesn't read makes the
/// program wait, not whimbrel grow), then sends the end once.
#[derive(Debug)]
pub struct Execution {
    pub(crate) output: mpsc::Receiver<Output>,
    pub(crate) ended: oneshot::Receiver<Result<Ended, Error>>,
    pub(crate) output_bytes_max: u64,
    /// Dropped or used to ask the backend for a kill.
    pub(crate) kill: Option<oneshot::Sender<()>>,
}

/// How it ended, before its output is added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub status: Status,
    pub duration: Duration,
}

/// An execution that is over.
#[derive(Debug, Clone)]
pub struct Exited {
    pub status: Status,
    pub duration: Duration,
    pub stdout: Captured,
    pub stderr: Captured,
}

/// A stream's output up to a limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    pub bytes: Vec<u8>,
    /// What came after the limit and was dropped.
    pub dropped_bytes: u64,
}

impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn push(&mut self, piece: &[u8], bytes_max: u64) {
        let room = usize::try_from(bytes_max).unwrap_or(usize::MAX) - self.bytes.len();
        let kept = piece.len().min(room);
        self.bytes.extend_from_slice(&piece[..kept]);
        self.dropped_bytes += (piece.len() - kept) as u64;
    }
}

impl Exited {
    /// Standard output and error one after the other, for people.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout.text(), self.stderr.text())
    }
}

impl Execution {
    /// The next piece of output; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Output> {
        self.output.recv().await
    }

    /// Kills the process group. The end is still to be waited for.
    pub fn kill(&mut self) {
        if let Some(kill) = self.kill.take() {
            // An error says that the execution ended by itself meanwhile.
            let _already_over = kill.send(());
        }
    }

    /// Reads what is left of the output and waits for the end.
    pub async fn wait(mut self) -> Result<Exited, Error> {
        let (mut stdout, mut stderr) = (Captured::default(), Captured::default());
        while let Some(piece) = self.next().await {
            match piece {
                Output::Stdout(bytes) => stdout.push(&bytes, self.output_bytes_max),
                Output::Stderr(bytes) => stderr.push(&bytes, self.output_bytes_max),
            }
        }
        let ended = (&mut self.ended).await.map_err(|_| Error::Lost)??;
        Ok(Exited { status: ended.status, duration: ended.duration, stdout, stderr })
    }
}
