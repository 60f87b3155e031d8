//! A computer's first process: finishes the making, then starts, kills and reaps what it is asked
//! to. When its socket is closed it ends, and the kernel ends everything else inside with it.
//!
//! One thread, no async. It alone keeps power over the computer's namespaces, so nothing inside
//! may look into it: it is not dumpable, and no other process has all of its capabilities.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::fcntl::{OFlag, openat};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, kill, killpg, signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use super::child::{self, Confinement, Started};
use super::enter::{self, Programs};
use super::ids::{self, Asker};
use super::plan::{Plan, User};
use super::root::{self, ProcSys};
use super::seccomp::Filters;
use super::step::{Step, Steps};
use super::sys;
use super::watchdog::{WATCH_INTERVAL_MS, Watchdog};
use super::wire::{self, End, How, Received, Reply, Request, What};

/// The name a computer has for itself.
const HOSTNAME: &str = "whimbrel";
/// Enough for a few programs that watch files; a user has 128 altogether by default.
const INOTIFY_INSTANCES_MAX: u32 = 32;

/// What the nursery hands to an init that it forked.
pub struct Newborn {
    pub plan: OwnedFd,
    pub socket: OwnedFd,
    /// The computer's, held as long as anything of it is alive.
    pub _lock: OwnedFd,
    pub asker: Asker,
    pub filters: Filters,
}

/// Never returns to the nursery's code.
pub fn main(newborn: Newborn) -> ! {
    let Newborn { plan, socket, _lock, asker, filters } = newborn;
    let code = match begin(plan, asker).and_then(|made| tell_ready(&socket).map(|()| made)) {
        Ok((plan, programs)) => {
            serve(&plan, &socket, Confinement { plan: &plan, filters, programs })
        }
        Err(Step { name, errno }) => {
            let _nobody_there = wire::send(&socket, &Reply::Unmade { step: name, errno }, &[]);
            1
        }
    };
    sys::exit(code)
}

fn begin(plan: OwnedFd, asker: Asker) -> Result<(Plan, Programs), Step> {
    let plan: Plan = wire::read(plan).step("read its plan")?;
    // SAFETY: the default action runs no code of ours.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }.step("hear of ends")?;
    // Whatever happens to the machine's memory, computers go first.
    fs::write("/proc/self/oom_score_adj", "1000").step("offer itself to the memory killer")?;
    enter::enter(&plan)?;
    let programs = Programs::open(&plan)?;
    part().step("unshare")?;
    make(&plan, asker)?;
    Ok((plan, programs))
}

/// Into namespaces of its own; that of its control group is what it has just entered.
fn part() -> nix::Result<()> {
    unshare(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP,
    )
}

fn make(plan: &Plan, asker: Asker) -> Result<(), Step> {
    nix::unistd::sethostname(HOSTNAME).step("set the host's name")?;
    sys::loopback_up().step("bring the loopback interface up")?;
    let proc_sys = root::build(plan)?;
    match plan.user {
        User::Root => ids::leave_root(plan, asker)?,
        User::Ordinary { uid, gid } => ids::leave_ordinary(uid, gid)?,
    }
    // The filter on system calls forbids user namespaces too; this holds for what it can't see.
    set_user_limit(&proc_sys, "max_user_namespaces", 0)?;
    // Counted by user, so one computer could take those of all others and of its own user.
    set_user_limit(&proc_sys, "max_inotify_instances", INOTIFY_INSTANCES_MAX)?;
    fs::create_dir(crate::SCRATCH).step("make the scratch folder")?;
    prctl::set_dumpable(false).step("hide init")
}

/// A limit of the user namespace that init is in, and so of everything inside.
fn set_user_limit(proc_sys: &ProcSys, name: &str, limit: u32) -> Result<(), Step> {
    let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let setting = openat(proc_sys, &*format!("user/{name}"), flags, Mode::empty())
        .step("limit what counts by user")?;
    nix::unistd::write(setting, limit.to_string().as_bytes()).step("limit what counts by user")?;
    Ok(())
}

fn tell_ready(socket: &OwnedFd) -> Result<(), Step> {
    let pidfd = sys::pidfd_of_self().step("open init's pidfd")?;
    wire::send(socket, &Reply::Ready, &[pidfd.as_fd()]).step("answer")
}

/// Until the supervisor is gone.
fn serve(plan: &Plan, socket: &OwnedFd, bars: Confinement) -> i32 {
    let Ok(deaths) = death_notices() else { return 1 };
    let interval =
        if plan.watch { PollTimeout::from(WATCH_INTERVAL_MS) } else { PollTimeout::NONE };
    let mut init = Init { bars, socket, running: HashMap::new() };
    let mut watchdog = plan.watch.then(|| Watchdog::new(plan.memory_bytes));
    loop {
        let mut ready = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(deaths.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut ready, interval) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return 1,
        }
        let [asked, died] = ready.map(|fd| fd.any().unwrap_or(false));
        if died {
            while let Ok(Some(_)) = deaths.read_signal() {}
        }
        init.reap(libc::WNOHANG);
        if watchdog.as_mut().is_some_and(Watchdog::over) {
            init.end_all_for_memory();
        }
        if asked && init.answer().is_err() {
            init.bars.programs.thaw();
            return 0;
        }
    }
}

/// Deaths of children become readable, instead of interrupting.
fn death_notices() -> nix::Result<SignalFd> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&signals), None)?;
    SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

struct Init<'a> {
    bars: Confinement<'a>,
    socket: &'a OwnedFd,
    /// What was asked for and has not ended; also its process group.
    running: HashMap<Pid, Running>,
}

struct Running {
    id: u64,
    out_of_memory: bool,
}

impl Init<'_> {
    /// Does what one message asks. An error says that the supervisor is gone.
    fn answer(&mut self) -> io::Result<()> {
        let Some(Received { message, fds }) = wire::receive::<Request>(self.socket)? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let Request { id, what } = message;
        match what {
            What::Kill => self.kill(id),
            What::Exec { .. } | What::Write { .. } | What::Read { .. } => {
                return self.start(id, what, fds);
            }
        }
        Ok(())
    }

    fn start(&mut self, id: u64, what: What, streams: Vec<OwnedFd>) -> io::Result<()> {
        let reply = match child::start(what, streams, &self.bars) {
            Started::Running(pid) => {
                self.running.insert(pid, Running { id, out_of_memory: false });
                Reply::Started { id }
            }
            Started::Not { at, errno } => Reply::NotStarted { id, at, errno },
        };
        wire::send(self.socket, &reply, &[])
    }

    fn kill(&self, id: u64) {
        if let Some((pid, _)) = self.running.iter().find(|(_, running)| running.id == id) {
            // One that ended meanwhile is about to be reaped.
            let _ended = killpg(*pid, Signal::SIGKILL);
        }
    }

    /// Collects all that ended, also what lost its parent inside.
    fn reap(&mut self, flags: libc::c_int) {
        loop {
            match sys::wait_any(flags) {
                Ok(Some((pid, status))) => {
                    // A program can make init its tracer, and then its stops are seen here.
                    if let Some(how) = end_of(status) {
                        self.tell_end(pid, how);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nothing has ended, or there is nothing left that could.
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn tell_end(&mut self, pid: Pid, how: How) {
        if let Some(Running { id, out_of_memory }) = self.running.remove(&pid) {
            let end = End { how, out_of_memory };
            // Where the supervisor is gone, the next poll says so.
            let _gone = wire::send(self.socket, &Reply::Ended { id, end }, &[]);
        }
    }

    fn end_all_for_memory(&mut self) {
        for running in self.running.values_mut() {
            running.out_of_memory = true;
        }
        let _nothing_left_to_kill = kill(Pid::from_raw(-1), Signal::SIGKILL);
        // Until it is gone, what is dying has its memory, and would take the next ones along.
        self.reap(0);
    }
}

/// `None` for a process that was only stopped.
fn end_of(status: ExitStatus) -> Option<How> {
    status.code().map(How::Exited).or_else(|| status.signal().map(How::Signalled))
}
