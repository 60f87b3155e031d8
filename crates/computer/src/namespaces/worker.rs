//! The layer worker: a process that works on a tree of files which something hostile made, as
//! whoever may read all of it, and answers one question about it.
//!
//! As an ordinary user only root of a user namespace can read a folder of mode 000 that a program
//! inside left; as real root the worker keeps no more than power over files. It never follows a
//! symbolic link: it is given open folders, and goes from each to what is in it by one name.
//!
//! To add a job: a variant of [`Job`] (and of [`Answer`] where there is something to say), an arm
//! in `inside.rs`, and a module in `worker/` that does it with the folders it is handed, by means
//! of [`walk`] and [`node`]. It knows nothing of snapshots, computers or where layers are kept.

mod copy;
mod difference;
mod digest;
mod inside;
mod measure;
mod node;
mod search;
mod walk;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use super::plan::User;
use super::wire::{self, Received};
use crate::{Compression, Secret};

pub use self::inside::main;
#[cfg(test)]
pub use self::node::attribute;
pub use self::node::next_data;
pub use self::node::set_attribute;

/// The first argument of a call of the helper's program that is to be a worker.
const WORKER_ARGUMENT: &str = "__layer";
/// Whether this process was started to be a worker.
pub fn is_call() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == WORKER_ARGUMENT)
}

/// For one job. A computer's layer of the largest size on a slow disk is done in that.
const JOB_MAX: Duration = Duration::from_secs(30 * 60);

/// What a worker is told.
#[derive(Serialize, Deserialize)]
struct Order {
    user: User,
    job: Job,
}

/// What there is to do. The folders come along as descriptors, in the order told.
#[derive(Serialize, Deserialize)]
pub enum Job {
    /// Of a tree nobody changes any more: its digest, if none of `forbidden` is in it.
    Digest { forbidden: Vec<Forbidden> },
    /// Of a tree nobody changes right now, into an empty folder.
    Copy,
    /// What a tree has, until it is more than this.
    Measure { bytes_max: u64, files_max: u64 },
    /// Of a tar archive, which comes in the first folder's place, into an empty folder.
    Unpack { compression: Compression },
    /// What an overlay of `above` on `below` has that `below` alone doesn't, as one layer, into an
    /// empty folder. Paths are below `home`, the layers highest first, `place` something to mount
    /// on. `home` is no descriptor, because only what is in our own mounts can be mounted.
    Difference { home: PathBuf, above: Vec<PathBuf>, below: Vec<PathBuf>, place: PathBuf },
}

/// The bytes that a secret may appear as.
#[derive(Serialize, Deserialize)]
pub struct Forbidden {
    name: String,
    forms: Vec<Vec<u8>>,
}

impl From<&Secret> for Forbidden {
    fn from(secret: &Secret) -> Self {
        Self { name: secret.name().to_owned(), forms: secret.forms() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    Digested(Digested),
    /// Bytes on the disk; `hides` says that it is too deep to be counted.
    Measured {
        bytes: u64,
        files: u64,
        hides: bool,
    },
    /// The archive had this diff id: `sha256:…`.
    Unpacked {
        diff_id: String,
    },
    /// The archive is no good.
    Malformed {
        what: String,
    },
    /// Where the secret called `name` is.
    Found {
        path: String,
        name: String,
    },
    Done,
    Failed {
        what: String,
        errno: i32,
    },
}

/// What a tree is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digested {
    /// SHA-256, lower-case hexadecimal.
    pub digest: String,
    /// Of all its files' data, without holes.
    pub bytes: u64,
    /// Files, folders and all else.
    pub entries: u64,
}

/// Starts a worker from the helper's program, has it do `job`, and waits. Blocking.
pub fn run(helper: &Path, user: User, job: Job, folders: &[BorrowedFd]) -> io::Result<Answer> {
    let (socket, theirs) = sockets()?;
    let mut worker = Hired(spawn(helper, theirs)?);
    wire::send(&socket, &Order { user, job }, folders)?;
    let answer = wire::receive::<Answer>(&socket)?;
    worker.0.wait()?;
    match answer.ok_or(io::ErrorKind::UnexpectedEof)? {
        Received { message: Answer::Failed { what, errno }, .. } => {
            let source = io::Error::from_raw_os_error(errno);
            Err(io::Error::new(source.kind(), format!("can't {what}: {source}")))
        }
        Received { message, .. } => Ok(message),
    }
}

/// A worker that doesn't outlive whoever waits for it.
struct Hired(Child);

impl Drop for Hired {
    fn drop(&mut self) {
        // Mostly it is gone; one that didn't answer in time is not waited for twice.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn sockets() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    let patience = TimeVal::new(JOB_MAX.as_secs().cast_signed(), 0);
    setsockopt(&ours, sockopt::ReceiveTimeout, &patience)?;
    Ok((ours, theirs))
}

fn spawn(helper: &Path, socket: OwnedFd) -> io::Result<Child> {
    #[expect(clippy::disallowed_methods, reason = "a layer is worked on by the helper's program")]
    let mut command = Command::new(helper);
    command.arg0("whimbrel-layer").arg(WORKER_ARGUMENT).env_clear().current_dir("/");
    command.stdin(Stdio::from(socket)).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
