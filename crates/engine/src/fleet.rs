//! Where attempts run: processes on this machine, one each, that outlive whoever started them.
//!
//! A runner holds its attempt's lock for as long as it lives, from before it is started: whoever
//! finds the lock free knows that nobody works on the attempt, however the runner died. The
//! lock's file has the runner's number in it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::{AttemptId, TaskId, VerdictId};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::signal::Signal;
use stdx::lock::FileLock;
use store::lease::Holder;

use crate::home::private_folder;
use crate::{Error, Home};

/// The descriptor of the lock that a runner is given.
const LOCK_VARIABLE: &str = "WHIMBREL_RUNNER_LOCK";

/// Tells a runner to look at the store. Who hasn't asked for it yet is not harmed by it.
pub(crate) const HINT: Signal = Signal::SIGURG;

#[derive(Debug, Clone)]
pub struct LocalFleet {
    home: Home,
    program: PathBuf,
}

impl LocalFleet {
    pub fn new(home: Home, program: PathBuf) -> Self {
        Self { home, program }
    }

    /// The lock of a runner to be. None where one is alive, whatever the store says of it.
    pub fn reserve(&self, attempt: &AttemptId) -> Result<Option<FileLock>, Error> {
        private_folder(&self.home.attempt(attempt))?;
        let path = self.path(attempt);
        FileLock::try_take(&path).map_err(|source| Error::Write { path, source })
    }

    /// Starts `whimbrel attempt ID` in a session of its own, so that neither a closed terminal
    /// nor Ctrl-C reaches it. It works under the lease that `holder` has taken for it, and has the
    /// lock from now on.
    pub fn start(&self, attempt: &AttemptId, holder: &Holder, lock: FileLock) -> Result<(), Error> {
        let log = append(&self.home.attempt(attempt).join("runner.log"))?;
        let mut command = self.command();
        command.args(["attempt", attempt.as_str(), "--lease", &holder.to_string()]).stderr(log);
        give(&mut command, lock.file().as_raw_fd());
        let mut child = command.spawn().map_err(|source| Error::Start { source })?;
        // Somebody has to take the exit status, or the process stays as a zombie.
        std::thread::spawn(move || child.wait());
        lock.give_away();
        Ok(())
    }

    /// The lock of whoever is to examine the task's attempts. None where somebody does.
    pub fn reserve_examination(&self, task: &TaskId) -> Result<Option<FileLock>, Error> {
        self.home.try_lock(&examination(task))
    }

    /// Whether the task's attempts are being examined.
    pub fn is_examined(&self, task: &TaskId) -> Result<bool, Error> {
        self.home.is_locked(&examination(task))
    }

    /// Starts `whimbrel examine TASK` in a session of its own, which has the lock from now on.
    pub fn start_examination(&self, task: &TaskId, lock: FileLock) -> Result<(), Error> {
        self.start_with(["examine", task.as_str()], lock)
    }

    /// Starts `whimbrel decide VERDICT` in a session of its own, which has the lock from now on.
    pub fn start_decision(&self, verdict: &VerdictId, lock: FileLock) -> Result<(), Error> {
        self.start_with(["decide", verdict.as_str()], lock)
    }

    fn start_with(&self, arguments: [&str; 2], lock: FileLock) -> Result<(), Error> {
        let log = append(&self.home.engine_log())?;
        let mut command = self.command();
        command.args(arguments).stderr(log);
        give(&mut command, lock.file().as_raw_fd());
        let mut child = command.spawn().map_err(|source| Error::Start { source })?;
        std::thread::spawn(move || child.wait());
        lock.give_away();
        Ok(())
    }

    /// Starts an engine in the background. If one runs, the new one ends at once.
    pub fn start_engine(&self) -> Result<(), Error> {
        let log = append(&self.home.engine_log())?;
        let mut command = self.command();
        command.args(["serve", "--background"]).stderr(log);
        detach(&mut command);
        let mut child = command.spawn().map_err(|source| Error::Start { source })?;
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the fleet is what starts attempts")]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg0("whimbrel")
            .env("WHIMBREL_HOME", self.home.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Whether a runner of the attempt lives.
    pub fn is_alive(&self, attempt: &AttemptId) -> Result<bool, Error> {
        let path = self.path(attempt);
        let taken = path.exists().then(|| FileLock::is_taken(&path)).transpose();
        Ok(taken.map_err(|source| Error::Write { path, source })?.unwrap_or(false))
    }

    /// Tells the attempt's runner that there is something new. A hint: it looks by itself, later.
    pub fn wake(&self, attempt: &AttemptId) {
        self.signal(attempt, HINT);
    }

    /// Ends a runner that gave no sign of life for too long but has its lock.
    pub fn kill(&self, attempt: &AttemptId) {
        self.signal(attempt, Signal::SIGKILL);
    }

    /// The number in the file is the runner's as long as the lock is held, and is looked at again
    /// with the process already in hand: so no other process is ever meant.
    fn signal(&self, attempt: &AttemptId, signal: Signal) {
        let Some(pid) = runner_of(&self.path(attempt)) else { return };
        let Some(process) = pidfd(pid) else { return };
        if matches!(self.is_alive(attempt), Ok(true)) {
            send(&process, signal);
        }
    }

    fn path(&self, attempt: &AttemptId) -> PathBuf {
        self.home.attempt(attempt).join("runner.lock")
    }
}

/// The lock that this runner was started with, with its number in it. None for one that a person
/// started by hand.
pub fn inherited_lock() -> io::Result<Option<FileLock>> {
    let given = std::env::var(LOCK_VARIABLE).ok().and_then(|text| text.parse::<RawFd>().ok());
    let Some(fd) = given else { return Ok(None) };
    // SAFETY: whoever set the variable left this descriptor open for us alone; it is checked to be
    // one, and taken once, by `main`'s one call.
    let fd = unsafe {
        if libc::fcntl(fd, libc::F_GETFD) < 0 {
            return Ok(None);
        }
        OwnedFd::from_raw_fd(fd)
    };
    fcntl(&fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let lock = FileLock::inherited(fd);
    let mut file = lock.file();
    file.set_len(0)?;
    file.write_all(std::process::id().to_string().as_bytes())?;
    Ok(Some(lock))
}

fn examination(task: &TaskId) -> String {
    format!("examine-{task}")
}

fn append(path: &Path) -> Result<fs::File, Error> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn runner_of(path: &Path) -> Option<i32> {
    fs::read_to_string(path).ok()?.trim().parse().ok().filter(|pid| *pid > 0)
}

fn pidfd(pid: i32) -> Option<OwnedFd> {
    // SAFETY: the call takes two numbers, and gives a descriptor that is ours or an error.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = RawFd::try_from(fd).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: just opened.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn send(process: &OwnedFd, signal: Signal) {
    let null = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the descriptor is open, and no information goes along. It fails where the process
    // has just ended, which is as good.
    let _ended = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal as i32, null, 0)
    };
}

/// Lets the child lead a session and have the lock.
fn give(command: &mut Command, lock: RawFd) {
    command.env(LOCK_VARIABLE, lock.to_string());
    // SAFETY: between fork and exec only `fcntl` is called, which is async-signal-safe; the parent
    // holds the descriptor open until the child was started.
    unsafe {
        command.pre_exec(move || {
            if libc::fcntl(lock, libc::F_SETFD, 0) < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
    detach(command);
}

/// Lets the child lead a session, so that the terminal's hang-up isn't its own.
fn detach(command: &mut Command) {
    // SAFETY: between fork and exec only `setsid` is called, which is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            // It fails only where the child leads a group already; then it is detached enough.
            let _ = nix::unistd::setsid();
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(home: &Path) -> (LocalFleet, AttemptId) {
        let home = Home::at(home);
        let attempt: AttemptId = "k3v9x2ab.1".parse().expect("an id");
        private_folder(&home.attempt(&attempt)).expect("a folder");
        // A program that ignores its arguments and ends when its input does.
        (LocalFleet::new(home, PathBuf::from("/bin/true")), attempt)
    }

    #[test]
    fn who_holds_the_lock_is_alive_and_no_second_one_starts() {
        let folder = tempfile::tempdir().expect("a folder");
        let (fleet, attempt) = fleet(folder.path());
        let holder = Holder { process: 1, nonce: 2 };
        assert!(!fleet.is_alive(&attempt).expect("readable"));
        let lock = fleet.reserve(&attempt).expect("writable").expect("free");
        assert!(fleet.is_alive(&attempt).expect("readable"));
        assert!(fleet.reserve(&attempt).expect("asked").is_none());
        drop(lock);
        assert!(!fleet.is_alive(&attempt).expect("readable"));
        let lock = fleet.reserve(&attempt).expect("writable").expect("free");
        fleet.start(&attempt, &holder, lock).expect("started");
    }

    #[test]
    fn nobody_is_signalled_where_nobody_holds_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let (fleet, attempt) = fleet(folder.path());
        fs::write(fleet.path(&attempt), std::process::id().to_string()).expect("written");
        // It would end this test.
        fleet.kill(&attempt);
    }
}
