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

use nix::fcntl::{OFlag, open, openat};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, kill, killpg, signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use super::child::{self, Confinement, Started};
use super::deleted;
use super::enter::{self, Programs};
use super::ids::{self, Asker};
use super::plan::{Plan, User};
use super::root::{self, ProcSys};
use super::seccomp::Filters;
use super::standstill::Stopped;
use super::step::{Step, Steps};
use super::sys::{self, Reaped};
use super::watchdog::Watchdog;
use super::wire::{self, Broken, End, How, Received, Reply, Request, What};
use crate::Usage;

/// The name a computer has for itself.
const HOSTNAME: &str = "whimbrel";
/// Enough for a few programs that watch files; a user has 128 altogether by default.
const INOTIFY_INSTANCES_MAX: u32 = 32;
/// Files and folders that are watched: enough for a large repository, and by default a sixth of
/// what a user has. Each is a kilobyte of the kernel's.
const INOTIFY_WATCHES_MAX: u32 = 32_768;

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
    let made = begin(plan, asker, &socket).and_then(|mut made| {
        // Nothing inside is to have them; the supervisor does.
        tell_ready(&socket, std::mem::take(&mut made.doors))?;
        Ok(made)
    });
    let code = match made {
        Ok(Made { plan, programs, terminals, doors: _ }) => {
            serve(&plan, &socket, Confinement { plan: &plan, filters, programs, terminals })
        }
        Err(Step { name, errno }) => {
            let _nobody_there = wire::send(&socket, &Reply::Unmade { step: name, errno }, &[]);
            1
        }
    };
    sys::exit(code)
}

/// What is needed of the making afterwards.
struct Made {
    plan: Plan,
    programs: Programs,
    terminals: OwnedFd,
    /// Of its way out; the supervisor's.
    doors: Vec<OwnedFd>,
}

fn begin(plan: OwnedFd, asker: Asker, socket: &OwnedFd) -> Result<Made, Step> {
    let plan: Plan = wire::read(plan).step("read its plan")?;
    // SAFETY: the default action runs no code of ours.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }.step("hear of ends")?;
    // Whatever happens to the machine's memory, computers go first.
    fs::write("/proc/self/oom_score_adj", "1000").step("offer itself to the memory killer")?;
    enter::enter(&plan)?;
    let programs = Programs::open(&plan)?;
    part().step("unshare")?;
    let doors = make(&plan, asker, socket)?;
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let terminals = open("/dev/pts", flags, Mode::empty()).step("open /dev/pts")?;
    Ok(Made { plan, programs, terminals, doors })
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

/// Gives the doors of its way out.
fn make(plan: &Plan, asker: Asker, socket: &OwnedFd) -> Result<Vec<OwnedFd>, Step> {
    nix::unistd::sethostname(HOSTNAME).step("set the host's name")?;
    sys::loopback_up().step("bring the loopback interface up")?;
    let doors = plan.opened.doors()?;
    let proc_sys = root::build(plan, socket)?;
    // Programs inside have no power over this network, but it is theirs alone.
    set(&proc_sys, "net/ipv4/ip_unprivileged_port_start", 0)?;
    match plan.user {
        User::Root => ids::leave_root(plan, asker)?,
        User::Ordinary { uid, gid } => ids::leave_ordinary(uid, gid)?,
    }
    // The filter on system calls forbids user namespaces too; this holds for what it can't see.
    set(&proc_sys, "user/max_user_namespaces", 0)?;
    // Counted by user, so one computer could take those of all others and of its own user.
    set(&proc_sys, "user/max_inotify_instances", INOTIFY_INSTANCES_MAX)?;
    set(&proc_sys, "user/max_inotify_watches", INOTIFY_WATCHES_MAX)?;
    fs::create_dir(crate::SCRATCH).step("make the scratch folder")?;
    plan.opened.leave_bundle()?;
    prctl::set_dumpable(false).step("hide init")?;
    Ok(doors)
}

/// Of the namespaces that init is in, and so of everything inside.
fn set(proc_sys: &ProcSys, setting: &str, value: u32) -> Result<(), Step> {
    let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let file = openat(proc_sys, setting, flags, Mode::empty()).step(format!("open {setting}"))?;
    nix::unistd::write(file, value.to_string().as_bytes()).step(format!("set {setting}"))?;
    Ok(())
}

fn tell_ready(socket: &OwnedFd, doors: Vec<OwnedFd>) -> Result<(), Step> {
    let pidfd = sys::pidfd_of_self().step("open init's pidfd")?;
    let fds: Vec<_> = [&pidfd].into_iter().chain(&doors).map(AsFd::as_fd).collect();
    wire::send(socket, &Reply::Ready, &fds).step("answer")
}

/// Until the supervisor is gone.
fn serve(plan: &Plan, socket: &OwnedFd, bars: Confinement) -> i32 {
    let Ok(deaths) = death_notices() else { return 1 };
    let mut init = Init { bars, socket, running: HashMap::new(), stopped: Stopped::default() };
    let mut watchdog = plan.watch.then(|| Watchdog::new(plan.memory_bytes));
    // Whether there is any program, which memory could grow by.
    let mut anyone = false;
    loop {
        let watching = watchdog.as_ref().filter(|_| anyone);
        let mut ready = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(deaths.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut ready, watching.map_or(PollTimeout::NONE, patience)) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return 1,
        }
        let [asked, died] = ready.map(|fd| fd.any().unwrap_or(false));
        if died {
            while let Ok(Some(_)) = deaths.read_signal() {}
        }
        anyone = init.reap(libc::WNOHANG) || asked;
        if anyone && watchdog.as_mut().is_some_and(Watchdog::looks) {
            init.end_all(Broken::Memory);
            // Until it is gone, what is dying has its memory, and would take the next ones along.
            init.reap(0);
        }
        if asked && init.answer().is_err() {
            init.bars.programs.thaw();
            return 0;
        }
    }
}

/// A millisecond more than it has to wait, so that it is time then.
fn patience(watchdog: &Watchdog) -> PollTimeout {
    let pause_ms = u16::try_from(watchdog.pause().as_millis()).unwrap_or(u16::MAX - 1);
    PollTimeout::from(pause_ms + 1)
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
    stopped: Stopped,
}

struct Running {
    id: u64,
    broke: Option<Broken>,
}

impl Init<'_> {
    /// Does what one message asks. An error says that the supervisor is gone.
    fn answer(&mut self) -> io::Result<()> {
        let Some(Received { message, fds }) = wire::receive::<Request>(self.socket)? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let Request { id, what } = message;
        match what {
            What::Signal(number) => self.signal(id, number),
            What::EndForDisk { deleted_bytes_max } => {
                if deleted_bytes_max.is_none_or(|most| deleted::bytes() > most) {
                    self.end_all(Broken::Disk);
                }
            }
            What::StandStill => {
                let (stopped, all) = Stopped::all();
                self.stopped = stopped;
                return self.tell_done(id, all);
            }
            What::GoOn => {
                std::mem::take(&mut self.stopped).go_on();
                return self.tell_done(id, Ok(()));
            }
            What::Exec { .. } | What::Write { .. } | What::Read { .. } | What::Search(_) => {
                return self.start(id, what, fds);
            }
        }
        Ok(())
    }

    fn start(&mut self, id: u64, what: What, streams: Vec<OwnedFd>) -> io::Result<()> {
        let reply = match child::start(what, streams, &self.bars) {
            Started::Running(pid, terminal) => {
                self.running.insert(pid, Running { id, broke: None });
                let terminal: Vec<_> = terminal.iter().map(AsFd::as_fd).collect();
                return wire::send(self.socket, &Reply::Started { id }, &terminal);
            }
            Started::Not { at, errno } => Reply::NotStarted { id, at, errno },
        };
        wire::send(self.socket, &reply, &[])
    }

    fn signal(&self, id: u64, number: i32) {
        let found = self.running.iter().find(|(_, running)| running.id == id);
        if let (Some((pid, _)), Ok(signal)) = (found, Signal::try_from(number)) {
            // One that ended meanwhile is about to be reaped.
            let _ended = killpg(*pid, signal);
        }
    }

    /// Collects all that ended, also what lost its parent inside. False where nothing is left.
    fn reap(&mut self, flags: libc::c_int) -> bool {
        loop {
            match sys::wait_any(flags) {
                Ok(Some(Reaped { pid, status, usage })) => {
                    // A program can make init its tracer, and then its stops are seen here.
                    if let Some(how) = end_of(status) {
                        self.tell_end(pid, how, usage);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(None) => return true,
                // There is nothing left that could end.
                Err(_) => return false,
            }
        }
    }

    fn tell_end(&mut self, pid: Pid, how: How, usage: Usage) {
        if let Some(Running { id, broke }) = self.running.remove(&pid) {
            let end = End { how, usage, broke };
            // Where the supervisor is gone, the next poll says so.
            let _gone = wire::send(self.socket, &Reply::Ended { id, end }, &[]);
        }
    }

    fn end_all(&mut self, broke: Broken) {
        for running in self.running.values_mut() {
            running.broke = Some(broke);
        }
        let _nothing_left_to_kill = kill(Pid::from_raw(-1), Signal::SIGKILL);
    }

    /// Of a request that init itself has served.
    fn tell_done(&self, id: u64, done: io::Result<()>) -> io::Result<()> {
        wire::send(self.socket, &Reply::Started { id }, &[])?;
        let errno = |error: io::Error| error.raw_os_error().unwrap_or(libc::ETIMEDOUT);
        let how = How::Exited(done.map_or_else(errno, |()| 0));
        let end = End { how, usage: Usage { memory_peak_bytes: 0, cpu_ms: 0 }, broke: None };
        wire::send(self.socket, &Reply::Ended { id, end }, &[])
    }
}

/// `None` for a process that was only stopped.
fn end_of(status: ExitStatus) -> Option<How> {
    status.code().map(How::Exited).or_else(|| status.signal().map(How::Signalled))
}
