//! The file of our own program, as it can be reached from inside.
//!
//! The nursery, each init and each of their children are this program until they run another, and
//! `/proc/self/exe` leads a link of a computer to its file, past everything that hides the host's
//! files. An ordinary user's computers have that user's id, whose file it often is: a program
//! inside could make it set-id. So there the nursery starts itself once more, from a read-only
//! mount of the file that is in no folder. Where whimbrel is root, no id inside owns anything.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::statvfs::{FsFlags, fstatvfs};

use super::ids;
use super::nursery::HELPER_ARGUMENT;
use super::plan::User;
use super::step::{Step, Steps};
use super::sys::{self, Devices};

const OURSELVES: &str = "/proc/self/exe";
/// In lists of processes.
pub const NURSERY_NAME: &str = "whimbrel-computer";

/// To be called first of all, while standard input is what we were given: where that has to be,
/// this process begins anew, and then it returns.
pub fn shield() -> Result<(), Step> {
    match User::current() {
        User::Root => Ok(()),
        User::Ordinary { .. } if is_read_only() => Ok(()),
        User::Ordinary { uid, gid } => again(uid, gid),
    }
}

/// Whether the mount that we were started from is.
fn is_read_only() -> bool {
    let flags = File::open(OURSELVES).map(|file| fstatvfs(&file).map(|found| found.flags()));
    matches!(flags, Ok(Ok(flags)) if flags.contains(FsFlags::ST_RDONLY))
}

/// In a user namespace for the power over mounts, which goes when the program starts. It has no
/// root: that would be an ordinary user's own id, and what is hidden of a process belongs to the
/// root of where its program started.
fn again(uid: u32, gid: u32) -> Result<(), Step> {
    let path = std::env::current_exe().step("find its own program")?;
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
        .step("unshare the user namespace")?;
    ids::map_one((uid, uid), (gid, gid))?;
    let what = || format!("take {}", path.display());
    let tree = sys::clone_tree(&path).step(what())?;
    sys::seal_tree(&tree, Devices::Dead).step(what())?;
    Err(start(&tree)).step(format!("start {} again", path.display()))
}

/// Returns only where that failed.
fn start(tree: &OwnedFd) -> std::io::Error {
    let words = [NURSERY_NAME, HELPER_ARGUMENT].map(CString::new);
    let program = CString::new(format!("/proc/self/fd/{}", tree.as_raw_fd()));
    match (program, words) {
        (Ok(program), [Ok(name), Ok(argument)]) => sys::exec(&program, &[name, argument], &[]),
        _no_zero_is_in_them => Errno::EINVAL.into(),
    }
}
