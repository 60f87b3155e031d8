//! Moves bytes between an execution's pipes and its [`Execution`], and ends it in time.
//!
//! Knows only pipes and a [`Process`] that can be waited for and killed, not where it runs.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nix::fcntl::OFlag;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, oneshot, watch};

use crate::exec::Ended;
use crate::{Error, Exec, Execution, Output, Status, Stdin};

/// Pieces of output that wait for the reader; with [`PIECE_BYTES`] the memory one execution holds.
const PIECES_MAX: usize = 16;
const PIECE_BYTES: usize = 16 * 1024;
/// Read after the end at most, so that a background program that floods the pipe can't hold us.
/// It is also the largest pipe an ordinary user may make, so nothing of the program's own is lost.
const DRAIN_BYTES_MAX: usize = 1024 * 1024;

/// A started program, wherever it runs.
#[async_trait]
pub(crate) trait Process: Send + 'static {
    async fn wait(&mut self) -> Result<Status, Error>;

    /// Kills the process group; the end is still to be waited for.
    async fn kill(&mut self);
}

/// Our ends of the pipes.
#[derive(Debug)]
pub(crate) struct Ours {
    stdin: Option<(OwnedFd, Vec<u8>)>,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

/// The program's ends: standard input, output and error.
pub(crate) type Theirs = [OwnedFd; 3];

/// Pipes for one execution.
pub(crate) fn pipes(stdin: Stdin) -> io::Result<(Ours, Theirs)> {
    let (out, their_out) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (err, their_err) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (stdin, their_in) = match stdin {
        Stdin::Null => (None, File::open("/dev/null")?.into()),
        Stdin::Fd(fd) => (None, reading(fd)?),
        Stdin::Bytes(bytes) => {
            let (theirs, ours) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
            (Some((ours, bytes)), theirs)
        }
    };
    Ok((Ours { stdin, stdout: out, stderr: err }, [their_in, their_out, their_err]))
}

/// What may be a program's input: a pipe as it is. A file of the host never gets inside, since
/// `/proc/self/fd/0` would open it again, for writing too; a thread reads it into a pipe. Nor does
/// a folder, from which the whole host could be reached.
fn reading(fd: OwnedFd) -> io::Result<OwnedFd> {
    let mut file = File::from(fd);
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::from_raw_os_error(nix::libc::EISDIR));
    }
    if kind.is_fifo() {
        return Ok(file.into());
    }
    let (theirs, ours) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    std::thread::spawn(move || {
        // It ends with the file, or when the program has ended and nobody reads.
        let _not_all_was_read = io::copy(&mut file, &mut File::from(ours));
    });
    Ok(theirs)
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
pub(crate) fn attend<P: Process>(process: P, ours: Ours, bounds: Bounds) -> Execution {
    let (output_in, output) = mpsc::channel(PIECES_MAX);
    let (ended_in, ended) = oneshot::channel();
    let (kill, killed) = oneshot::channel();
    tokio::spawn(async move {
        let end = run(process, ours, bounds.timeout, output_in, killed).await;
        // Nobody waits for the end where the execution was dropped.
        let _dropped = ended_in.send(end);
    });
    Execution { output, ended, output_bytes_max: bounds.output_bytes_max, kill: Some(kill) }
}

async fn run<P: Process>(
    process: P,
    ours: Ours,
    timeout: Option<Duration>,
    output: mpsc::Sender<Output>,
    killed: oneshot::Receiver<()>,
) -> Result<Ended, Error> {
    let started = Instant::now();
    let (over_in, over) = watch::channel(false);
    let life = async {
        let status = live(process, timeout, killed).await;
        let duration = started.elapsed();
        over_in.send_replace(true);
        status.map(|status| Ended { status, duration })
    };
    let (ended, (), (), ()) = tokio::join!(
        life,
        feed(ours.stdin, over.clone()),
        collect(ours.stdout, over.clone(), &output, Output::Stdout),
        collect(ours.stderr, over.clone(), &output, Output::Stderr),
    );
    ended
}

/// Waits for the end; kills when the time is over or somebody asks.
async fn live<P: Process>(
    mut process: P,
    timeout: Option<Duration>,
    killed: oneshot::Receiver<()>,
) -> Result<Status, Error> {
    let out_of_time = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let timed_out = tokio::select! {
        biased;
        status = process.wait() => return status,
        _asked_or_dropped = killed => false,
        () = out_of_time => true,
    };
    process.kill().await;
    let status = process.wait().await?;
    Ok(if timed_out { Status::OutOfTime } else { status })
}

/// Writes the program's input. One that doesn't read to the end is no error.
async fn feed(stdin: Option<(OwnedFd, Vec<u8>)>, mut over: watch::Receiver<bool>) {
    let Some((fd, bytes)) = stdin else { return };
    let Ok(mut pipe) = set_nonblocking(&fd).and_then(|()| pipe::Sender::from_owned_fd(fd)) else {
        return;
    };
    tokio::select! {
        _written = pipe.write_all(&bytes) => {}
        _over = over.wait_for(|over| *over) => {}
    }
}

/// Reads until the pipe's end, or until the program's: then only what is already in the pipe.
async fn collect(
    fd: OwnedFd,
    mut over: watch::Receiver<bool>,
    output: &mpsc::Sender<Output>,
    wrap: fn(Vec<u8>) -> Output,
) {
    let Ok(mut pipe) = set_nonblocking(&fd).and_then(|()| pipe::Receiver::from_owned_fd(fd)) else {
        return;
    };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = tokio::select! {
            read = pipe.read(&mut piece) => read,
            _over = over.wait_for(|over| *over) => break,
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(bytes) => send(output, wrap(piece[..bytes].to_vec())).await,
        }
    }
    drain(&pipe, &mut piece, output, wrap).await;
}

/// Past tokio's readiness, which may not have heard of the last bytes yet.
async fn drain(
    pipe: &pipe::Receiver,
    piece: &mut [u8],
    output: &mpsc::Sender<Output>,
    wrap: fn(Vec<u8>) -> Output,
) {
    let mut left = DRAIN_BYTES_MAX;
    while left > 0 {
        match nix::unistd::read(pipe.as_fd(), piece) {
            Ok(0) | Err(_) => return,
            Ok(bytes) => {
                left = left.saturating_sub(bytes);
                send(output, wrap(piece[..bytes].to_vec())).await;
            }
        }
    }
}

/// A dropped reader is no reason to stop reading: the program would hang in its write.
async fn send(output: &mpsc::Sender<Output>, piece: Output) {
    let _dropped = output.send(piece).await;
}

fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    nix::fcntl::fcntl(fd, nix::fcntl::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}
