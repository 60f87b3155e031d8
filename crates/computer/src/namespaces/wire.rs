//! What the supervisor and a computer's init say to each other, over a `SOCK_SEQPACKET` pair.
//!
//! A message's text lies in a memfd that is passed along, so its length is not the socket's
//! concern. Blocking on the inside, and outside where a computer is being made.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Write};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, UnixAddr, recvmsg, sendmsg};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Search, Tty, Usage};

/// Of one message; the kernel's own limit for arguments and variables is a quarter of the stack.
pub const MESSAGE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// The text, and what comes with the largest message: init's pidfd and the doors of its way out.
const FDS_MAX: usize = 7;

/// From the supervisor to init.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    pub id: u64,
    pub what: What,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum What {
    /// With three streams, or none where it is to have a terminal.
    Exec { argv: Vec<String>, cwd: PathBuf, env: Vec<(String, String)>, tty: Option<Tty> },
    /// Copies standard input, which has so many bytes, into a file; with three streams.
    Write { path: PathBuf, mode: u32, bytes: u64 },
    /// Copies a file to standard output; with three streams.
    Read { path: PathBuf, bytes_max: u64 },
    /// Searches files; what is found goes to standard output, the rest of the answer to standard
    /// error; with three streams.
    Search(Search),
    /// To the process group that the request `id` started: a signal's number.
    Signal(i32),
    /// Ends all programs, because together they have too much on the disk: by itself, or if they
    /// have more than this that has no name.
    EndForDisk { deleted_bytes_max: Option<u64> },
    /// Stops all programs, and is over when they stand still.
    StandStill,
    /// Those go on that were stopped.
    GoOn,
}

impl What {
    pub fn wants_terminal(&self) -> bool {
        match self {
            Self::Exec { tty, .. } => tty.is_some(),
            Self::Write { .. }
            | Self::Read { .. }
            | Self::Search(_)
            | Self::Signal(_)
            | Self::EndForDisk { .. }
            | Self::StandStill
            | Self::GoOn => false,
        }
    }
}

/// From init to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The computer is made. With init's pidfd, and the doors of its way out.
    Ready,
    /// A step of making it failed; nothing is left.
    Unmade {
        step: String,
        errno: i32,
    },
    /// With the outer end of its terminal, if it has one.
    Started {
        id: u64,
    },
    /// It never ran.
    NotStarted {
        id: u64,
        at: Stage,
        errno: i32,
    },
    Ended {
        id: u64,
        end: End,
    },
}

/// How far a new process came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The fork itself.
    Fork,
    /// Its limits and privileges.
    Confine,
    /// Its directory.
    Enter,
    /// The program, or the file to copy.
    Begin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub how: How,
    pub usage: Usage,
    /// Init itself ended it, because all processes together had too much of this.
    pub broke: Option<Broken>,
}

/// A limit of all programs of a computer together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Broken {
    Memory,
    Disk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    Exited(i32),
    Signalled(i32),
}

/// A message and the descriptors that came with it.
#[derive(Debug)]
pub struct Received<T> {
    pub message: T,
    pub fds: Vec<OwnedFd>,
}

/// Sends a message. `WouldBlock` where the socket is full and doesn't block.
pub fn send<T: Serialize>(
    socket: &impl AsRawFd,
    message: &T,
    fds: &[BorrowedFd],
) -> io::Result<()> {
    let text = memfd(&serde_json::to_vec(message)?)?;
    let mut raw: Vec<RawFd> = vec![text.as_raw_fd()];
    raw.extend(fds.iter().map(AsRawFd::as_raw_fd));
    let rights = [ControlMessage::ScmRights(&raw)];
    let flags = MsgFlags::MSG_NOSIGNAL;
    sendmsg::<UnixAddr>(socket.as_raw_fd(), &[IoSlice::new(b"m")], &rights, flags, None)?;
    Ok(())
}

fn memfd(text: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(c"message", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text)?;
    Ok(file)
}

/// The next message; `None` when the other side is gone.
pub fn receive<T: DeserializeOwned>(socket: &impl AsRawFd) -> io::Result<Option<Received<T>>> {
    let fds = match receive_fds(socket) {
        // The other side ended before it had read all of ours. Its last words are still there.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => receive_fds(socket),
        other => other,
    };
    let mut fds = fds?.into_iter();
    let Some(text) = fds.next() else { return Ok(None) };
    Ok(Some(Received { message: read(text)?, fds: fds.collect() }))
}

/// A message's text.
pub fn read<T: DeserializeOwned>(text: OwnedFd) -> io::Result<T> {
    let text = File::from(text);
    let length = text.metadata()?.len();
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    text.read_exact_at(&mut bytes, 0)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// What came with the next message, its text first; nothing when the other side is gone.
pub fn receive_fds(socket: &impl AsRawFd) -> io::Result<Vec<OwnedFd>> {
    let mut byte = [0_u8; 1];
    let mut parts = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([RawFd; FDS_MAX]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let got = recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    let mut fds = Vec::new();
    for control in got.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = control {
            // SAFETY: the kernel just made these descriptors for us.
            fds.extend(raw.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    Ok(fds)
}
