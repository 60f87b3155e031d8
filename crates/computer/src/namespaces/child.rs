//! From init's fork to the program: streams, limits, privileges, directory, exec. Files are read
//! and written by such a child too, so that no path of a computer is ever resolved outside.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::unistd::{ForkResult, Pid};

use super::enter::Programs;
use super::plan::Plan;
use super::seccomp::Filters;
use super::sys;
use super::wire::{Stage, What};
use crate::search::{self, Search};

/// Descriptors of one process.
const OPEN_FILES_MAX: u64 = 65_536;
/// Of init's own limit, what a program may have at most. The kernel refuses to pass descriptors
/// to whoever's limit is below what all of a user's processes have in flight, and all computers
/// are one user: so none may have as much in flight as stops another's init.
const OPEN_FILES_SHARE: u64 = 2;
/// Of one file, so that a runaway log can't fill the disk by itself.
const FILE_BYTES_MAX: u64 = 16 * domain::limits::GIB;
/// Signals that wait, and timers: also an ordinary user's other programs need some, of the same count.
const PENDING_SIGNALS_MAX: u64 = 4096;
/// From the fork to the program; a millisecond or two.
const BEGIN_MAX_MS: u16 = 10_000;
/// The address space that one process may fill where no cgroup holds memory: above the limit, so
/// that the watchdog comes first and the end is told for what it was.
const DATA_PER_MEMORY: u64 = 2;

/// What root inside keeps: power over files and processes, none over mounts, network or kernel.
const CAPABILITIES: [u32; 9] = [
    0,  // CAP_CHOWN
    1,  // CAP_DAC_OVERRIDE
    3,  // CAP_FOWNER
    4,  // CAP_FSETID
    5,  // CAP_KILL
    6,  // CAP_SETGID
    7,  // CAP_SETUID
    10, // CAP_NET_BIND_SERVICE
    31, // CAP_SETFCAP
];
/// The highest capability that any kernel may know, in the bounding set's numbering.
const CAPABILITY_MAX: u32 = 63;

pub enum Started {
    /// With the outer end of its terminal, if it has one.
    Running(Pid, Option<OwnedFd>),
    Not {
        at: Stage,
        errno: i32,
    },
}

/// What every process of a computer is held by.
pub struct Confinement<'a> {
    pub plan: &'a Plan,
    pub filters: Filters,
    pub programs: Programs,
    /// The folder of the computer's terminals.
    pub terminals: OwnedFd,
}

/// Forks a process that does `what`, and waits until it has begun.
pub fn start(what: What, streams: Vec<OwnedFd>, bars: &Confinement) -> Started {
    match try_start(what, streams, bars) {
        Ok(started) => started,
        Err(error) => Started::Not { at: Stage::Fork, errno: errno_of(&error) },
    }
}

fn try_start(what: What, streams: Vec<OwnedFd>, bars: &Confinement) -> io::Result<Started> {
    let (outer, streams) = match &what {
        What::Exec { tty: Some(size), .. } => {
            let (outer, inner) = sys::open_terminal(&bars.terminals, *size)?;
            (Some(outer), vec![inner.try_clone()?, inner.try_clone()?, inner])
        }
        What::Exec { tty: None, .. }
        | What::Read { .. }
        | What::Write { .. }
        | What::Search(_)
        | What::Signal(_)
        | What::EndForDisk { .. }
        | What::StandStill
        | What::GoOn => (None, streams),
    };
    let streams: [OwnedFd; 3] =
        streams.try_into().map_err(|_| io::Error::from_raw_os_error(libc::EBADF))?;
    let (failure, tell) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    match sys::fork_into(CloneFlags::empty(), bars.programs.birth())? {
        ForkResult::Child => {
            drop(failure);
            sys::exit(run(what, &streams, bars, tell))
        }
        ForkResult::Parent { child } => {
            drop((tell, streams));
            Ok(match begun(child, failure) {
                Ok(()) => Started::Running(child, outer),
                Err((at, errno)) => Started::Not { at, errno },
            })
        }
    }
}

/// The pipe closes when the program runs, or has five bytes that say why it doesn't. A hostile
/// program inside can stop the child before that; init must not wait with it.
fn begun(child: Pid, failure: OwnedFd) -> Result<(), (Stage, i32)> {
    let mut ready = [PollFd::new(failure.as_fd(), PollFlags::POLLIN)];
    if !matches!(poll(&mut ready, PollTimeout::from(BEGIN_MAX_MS)), Ok(1..)) {
        let _gone_already = kill(child, Signal::SIGKILL);
        return Err((Stage::Fork, libc::ETIMEDOUT));
    }
    let mut bytes = [0_u8; 5];
    match File::from(failure).read_exact(&mut bytes) {
        Err(_) => Ok(()),
        Ok(()) => {
            let [stage, errno @ ..] = bytes;
            Err((stage_of(stage), i32::from_ne_bytes(errno)))
        }
    }
}

fn stage_of(byte: u8) -> Stage {
    let stages = [Stage::Fork, Stage::Confine, Stage::Enter, Stage::Begin];
    stages.into_iter().find(|stage| *stage as u8 == byte).unwrap_or(Stage::Fork)
}

/// In the child; what it returns is the exit code of one that didn't exec.
fn run(what: What, streams: &[OwnedFd; 3], bars: &Confinement, tell: OwnedFd) -> i32 {
    let begun = confine(streams, what.wants_terminal(), bars)
        // From here on paths of the computer are followed, and links may lead to what is open:
        // to the host's control groups, for one, and from there to all of its files.
        .and_then(|()| sys::close_all_but(&tell))
        .map_err(|error| (Stage::Confine, error));
    let work = begun.and_then(|()| match what {
        What::Exec { argv, cwd, env, tty: _ } => Err(exec(&argv, &cwd, &env)),
        What::Write { path, mode, bytes } => {
            begin_write(&path, mode).map(|file| Copy::In(file, bytes)).map_err(at_begin)
        }
        What::Read { path, bytes_max } => {
            begin_read(&path).map(|file| Copy::Out(file, bytes_max)).map_err(at_begin)
        }
        What::Search(search) => Ok(Copy::Search(search)),
        What::Signal(_) | What::EndForDisk { .. } | What::StandStill | What::GoOn => {
            Ok(Copy::Nothing)
        }
    });
    match work {
        Ok(copy) => {
            drop(tell);
            copy.run().map_or_else(|error| errno_of(&error), |()| 0)
        }
        Err((stage, error)) => {
            let [a, b, c, d] = errno_of(&error).to_ne_bytes();
            let _init_gone = File::from(tell).write_all(&[stage as u8, a, b, c, d]);
            1
        }
    }
}

fn at_begin(error: io::Error) -> (Stage, io::Error) {
    (Stage::Begin, error)
}

fn confine(streams: &[OwnedFd; 3], terminal: bool, bars: &Confinement) -> io::Result<()> {
    nix::unistd::setsid()?;
    reset_signals()?;
    for (number, stream) in streams.iter().enumerate() {
        sys::stream(stream, i32::try_from(number).map_err(io::Error::other)?)?;
    }
    if terminal {
        sys::control_terminal()?;
    }
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    bars.programs.enter()?;
    limit(bars.plan)?;
    drop_privileges()?;
    bars.filters.apply()
}

/// Whatever was ignored or blocked by whoever started whimbrel, or by Rust, or by init.
fn reset_signals() -> io::Result<()> {
    for signal in Signal::iterator() {
        if !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
            // SAFETY: the default action runs no code of ours.
            unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl)? };
        }
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
    Ok(())
}

fn limit(plan: &Plan) -> io::Result<()> {
    let (_, open_files) = getrlimit(Resource::RLIMIT_NOFILE)?;
    cap(Resource::RLIMIT_NOFILE, OPEN_FILES_MAX.min(open_files / OPEN_FILES_SHARE))?;
    cap(Resource::RLIMIT_CORE, 0)?;
    cap(Resource::RLIMIT_FSIZE, FILE_BYTES_MAX)?;
    cap(Resource::RLIMIT_SIGPENDING, PENDING_SIGNALS_MAX)?;
    if plan.watch {
        // Init is one of them.
        cap(Resource::RLIMIT_NPROC, plan.processes + 1)?;
        cap(Resource::RLIMIT_DATA, plan.memory_bytes.saturating_mul(DATA_PER_MEMORY))?;
    }
    Ok(())
}

/// Never above what whimbrel itself was given.
fn cap(resource: Resource, value: u64) -> io::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    let value = value.min(hard);
    Ok(setrlimit(resource, value, value)?)
}

fn drop_privileges() -> io::Result<()> {
    for capability in 0..=CAPABILITY_MAX {
        if !CAPABILITIES.contains(&capability) {
            match sys::drop_from_bounding_set(capability.into()) {
                // This kernel knows no more of them.
                Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
                other => other?,
            }
        }
    }
    sys::keep_capabilities(CAPABILITIES.iter().fold(0, |bits, number| bits | 1 << number))?;
    Ok(nix::sys::prctl::set_no_new_privs()?)
}

/// Returns only where it failed.
fn exec(argv: &[String], cwd: &Path, env: &[(String, String)]) -> (Stage, io::Error) {
    if let Err(errno) = nix::unistd::chdir(cwd) {
        return (Stage::Enter, errno.into());
    }
    let error = prepare(argv, env)
        .map_or_else(|error| error, |(programs, argv, env)| exec_first(&programs, &argv, &env));
    (Stage::Begin, error)
}

type Prepared = (Vec<CString>, Vec<CString>, Vec<CString>);

/// All places where the program may be, and the vectors for the kernel.
fn prepare(argv: &[String], env: &[(String, String)]) -> io::Result<Prepared> {
    let name = argv.first().filter(|name| !name.is_empty()).ok_or(io::ErrorKind::NotFound)?;
    let path = env.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path.as_str());
    let places = if name.contains('/') {
        vec![PathBuf::from(name)]
    } else {
        path.split(':').map(|folder| Path::new(folder).join(name)).collect()
    };
    let places = places.iter().map(|place| CString::new(place.as_os_str().as_bytes()));
    let argv = argv.iter().map(|argument| CString::new(argument.as_str()));
    let env = env.iter().map(|(name, value)| CString::new(format!("{name}={value}")));
    Ok((
        places.collect::<Result<_, _>>()?,
        argv.collect::<Result<_, _>>()?,
        env.collect::<Result<_, _>>()?,
    ))
}

/// As a shell does: the first that is there, and a refusal rather than an absence.
fn exec_first(programs: &[CString], argv: &[CString], env: &[CString]) -> io::Error {
    let mut worst = io::Error::from_raw_os_error(libc::ENOENT);
    for program in programs {
        let error = sys::exec(program, argv, env);
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => {}
            Some(libc::EACCES) => worst = error,
            _ => return error,
        }
    }
    worst
}

/// A file and a standard stream, ready to be copied; or many to be searched.
enum Copy {
    In(File, u64),
    Out(File, u64),
    Search(Search),
    Nothing,
}

impl Copy {
    fn run(self) -> io::Result<()> {
        match self {
            Self::In(file, bytes) => replace(file, bytes)?,
            Self::Out(file, bytes_max) => {
                // One more than wanted shows that there was more.
                let mut out = io::stdout().lock();
                let copied = io::copy(&mut file.take(bytes_max.saturating_add(1)), &mut out)?;
                out.flush()?;
                copied
            }
            Self::Search(search) => {
                let mut out = BufWriter::new(io::stdout().lock());
                let tree = search::Disk { top: "/".into() };
                let answer = search::run(&tree, &search.root(), &search, &mut out)?;
                out.flush()?;
                serde_json::to_writer(io::stderr().lock(), &answer)?;
                0
            }
            Self::Nothing => 0,
        };
        Ok(())
    }
}

/// All of it is here before the file changes: whoever sends it may be killed in the middle, and a
/// file that was there must not be lost by that. So it is never empty in between, either.
fn replace(mut file: File, bytes: u64) -> io::Result<u64> {
    let mut all = Vec::new();
    io::stdin().lock().take(bytes.saturating_add(1)).read_to_end(&mut all)?;
    if all.len() as u64 != bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.write_all(&all)?;
    file.set_len(bytes)?;
    Ok(bytes)
}

fn begin_write(path: &Path, mode: u32) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(mode);
    let file = options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    regular(&file)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}

fn begin_read(path: &Path) -> io::Result<File> {
    // Opening a pipe must not wait for its other end.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    regular(&file)?;
    Ok(file)
}

fn regular(file: &File) -> io::Result<()> {
    let kind = file.metadata()?.file_type();
    if kind.is_file() { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EINVAL)) }
}

fn errno_of(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(match error.kind() {
        io::ErrorKind::NotFound => libc::ENOENT,
        io::ErrorKind::InvalidInput => libc::EINVAL,
        _ => libc::EIO,
    })
}
