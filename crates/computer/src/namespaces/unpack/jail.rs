//! Leaves a process nothing of any file system but one folder. Needs a mount namespace of its own.

use std::os::fd::OwnedFd;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, umount2};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, fchdir, pivot_root};

use crate::namespaces::step::{Step, Steps};
use crate::namespaces::sys;

/// Gives the folder, by its new name.
pub fn enter(folder: &OwnedFd) -> Result<OwnedFd, Step> {
    let here = Path::new(".");
    fchdir(folder).step("enter the layer")?;
    // Only a mount can become the root.
    let tree = sys::clone_tree(here).step("take the layer")?;
    sys::attach_tree(&tree, here).step("attach the layer")?;
    fchdir(&tree).step("enter the layer")?;
    pivot_root(here, here).step("pivot_root")?;
    umount2(here, MntFlags::MNT_DETACH).step("let the host's files go")?;
    chdir("/").step("enter the root")?;
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    open("/", flags, Mode::empty()).step("open the layer")
}
