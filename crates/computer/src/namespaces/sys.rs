//! System calls that our libraries have no safe wrapper for. Every `unsafe` of a computer's making
//! is here or in [`super::wire`].

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid};

use crate::{Tty, Usage};

const OPEN_TREE_CLONE: libc::c_uint = 1;
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_uint = 4;
/// `linux/sched.h`.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
const MOUNT_ATTR_RDONLY: u64 = 1;
const MOUNT_ATTR_NOSUID: u64 = 2;
const MOUNT_ATTR_NODEV: u64 = 4;

/// `struct mount_attr` of `linux/mount.h`.
#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Whether device nodes in a mount work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Devices {
    Dead,
    /// Only for the nodes of `/dev` themselves.
    Live,
}

/// A copy of the mounts at `path`, attached nowhere yet.
pub fn clone_tree(path: &Path) -> io::Result<OwnedFd> {
    let path = c_path(path)?;
    let flags =
        OPEN_TREE_CLONE | libc::O_CLOEXEC.cast_unsigned() | libc::AT_RECURSIVE.cast_unsigned();
    // SAFETY: `path` ends in a zero and outlives the call.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    new_fd(fd)
}

/// Makes a tree of mounts read-only and powerless.
pub fn seal_tree(tree: &OwnedFd, devices: Devices) -> io::Result<()> {
    let attr_set = match devices {
        Devices::Dead => MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
        Devices::Live => MOUNT_ATTR_NOSUID,
    };
    let attr = MountAttr { attr_set, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    // SAFETY: the attribute's pointer and size are those of `attr`.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    check(done)
}

/// Attaches a tree of mounts at `target`.
pub fn attach_tree(tree: &OwnedFd, target: &Path) -> io::Result<()> {
    let target = c_path(target)?;
    // SAFETY: both paths end in a zero and outlive the call.
    let done = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    check(done)
}

/// A file system that is being set up, by the kernel's newer interface for mounts.
pub struct NewMount(OwnedFd);

const FSOPEN_CLOEXEC: libc::c_uint = 1;
const FSMOUNT_CLOEXEC: libc::c_uint = 1;
const FSCONFIG_SET_FLAG: libc::c_uint = 0;
const FSCONFIG_SET_STRING: libc::c_uint = 1;
const FSCONFIG_CMD_CREATE: libc::c_uint = 6;
/// Lines that the kernel keeps for one of these, each of less than a page.
const LOG_LINES_MAX: usize = 8;
const LOG_LINE_BYTES_MAX: usize = 4096;

impl NewMount {
    pub fn open(kind: &CStr) -> io::Result<Self> {
        // SAFETY: `kind` ends in a zero and outlives the call.
        let fd = unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), FSOPEN_CLOEXEC) };
        new_fd(fd).map(Self)
    }

    pub fn set(&self, key: &str, value: &Path) -> io::Result<()> {
        self.config(FSCONFIG_SET_STRING, Some(&CString::new(key)?), Some(&c_path(value)?))
    }

    pub fn flag(&self, key: &str) -> io::Result<()> {
        self.config(FSCONFIG_SET_FLAG, Some(&CString::new(key)?), None)
    }

    fn config(
        &self,
        command: libc::c_uint,
        key: Option<&CStr>,
        value: Option<&CStr>,
    ) -> io::Result<()> {
        let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
        let (fd, key, value) = (self.0.as_raw_fd(), pointer(key), pointer(value));
        // SAFETY: both texts end in a zero and outlive the call, or are null where they may be.
        check(unsafe { libc::syscall(libc::SYS_fsconfig, fd, command, key, value, 0) })
    }

    /// The mount, attached nowhere yet, without device nodes or set-id programs.
    pub fn create(&self) -> io::Result<OwnedFd> {
        self.config(FSCONFIG_CMD_CREATE, None, None)?;
        let attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
        // SAFETY: takes and gives numbers only.
        new_fd(unsafe {
            libc::syscall(libc::SYS_fsmount, self.0.as_raw_fd(), FSMOUNT_CLOEXEC, attributes)
        })
    }

    /// What the kernel has said so far.
    pub fn log(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = [0_u8; LOG_LINE_BYTES_MAX];
        while lines.len() < LOG_LINES_MAX {
            let Ok(length) = nix::unistd::read(&self.0, &mut line) else { break };
            // Each begins with a letter for how bad it is.
            let text = String::from_utf8_lossy(line.get(2..length).unwrap_or_default());
            lines.push(text.trim_end().to_owned());
        }
        lines
    }
}

/// A handle on this very process, good in every namespace.
pub fn pidfd_of_self() -> io::Result<OwnedFd> {
    // SAFETY: takes and gives numbers only.
    new_fd(unsafe { libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) })
}

/// Waits until the process behind a pidfd has ended, and with an init all that it had.
pub fn wait_pidfd(pidfd: &OwnedFd, timeout: Duration) -> io::Result<()> {
    let timeout = PollTimeout::try_from(timeout).map_err(io::Error::other)?;
    let mut ended = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    loop {
        match poll(&mut ended, timeout) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Kills the process behind a pidfd. One that is gone already is no error.
pub fn kill_pidfd(pidfd: &OwnedFd) -> io::Result<()> {
    // SAFETY: the third argument may be null.
    let done = unsafe {
        let nothing = std::ptr::null::<libc::siginfo_t>();
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), libc::SIGKILL, nothing, 0)
    };
    match check(done) {
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        other => other,
    }
}

/// Brings the loopback interface of this network namespace up.
pub fn loopback_up() -> io::Result<()> {
    // SAFETY: a zeroed request is valid; its name is zero-terminated; the socket is ours.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        let socket = new_fd(socket.into())?;
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes()) {
            *to = from.cast_signed();
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        check(libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request).into())
    }
}

/// Takes the capability away from this process and all it will ever start.
pub fn drop_from_bounding_set(capability: libc::c_ulong) -> io::Result<()> {
    // SAFETY: takes and gives numbers only.
    let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    check(done.into())
}

/// `struct __user_cap_header_struct` of `linux/capability.h`.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct`; two of them make 64 bits.
#[repr(C)]
#[derive(Clone, Copy)]
struct CapabilityData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// Keeps exactly these capabilities (a bit each), in this process. All are below 32.
pub fn keep_capabilities(bits: u32) -> io::Result<()> {
    let header = CapabilityHeader { version: CAPABILITY_VERSION_3, pid: 0 };
    let low = CapabilityData { effective: bits, permitted: bits, inheritable: 0 };
    let high = CapabilityData { effective: 0, permitted: 0, inheritable: 0 };
    let data = [low, high];
    // SAFETY: version 3 reads one header and two data structures.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) })
}

/// Becomes the program; returns only where that failed.
pub fn exec(program: &CStr, argv: &[CString], env: &[CString]) -> io::Error {
    match nix::unistd::execve(program, argv, env) {
        Ok(never) => match never {},
        Err(errno) => errno.into(),
    }
}

/// Lets this process have as many descriptors as it may, and pass as many.
pub fn raise_open_files() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// Closes all descriptors but the standard streams.
pub fn close_others() -> io::Result<()> {
    // SAFETY: only called before anything here owns a descriptor.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) })
}

/// Closes all descriptors but the standard streams and `kept`, whoever thinks that they own them:
/// for a process that only runs another program, or ends.
pub fn close_all_but(kept: &OwnedFd) -> io::Result<()> {
    let kept = kept.as_raw_fd().cast_unsigned();
    for (first, last) in [(3, kept.saturating_sub(1)), (kept + 1, libc::c_uint::MAX)] {
        if first <= last {
            // SAFETY: nothing of what is closed is used again.
            check(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) })?;
        }
    }
    Ok(())
}

/// Makes `from` a standard stream that survives the exec.
pub fn stream(from: &OwnedFd, number: RawFd) -> io::Result<()> {
    // SAFETY: takes and gives numbers only; the standard streams belong to nobody else here.
    check(unsafe { libc::dup2(from.as_raw_fd(), number) }.into())
}

/// Forks into new namespaces, and into a control group of version 2 where one is given. Only ever
/// called in the nursery and in init, which have a single thread, so that the child may do all
/// that the parent may.
pub fn fork_into(flags: CloneFlags, group: Option<BorrowedFd>) -> io::Result<ForkResult> {
    let flags = u64::from(flags.bits().cast_unsigned());
    let pid = match group {
        // Not clone3, which containers' filters forbid.
        // SAFETY: without a stack of its own the child has a copy of ours.
        None => unsafe {
            libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD as u64, 0_usize, 0, 0, 0)
        },
        Some(group) => {
            // SAFETY: zeroes are valid, and mean "not wanted".
            let mut wanted: libc::clone_args = unsafe { std::mem::zeroed() };
            wanted.flags = flags | CLONE_INTO_CGROUP;
            wanted.exit_signal = libc::SIGCHLD as u64;
            wanted.cgroup = group.as_raw_fd().cast_unsigned().into();
            let size = size_of::<libc::clone_args>();
            // SAFETY: as above; the kernel reads the structure only.
            unsafe { libc::syscall(libc::SYS_clone3, &raw mut wanted, size) }
        }
    };
    check(pid)?;
    Ok(match i32::try_from(pid).map_err(io::Error::other)? {
        0 => ForkResult::Child,
        pid => ForkResult::Parent { child: Pid::from_raw(pid) },
    })
}

/// Ends this process at once, without running anything of the one it was forked from.
pub fn exit(code: i32) -> ! {
    // SAFETY: never returns and touches no memory.
    unsafe { libc::_exit(code) }
}

/// Reaps one child of this process, whichever ended; `None` where none has and `flags` say not to
/// wait. Not nix's, to whom a death by a real-time signal is an error, although it is reaped.
pub fn wait_any(flags: libc::c_int) -> io::Result<Option<Reaped>> {
    let mut status = 0;
    // SAFETY: zeroes are a valid record of use.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes one number to `status`, and all of `used`.
    let pid = unsafe { libc::wait4(-1, &raw mut status, flags, &raw mut used) };
    check(pid.into())?;
    let ended = || Reaped {
        pid: Pid::from_raw(pid),
        status: ExitStatus::from_raw(status),
        usage: Usage {
            memory_peak_bytes: used.ru_maxrss.cast_unsigned() * 1024,
            cpu_ms: time_ms(used.ru_utime) + time_ms(used.ru_stime),
        },
    };
    Ok((pid > 0).then(ended))
}

/// A child that ended, with what it used together with the children that it waited for.
pub struct Reaped {
    pub pid: Pid,
    pub status: ExitStatus,
    pub usage: Usage,
}

fn time_ms(time: libc::timeval) -> u64 {
    (time.tv_sec * 1000 + time.tv_usec / 1000).cast_unsigned()
}

/// A new terminal of the file system `terminals`, given by its folder: its outer end, which is for
/// the supervisor, and the one for a program. No name that the inside could change is followed.
pub fn open_terminal(terminals: &OwnedFd, size: Tty) -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let outer = nix::fcntl::openat(terminals, "ptmx", flags, Mode::empty())?;
    let locked: libc::c_int = 0;
    let size =
        libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel reads one number, one structure, and takes flags by value.
    unsafe {
        check(libc::ioctl(outer.as_raw_fd(), libc::TIOCSPTLCK, &raw const locked).into())?;
        check(libc::ioctl(outer.as_raw_fd(), libc::TIOCSWINSZ, &raw const size).into())?;
        let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
        let inner = new_fd(libc::ioctl(outer.as_raw_fd(), libc::TIOCGPTPEER, flags).into())?;
        Ok((outer, inner))
    }
}

/// Makes the terminal on standard input the one that controls this process's new session.
pub fn control_terminal() -> io::Result<()> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0) }.into())
}

/// Writes everything of the file system that `folder` is on to its disk.
pub fn sync_file_system(folder: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: takes and gives numbers only.
    check(unsafe { libc::syncfs(folder.as_raw_fd()) }.into())
}

/// Makes a file system refuse everything from now on, and forget what it hasn't written yet.
pub fn shut_down_file_system(root: &impl AsRawFd) -> io::Result<()> {
    const SHUTDOWN: libc::Ioctl = 0x8004_587D_u32 as libc::Ioctl;
    let without_writing: u32 = 2;
    // SAFETY: the kernel reads one number, which outlives the call.
    let done = unsafe { libc::ioctl(root.as_raw_fd(), SHUTDOWN, &raw const without_writing) };
    check(done.into())
}

fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

fn new_fd(fd: libc::c_long) -> io::Result<OwnedFd> {
    check(fd)?;
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn check(result: libc::c_long) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
