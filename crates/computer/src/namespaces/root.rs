//! A computer's file system: made by its init, before anything foreign runs.
//!
//! Everything of the host is taken as a detached copy of its mount first, and attached only when
//! the overlay is our root and the host's is gone: so a snapshot's symbolic links, which are
//! hostile data, lead nowhere but into the computer.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::Mode;

use super::overlay::{self, Overlay};
use super::plan::{COMPUTER_UID, Plan, Private, User};
use super::step::{Step, Steps};
use super::sys::{self, Devices};
use super::wire;

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("pts/ptmx", "/dev/ptmx"),
];
/// Of `/proc`: what speaks about or to the whole machine. Made read-only.
const PROC_READ_ONLY: [&str; 6] = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi"];
/// Of `/proc`: covered with `/dev/null`.
const PROC_HIDDEN: [&str; 5] = ["kcore", "keys", "timer_list", "latency_stats", "sched_debug"];
/// For `/run`, which has sockets and locks.
const RUN_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Files and folders in one tmpfs; each costs the kernel about 1 KiB.
const TMPFS_INODES_MAX: u32 = 200_000;

/// A handle on `/proc/sys` from before it was made read-only.
pub type ProcSys = OwnedFd;

/// Makes the root file system of `plan` and moves into it.
pub fn build(plan: &Plan, socket: &OwnedFd) -> Result<ProcSys, Step> {
    let nothing: Option<&str> = None;
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)
        .step("keep mounts private")?;
    let binds = clone_binds(plan)?;
    let devices = clone_devices()?;
    let disk = disk(plan, socket)?;
    mount_overlay(plan, disk.as_ref())?;
    drop(disk);
    nix::unistd::pivot_root(".", ".").step("pivot_root")?;
    real_folder(Path::new("/proc")).step("find /proc")?;
    mount_with("proc", "/proc", MsFlags::MS_NOEXEC, "").step("mount proc")?;
    // Only now, since a user namespace may mount proc only where one is seen; but before any path
    // of a snapshot is walked: past `/proc/self/cwd/..` lie the host's files until they are gone.
    umount2(".", MntFlags::MNT_DETACH).step("let the host's files go")?;
    nix::unistd::chdir("/").step("enter the root")?;
    attach(&binds)?;
    mount_dev(plan, &devices)?;
    mount_temporary(plan)?;
    let proc_sys = nix::fcntl::open("/proc/sys", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .step("open /proc/sys")?;
    mask_proc()?;
    Ok(proc_sys)
}

/// A link there could lead a mount onto the host's files, which still lie on our root.
fn real_folder(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        Ok(())
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

/// The supervisor prepares it while all else is made.
fn disk(plan: &Plan, socket: &OwnedFd) -> Result<Option<OwnedFd>, Step> {
    match plan.private {
        Private::Folder => Ok(None),
        Private::Disk => {
            let handed = wire::receive::<()>(socket).step("get its disk")?;
            let disk = handed.and_then(|handed| handed.fds.into_iter().next());
            disk.ok_or(io::ErrorKind::UnexpectedEof).map(Some).step("get its disk")
        }
    }
}

fn clone_binds(plan: &Plan) -> Result<Vec<(OwnedFd, PathBuf)>, Step> {
    let mut trees = Vec::new();
    for bind in &plan.binds {
        let what = || format!("take {}", bind.source.display());
        let tree = sys::clone_tree(&bind.source).step(what())?;
        sys::seal_tree(&tree, Devices::Dead).step(what())?;
        trees.push((tree, bind.target.clone()));
    }
    Ok(trees)
}

fn clone_devices() -> Result<Vec<(OwnedFd, PathBuf)>, Step> {
    let mut trees = Vec::new();
    for name in DEVICES {
        let path = Path::new("/dev").join(name);
        let tree = sys::clone_tree(&path).step(format!("take /dev/{name}"))?;
        sys::seal_tree(&tree, Devices::Live).step(format!("take /dev/{name}"))?;
        trees.push((tree, path));
    }
    Ok(trees)
}

/// `disk` is where the private layer lies, if that isn't in a folder.
fn mount_overlay(plan: &Plan, disk: Option<&OwnedFd>) -> Result<(), Step> {
    nix::unistd::chdir(&plan.home).step("enter whimbrel's home")?;
    if let Some(disk) = disk {
        sys::attach_tree(disk, &plan.computer.join("disk")).step("attach its disk")?;
    }
    let root = plan.computer.join("root");
    let (lower, private, user) = (&plan.lower, Some(private(plan)), plan.user);
    overlay::mount(&Overlay { lower, private, user }, &root)?;
    nix::unistd::chdir(&root).step("enter the overlay")
}

fn private(plan: &Plan) -> overlay::Private {
    let (upper, work) = match plan.private {
        Private::Folder => ("layer/tree", "work"),
        Private::Disk => ("disk/upper", "disk/work"),
    };
    overlay::Private { upper: plan.computer.join(upper), work: plan.computer.join(work) }
}

const NOTHING_SPECIAL: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV);

fn mount_with(kind: &str, target: &str, flags: MsFlags, options: &str) -> nix::Result<()> {
    mount(Some(kind), target, Some(kind), NOTHING_SPECIAL | flags, Some(options))
}

fn attach(trees: &[(OwnedFd, PathBuf)]) -> Result<(), Step> {
    for (tree, target) in trees {
        sys::attach_tree(tree, target).step(format!("show {}", target.display()))?;
    }
    Ok(())
}

fn mount_dev(plan: &Plan, devices: &[(OwnedFd, PathBuf)]) -> Result<(), Step> {
    mount_tmpfs(plan, "/dev", 1024 * 1024, "0755").step("mount /dev")?;
    for (_, path) in devices {
        File::create(path).step(format!("make {}", path.display()))?;
    }
    attach(devices)?;
    for (to, link) in DEVICE_LINKS {
        symlink(to, link).step(format!("link {link}"))?;
    }
    fs::create_dir("/dev/pts").step("make /dev/pts")?;
    // Terminals are devices, so this is the one file system that may have some.
    let (flags, kind) = (MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC, Some("devpts"));
    let options = "newinstance,ptmxmode=0666,mode=0620,max=256";
    mount(kind, "/dev/pts", kind, flags, Some(options)).step("mount /dev/pts")?;
    fs::create_dir("/dev/shm").step("make /dev/shm")?;
    mount_tmpfs(plan, "/dev/shm", plan.memory_bytes / 4, "1777").step("mount /dev/shm")
}

fn mount_temporary(plan: &Plan) -> Result<(), Step> {
    mount_tmpfs(plan, "/tmp", plan.memory_bytes / 2, "1777").step("mount /tmp")?;
    let run_bytes = RUN_BYTES_MAX.min(plan.memory_bytes / 8);
    mount_tmpfs(plan, "/run", run_bytes, "0755").step("mount /run")
}

/// Owned by who is root inside: as real root, that is not yet us.
fn mount_tmpfs(plan: &Plan, target: &str, bytes: u64, mode: &str) -> nix::Result<()> {
    let owner = match plan.user {
        User::Root => COMPUTER_UID,
        User::Ordinary { uid, .. } => uid,
    };
    let inodes = TMPFS_INODES_MAX;
    let options = format!("size={bytes},nr_inodes={inodes},mode={mode},uid={owner},gid={owner}");
    mount_with("tmpfs", target, MsFlags::empty(), &options)
}

/// What a kernel doesn't have can't be masked, and needn't be.
fn mask_proc() -> Result<(), Step> {
    for name in PROC_READ_ONLY {
        let path = Path::new("/proc").join(name);
        cover(&path, &path).step(format!("make /proc/{name} read-only"))?;
    }
    for name in PROC_HIDDEN {
        cover(Path::new("/dev/null"), &Path::new("/proc").join(name))
            .step(format!("hide /proc/{name}"))?;
    }
    Ok(())
}

fn cover(with: &Path, path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let tree = sys::clone_tree(with)?;
    sys::seal_tree(&tree, Devices::Dead)?;
    sys::attach_tree(&tree, path)
}
