//! Pipes and terminals: made, read, written and measured without blocking.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;

use nix::fcntl::OFlag;
use nix::libc;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, watch};

use super::{Ours, Out};
use crate::{Input, Stdin, Tty};

/// Pieces of input that wait for the program to read.
const INPUT_PIECES_MAX: usize = 16;
/// What is typed to end the input; at the end of a line once, within a line twice.
const END_OF_INPUT: u8 = 4;

/// The program's ends: standard input, output and error.
pub(crate) type Theirs = [OwnedFd; 3];

/// Pipes for one execution.
pub(crate) fn pipes(stdin: Stdin) -> io::Result<(Ours, Theirs)> {
    let (stdout, their_out) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (stderr, their_err) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (feed, input, their_in) = match stdin {
        Stdin::Null => (Feed::Nothing, None, File::open("/dev/null")?.into()),
        Stdin::Fd(fd) => (Feed::Nothing, None, reading(fd)?),
        Stdin::Bytes(bytes) => {
            let (theirs, to) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
            (Feed::Bytes { to, bytes }, None, theirs)
        }
        Stdin::Open => {
            let (theirs, to) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
            let (input, pieces) = mpsc::channel(INPUT_PIECES_MAX);
            (Feed::Open { to, pieces, typed: false }, Some(Input(input)), theirs)
        }
    };
    let out = Out::Pipes { stdout, stderr };
    Ok((Ours { feed, input, out, tape: None }, [their_in, their_out, their_err]))
}

/// What may be a program's input: a pipe as it is. A file of the host never gets inside, since
/// `/proc/self/fd/0` would open it again, for writing too; a thread reads it into a pipe. Nor does
/// a folder, from which the whole host could be reached.
fn reading(fd: OwnedFd) -> io::Result<OwnedFd> {
    let mut file = File::from(fd);
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
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

/// What is typed into a terminal.
pub fn typed(stdin: Stdin, to: OwnedFd) -> io::Result<(Feed, Option<Input>)> {
    Ok(match stdin {
        Stdin::Null => (Feed::Nothing, None),
        Stdin::Fd(_) => return Err(io::ErrorKind::InvalidInput.into()),
        Stdin::Bytes(mut bytes) => {
            let end = end_of_input(bytes.last().copied());
            bytes.extend(end);
            (Feed::Bytes { to, bytes }, None)
        }
        Stdin::Open => {
            let (input, pieces) = mpsc::channel(INPUT_PIECES_MAX);
            (Feed::Open { to, pieces, typed: true }, Some(Input(input)))
        }
    })
}

fn end_of_input(last: Option<u8>) -> Vec<u8> {
    let times = if matches!(last, None | Some(b'\n')) { 1 } else { 2 };
    vec![END_OF_INPUT; times]
}

/// Where a program's input comes from.
#[derive(Debug)]
pub enum Feed {
    Nothing,
    Bytes { to: OwnedFd, bytes: Vec<u8> },
    Open { to: OwnedFd, pieces: mpsc::Receiver<Vec<u8>>, typed: bool },
}

/// Writes the program's input. One that doesn't read to the end is no error.
pub async fn feed(feed: Feed, mut over: watch::Receiver<bool>) {
    let fed = async {
        match feed {
            Feed::Nothing => Ok(()),
            Feed::Bytes { to, bytes } => Stream::new(to)?.write_all(&bytes).await,
            Feed::Open { to, pieces, typed } => pass_on(Stream::new(to)?, pieces, typed).await,
        }
    };
    tokio::select! {
        _not_all_was_read = fed => {}
        _over = over.wait_for(|over| *over) => {}
    }
}

async fn pass_on(to: Stream, mut pieces: mpsc::Receiver<Vec<u8>>, typed: bool) -> io::Result<()> {
    let mut last = None;
    while let Some(piece) = pieces.recv().await {
        to.write_all(&piece).await?;
        last = piece.last().copied().or(last);
    }
    if typed { to.write_all(&end_of_input(last)).await } else { Ok(()) }
}

/// A descriptor that doesn't block.
pub struct Stream(AsyncFd<OwnedFd>);

impl Stream {
    /// Must be called within tokio.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        nix::fcntl::fcntl(&fd, nix::fcntl::F_SETFL(OFlag::O_NONBLOCK))?;
        // SAFETY: the descriptor is owned by what registers it, so it stays open and the same.
        Ok(Self(unsafe { AsyncFd::register(fd) }?))
    }

    /// 0 at the end; of a terminal an error is, when nobody has it any more.
    pub async fn read(&self, piece: &mut [u8]) -> io::Result<usize> {
        let read = |fd: &OwnedFd| Ok(nix::unistd::read(fd.as_fd(), piece)?);
        self.0.async_io(Interest::READABLE, read).await
    }

    /// What is there already.
    pub fn read_now(&self, piece: &mut [u8]) -> io::Result<usize> {
        Ok(nix::unistd::read(self.0.get_ref().as_fd(), piece)?)
    }

    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let write = |fd: &OwnedFd| Ok(nix::unistd::write(fd.as_fd(), bytes)?);
            let written = self.0.async_io(Interest::WRITABLE, write).await?;
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

/// Tells the kernel, and so whoever reads from it, how large a terminal is.
pub fn resize(terminal: Option<&OwnedFd>, size: Tty) {
    let Some(terminal) = terminal else { return };
    let size =
        libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // A terminal that is gone needs no size.
    // SAFETY: the kernel reads the structure, which outlives the call.
    let _gone = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
}
