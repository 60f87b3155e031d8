//! Leaves a process nothing of any file system but one folder. Needs a mount namespace of its own.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, umount2};
use nix::sys::stat::{Mode, fstat, stat};
use nix::unistd::{chdir, fchdir, pivot_root};

use crate::namespaces::step::{Step, Steps};
use crate::namespaces::sys;

/// Gives the folder, by its new name.
pub fn enter(folder: &OwnedFd) -> Result<OwnedFd, Step> {
    let path = path_of(folder).step("find the layer")?;
    // Only a mount can become the root.
    let tree = sys::clone_tree(&path).step("take the layer")?;
    sys::attach_tree(&tree, &path).step("attach the layer")?;
    fchdir(&tree).step("enter the layer")?;
    let here = Path::new(".");
    pivot_root(here, here).step("pivot_root")?;
    umount2(here, MntFlags::MNT_DETACH).step("let the host's files go")?;
    chdir("/").step("enter the root")?;
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    open("/", flags, Mode::empty()).step("open the layer")
}

/// It was opened in another mount namespace, of whose mounts none can be taken; here the same
/// folder has the same path.
fn path_of(folder: &OwnedFd) -> io::Result<PathBuf> {
    let path = fs::read_link(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
    let (here, there) = (stat(&path)?, fstat(folder)?);
    if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino) {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(path)
}
