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
    /// A terminal of its own, which then is its input, output and error: all that comes out is
    /// [`Output::Stdout`].
    pub tty: Option<Tty>,
    /// After it the process group is killed and the status is [`Status::OutOfTime`].
    pub timeout: Option<Duration>,
    /// Of each stream; what is beyond is counted, not kept.
    pub output_bytes_max: u64,
}

#[derive(Debug)]
pub enum Stdin {
    Null,
    Bytes(Vec<u8>),
    /// A pipe of the host, handed in as it is, or a file, which is copied into one. No folder, and
    /// not with a terminal.
    Fd(OwnedFd),
    /// Written while it runs, through [`Execution::input`].
    Open,
}

/// The size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tty {
    pub rows: u16,
    pub columns: u16,
}

impl Default for Tty {
    fn default() -> Self {
        Self { rows: 24, columns: 80 }
    }
}

/// What can be sent to an execution's process group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Hangup,
    Interrupt,
    Quit,
    Kill,
    User1,
    User2,
    Terminate,
    Continue,
    Stop,
}

impl Signal {
    /// Linux's number, which is the same on every architecture that whimbrel runs on.
    pub fn number(self) -> i32 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Kill => 9,
            Self::User1 => 10,
            Self::User2 => 12,
            Self::Terminate => 15,
            Self::Continue => 18,
            Self::Stop => 19,
        }
    }
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
            tty: None,
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

    pub fn tty(self, tty: Tty) -> Self {
        Self { tty: Some(tty), ..self }
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

    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Exited(code) => format!("exit {code}"),
            Self::Signalled(signal) => format!("killed by signal {signal}"),
            Self::OutOfTime => "out of time".into(),
            Self::OutOfMemory => "out of memory".into(),
            Self::OutOfDisk => "no space left on its disk".into(),
        }
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
    /// Closed to ask the backend for a kill.
    pub(crate) orders: Option<mpsc::Sender<Order>>,
    pub(crate) input: Option<Input>,
}

/// What a running execution can be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    Signal(Signal),
    Resize(Tty),
}

/// Where the input of an execution with [`Stdin::Open`] is written. Dropping it ends the input;
/// to a terminal that is typed as Ctrl-D.
#[derive(Debug)]
pub struct Input(pub(crate) mpsc::Sender<Vec<u8>>);

impl Input {
    /// Waits where the program doesn't read. False where nothing will be read any more.
    pub async fn write(&self, bytes: impl Into<Vec<u8>>) -> bool {
        self.0.send(bytes.into()).await.is_ok()
    }
}

/// How it ended, before its output is added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub status: Status,
    pub duration: Duration,
    pub usage: Option<Usage>,
}

/// What a program used, together with those of its children that it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Of the largest of these processes, in bytes. A program begins as a copy of the computer's
    /// init, so it is never less than the few MiB that that has.
    pub memory_peak_bytes: u64,
    /// Time on a CPU, of the programs and of the kernel for them.
    pub cpu_ms: u64,
}

/// An execution that is over.
#[derive(Debug, Clone)]
pub struct Exited {
    pub status: Status,
    pub duration: Duration,
    /// None where this kind of computer doesn't know.
    pub usage: Option<Usage>,
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

    /// Where its input is written, once, if it was started with [`Stdin::Open`].
    pub fn input(&mut self) -> Option<Input> {
        self.input.take()
    }

    /// Kills the process group. The end is still to be waited for.
    pub fn kill(&mut self) {
        self.orders = None;
    }

    /// Sends a signal to the process group. False where it is over or was killed.
    pub async fn signal(&self, signal: Signal) -> bool {
        self.order(Order::Signal(signal)).await
    }

    /// Changes the size of its terminal; without one nothing happens. False where it is over.
    pub async fn resize(&self, size: Tty) -> bool {
        self.order(Order::Resize(size)).await
    }

    async fn order(&self, order: Order) -> bool {
        match &self.orders {
            Some(orders) => orders.send(order).await.is_ok(),
            None => false,
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
        let Ended { status, duration, usage } = ended;
        Ok(Exited { status, duration, usage, stdout, stderr })
    }
}
