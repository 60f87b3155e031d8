//! The supervisor's handle on the nursery: starts it, hands it computers to make, and starts
//! another when it is gone. Blocking, but never for long.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::sys::time::TimeVal;

use super::nursery::HELPER_ARGUMENT;
use super::plan::{Plan, User};
use super::program::NURSERY_NAME;
use super::wire;

/// For one computer: the nursery that was there, and one more.
const TRIES_MAX: usize = 2;
/// A nursery that doesn't read for so long was stopped by somebody, and is replaced.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Helper {
    program: PathBuf,
    user: User,
    nursery: Mutex<Option<Nursery>>,
}

#[derive(Debug)]
struct Nursery {
    process: Child,
    socket: OwnedFd,
}

impl Helper {
    /// The nursery begins at once, so that the first computer needn't wait for it. One that can't
    /// is told to whoever wants a computer.
    pub fn new(program: PathBuf, user: User) -> Self {
        let nursery = Mutex::new(Nursery::start(&program, user).ok());
        Self { program, user, nursery }
    }

    /// What workers on layers are started from, too.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Asks for a computer; `fds` are the socket that init answers on, the computer's lock, and a
    /// control group where init is to be born into one.
    pub fn make(&self, plan: &Plan, fds: &[BorrowedFd]) -> io::Result<()> {
        let mut nursery = self.nursery.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = Err(io::ErrorKind::NotConnected.into());
        for _ in 0..TRIES_MAX {
            let running = match nursery.take() {
                Some(running) => running,
                None => Nursery::start(&self.program, self.user)?,
            };
            asked = wire::send(&running.socket, plan, fds);
            if asked.is_ok() {
                *nursery = Some(running);
                break;
            }
        }
        asked
    }
}

impl Nursery {
    fn start(program: &Path, user: User) -> io::Result<Self> {
        let (socket, theirs) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        let patience = TimeVal::new(LISTENS_WITHIN.as_secs().cast_signed(), 0);
        setsockopt(&socket, sockopt::SendTimeout, &patience)?;
        let process = spawn(program, theirs)?;
        let nursery = Self { process, socket };
        wire::send(&nursery.socket, &user, &[])?;
        Ok(nursery)
    }
}

/// It has nothing that could be lost.
impl Drop for Nursery {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The socket is the nursery's standard input, since that needs no code between fork and exec:
/// so the kernel can do without copying our memory's tables.
fn spawn(program: &Path, socket: OwnedFd) -> io::Result<Child> {
    #[expect(clippy::disallowed_methods, reason = "the helper is how a computer is made")]
    let mut command = Command::new(program);
    command.arg0(NURSERY_NAME).arg(HELPER_ARGUMENT).env_clear().current_dir("/");
    command.stdin(Stdio::from(socket)).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
