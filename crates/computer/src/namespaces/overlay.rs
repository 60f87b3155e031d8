//! Mounts an overlay. By the kernel's newer interface, which takes any number of layers and says
//! more of why it refuses; where that isn't there, by the older one, whose options must fit into one page:
//! so each layer is named by the number of its descriptor.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount as mount_by_page};
use nix::sys::stat::Mode;

use super::plan::User;
use super::step::{Step, Steps};
use super::sys::{self, NewMount};

/// All paths are relative to the current folder, so that their parents' names don't matter.
#[derive(Debug)]
pub struct Overlay<'a> {
    /// Highest first. Without a private layer there must be two.
    pub lower: &'a [PathBuf],
    pub private: Option<Private>,
    pub user: User,
}

/// What is written goes here. Nothing waits for the disk: a power cut may lose what the kernel
/// hadn't written by itself, as it does within half a minute; see `docs/decisions/0022-resume.md`.
#[derive(Debug)]
pub struct Private {
    pub upper: PathBuf,
    /// On the same file system, for the kernel.
    pub work: PathBuf,
}

pub const MOUNT_OVERLAY: &str = "mount overlay";

/// Mounts it on `target`, without device nodes or set-id programs.
pub fn mount(overlay: &Overlay, target: &Path) -> Result<(), Step> {
    match mount_new(overlay, target) {
        Err(error) if lacks_the_interface(&error) => mount_old(overlay, target),
        done => done,
    }
}

/// `lowerdir+` came later than the interface itself, and is refused without a word before.
fn lacks_the_interface(error: &Step) -> bool {
    error.errno == libc::ENOSYS || (error.errno == libc::EINVAL && error.name == ADD_LAYER)
}

const ADD_LAYER: &str = "mount overlay: add a layer";

fn mount_new(overlay: &Overlay, target: &Path) -> Result<(), Step> {
    let new = NewMount::open(c"overlay").step(MOUNT_OVERLAY)?;
    let told = |error| told(&new, MOUNT_OVERLAY, error);
    for layer in overlay.lower {
        new.set("lowerdir+", layer).map_err(|error| self::told(&new, ADD_LAYER, error))?;
    }
    if let Some(private) = &overlay.private {
        new.set("upperdir", &private.upper).map_err(told)?;
        new.set("workdir", &private.work).map_err(told)?;
        new.flag("volatile").map_err(told)?;
    }
    match mode(overlay) {
        (name, "") => new.flag(name),
        (name, value) => new.set(name, value.as_ref()),
    }
    .map_err(told)?;
    let tree = new.create().map_err(told)?;
    sys::attach_tree(&tree, target).step(MOUNT_OVERLAY)
}

/// Root may let folders of lower layers be renamed, an ordinary user may not. Without a private
/// layer, what was renamed is only followed.
fn mode(overlay: &Overlay) -> (&'static str, &'static str) {
    match (overlay.user, &overlay.private) {
        (User::Ordinary { .. }, _) => ("userxattr", ""),
        (User::Root, Some(_)) => ("redirect_dir", "on"),
        (User::Root, None) => ("redirect_dir", "follow"),
    }
}

/// A refusal with what the kernel says of it, if it says anything here and not in its own log.
fn told(new: &NewMount, step: &str, error: io::Error) -> Step {
    let name = match new.log().as_slice() {
        [] => step.to_owned(),
        lines => format!("{MOUNT_OVERLAY} ({})", lines.join("; ")),
    };
    Step { name, errno: error.raw_os_error().unwrap_or(libc::EIO) }
}

fn mount_old(overlay: &Overlay, target: &Path) -> Result<(), Step> {
    let hold = |path: &Path| hold(path).step(MOUNT_OVERLAY);
    let lower = overlay.lower.iter().map(|path| hold(path)).collect::<Result<Vec<_>, _>>()?;
    let numbers: Vec<_> = lower.iter().map(|layer| layer.as_raw_fd().to_string()).collect();
    let mut options = format!("lowerdir={}", numbers.join(":"));
    let mut held = Vec::new();
    if let Some(private) = &overlay.private {
        let (upper, work) = (hold(&private.upper)?, hold(&private.work)?);
        let (upper_number, work_number) = (upper.as_raw_fd(), work.as_raw_fd());
        options.push_str(&format!(",upperdir={upper_number},workdir={work_number}"));
        options.push_str(",volatile");
        held.extend([upper, work]);
    }
    match mode(overlay) {
        (name, "") => options.push_str(&format!(",{name}")),
        (name, value) => options.push_str(&format!(",{name}={value}")),
    }
    let here = File::open(".").step(MOUNT_OVERLAY)?;
    let target = hold(target)?;
    nix::unistd::chdir("/proc/self/fd").step(MOUNT_OVERLAY)?;
    let (kind, target) = (Some("overlay"), target.as_raw_fd().to_string());
    let powerless = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let done = mount_by_page(kind, &*target, kind, powerless, Some(&*options));
    nix::unistd::fchdir(&here).step(MOUNT_OVERLAY)?;
    done.step(MOUNT_OVERLAY)
}

fn hold(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?)
}

#[cfg(test)]
mod tests;
