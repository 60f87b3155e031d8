//! Moves bytes between an execution's streams and its [`Execution`], and ends it in time.
//!
//! Knows only descriptors and a [`Process`] that can be waited for and signalled, not where it
//! runs.

mod streams;

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot, watch};

use self::streams::{Feed, Stream};
use crate::exec::{Ended, Order};
use crate::record::Tape;
use crate::{Error, Exec, Execution, Input, Output, Signal, Status, Stdin, Tty, Usage};

#[cfg(feature = "fake")]
pub(crate) use self::streams::Theirs;
pub(crate) use self::streams::pipes;

/// Pieces of output that wait for the reader; with [`PIECE_BYTES`] the memory one execution holds.
const PIECES_MAX: usize = 16;
const PIECE_BYTES: usize = 16 * 1024;
/// Read after the end at most, so that a background program that floods the pipe can't hold us.
/// It is also the largest pipe an ordinary user may make, so nothing of the program's own is lost.
const DRAIN_BYTES_MAX: usize = 1024 * 1024;
/// Signals and sizes that wait to be passed on.
const ORDERS_MAX: usize = 16;

/// A started program, wherever it runs.
#[async_trait]
pub(crate) trait Process: Send + 'static {
    /// May be dropped and called again.
    async fn wait(&mut self) -> Result<Status, Error>;

    /// To the process group. After a kill the end is still to be waited for.
    async fn signal(&mut self, signal: Signal);

    /// Known after the end, if at all.
    fn usage(&self) -> Option<Usage> {
        None
    }
}

/// Our ends of an execution's streams.
#[derive(Debug)]
pub(crate) struct Ours {
    feed: Feed,
    /// Given to whoever started it.
    input: Option<Input>,
    out: Out,
    tape: Option<Tape>,
}

#[derive(Debug)]
enum Out {
    Pipes { stdout: OwnedFd, stderr: OwnedFd },
    Terminal(OwnedFd),
}

impl Ours {
    /// Around the outer end of a terminal. A descriptor can't be its input.
    pub fn terminal(terminal: OwnedFd, stdin: Stdin) -> io::Result<Self> {
        let (feed, input) = streams::typed(stdin, terminal.try_clone()?)?;
        Ok(Self { feed, input, out: Out::Terminal(terminal), tape: None })
    }

    /// Records what comes out, and the end.
    pub fn recorded(self, tape: Option<Tape>) -> Self {
        Self { tape, ..self }
    }

    /// What comes out first, up to the end of a line, which isn't part of it. A terminal has none.
    pub async fn first_line(&self, bytes_max: usize) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let Out::Pipes { stdout, .. } = &self.out else { return Ok(line) };
        let stream = Stream::new(stdout.try_clone()?)?;
        let mut byte = [0];
        // One by one, because what comes after the line is the program's.
        while line.len() < bytes_max && stream.read(&mut byte).await? == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        Ok(line)
    }
}

/// What of an [`Exec`] is still needed when its program runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub timeout: Option<Duration>,
    pub output_bytes_max: u64,
}

impl Bounds {
    pub fn of(exec: &Exec) -> Self {
        Self { timeout: exec.timeout, output_bytes_max: exec.output_bytes_max }
    }
}

/// Attends to a started program until its end, in a task of its own that ends with it.
pub(crate) fn attend<P: Process>(process: P, mut ours: Ours, bounds: Bounds) -> Execution {
    let (output_in, output) = mpsc::channel(PIECES_MAX);
    let (ended_in, ended) = oneshot::channel();
    let (orders_in, orders) = mpsc::channel(ORDERS_MAX);
    let input = ours.input.take();
    let tape = ours.tape.take();
    tokio::spawn(async move {
        let sink = Sink { output: output_in, tape };
        let end = run(process, ours, bounds.timeout, &sink, orders).await;
        if let Some(tape) = sink.tape {
            tape.end(end.as_ref()).await;
        }
        // Nobody waits for the end where the execution was dropped.
        let _dropped = ended_in.send(end);
    });
    let output_bytes_max = bounds.output_bytes_max;
    Execution { output, ended, output_bytes_max, orders: Some(orders_in), input }
}

async fn run<P: Process>(
    process: P,
    ours: Ours,
    timeout: Option<Duration>,
    sink: &Sink,
    orders: mpsc::Receiver<Order>,
) -> Result<Ended, Error> {
    let (over_in, over) = watch::channel(false);
    let terminal = match &ours.out {
        Out::Pipes { .. } => None,
        Out::Terminal(terminal) => terminal.try_clone().ok(),
    };
    let life = async {
        let ended = live(process, timeout, orders, terminal).await;
        over_in.send_replace(true);
        ended
    };
    let (ended, (), ()) = tokio::join!(
        life,
        streams::feed(ours.feed, over.clone()),
        collect_all(ours.out, over.clone(), sink)
    );
    ended
}

async fn collect_all(out: Out, over: watch::Receiver<bool>, sink: &Sink) {
    match out {
        Out::Terminal(terminal) => collect(terminal, over, sink, Output::Stdout).await,
        Out::Pipes { stdout, stderr } => {
            tokio::join!(
                collect(stdout, over.clone(), sink, Output::Stdout),
                collect(stderr, over, sink, Output::Stderr),
            );
        }
    }
}

/// Waits for the end; kills when the time is over or somebody asks.
async fn live<P: Process>(
    mut process: P,
    timeout: Option<Duration>,
    mut orders: mpsc::Receiver<Order>,
    terminal: Option<OwnedFd>,
) -> Result<Ended, Error> {
    let started = Instant::now();
    let out_of_time = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(out_of_time);
    let timed_out = loop {
        tokio::select! {
            biased;
            status = process.wait() => return Ok(end(status?, started, &process)),
            order = orders.recv() => match order {
                Some(Order::Signal(signal)) => process.signal(signal).await,
                Some(Order::Resize(size)) => streams::resize(terminal.as_ref(), size),
                // Asked to kill, or dropped.
                None => break false,
            },
            () = &mut out_of_time => break true,
        }
    };
    process.signal(Signal::Kill).await;
    let status = process.wait().await?;
    Ok(end(if timed_out { Status::OutOfTime } else { status }, started, &process))
}

fn end(status: Status, started: Instant, process: &impl Process) -> Ended {
    Ended { status, duration: started.elapsed(), usage: process.usage() }
}

/// Where output goes.
#[derive(Debug)]
struct Sink {
    output: mpsc::Sender<Output>,
    tape: Option<Tape>,
}

impl Sink {
    /// A dropped reader is no reason to stop reading: the program would hang in its write.
    async fn give(&self, piece: Output) {
        if let Some(tape) = &self.tape {
            tape.output(&piece).await;
        }
        let _dropped = self.output.send(piece).await;
    }
}

/// Reads until the stream's end, or until the program's: then only what is already in it.
async fn collect(
    fd: OwnedFd,
    mut over: watch::Receiver<bool>,
    sink: &Sink,
    wrap: fn(Vec<u8>) -> Output,
) {
    let Ok(stream) = Stream::new(fd) else { return };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = tokio::select! {
            read = stream.read(&mut piece) => read,
            _over = over.wait_for(|over| *over) => break,
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(bytes) => sink.give(wrap(piece[..bytes].to_vec())).await,
        }
    }
    drain(&stream, &mut piece, sink, wrap).await;
}

/// Past tokio's readiness, which may not have heard of the last bytes yet.
async fn drain(stream: &Stream, piece: &mut [u8], sink: &Sink, wrap: fn(Vec<u8>) -> Output) {
    let mut left = DRAIN_BYTES_MAX;
    while left > 0 {
        match stream.read_now(piece) {
            Ok(0) | Err(_) => return,
            Ok(bytes) => {
                left = left.saturating_sub(bytes);
                sink.give(wrap(piece[..bytes].to_vec())).await;
            }
        }
    }
}

/// Says early what can't be a terminal's input.
pub(crate) fn check_typed(stdin: &Stdin, tty: Option<Tty>) -> io::Result<()> {
    match (stdin, tty) {
        (Stdin::Fd(_), Some(_)) => {
            let why = "a descriptor can't be the input of a terminal";
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        }
        (Stdin::Fd(_), None) | (Stdin::Null | Stdin::Bytes(_) | Stdin::Open, _) => Ok(()),
    }
}
