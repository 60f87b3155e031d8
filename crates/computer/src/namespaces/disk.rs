//! What holds a computer's disk. As root a private layer that is to be thrown away lies on a small
//! file system of its own, which is full when it is full. Everything else is looked at several
//! times a second (see [`watch`]). Knows nothing of overlays.

mod device;
mod image;
pub mod watch;

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use domain::Limits;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use self::image::Image;
use super::plan::{Private, User};
use super::sys::{self, NewMount};
use crate::Layer;

/// What holds the limits of bytes and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskBy {
    /// A file system of each computer's own: more than its limit can't be written.
    Image,
    /// A look at what it has several times a second; it is stopped when that is too much. A layer
    /// that is to be kept is held so everywhere.
    Watch,
}

/// Where disks come from.
#[derive(Debug)]
pub struct Disks {
    folder: PathBuf,
    user: User,
    /// Why there are none; found by making one.
    works: OnceLock<Result<(), String>>,
    spare: Mutex<Spare>,
}

/// One disk that is made before it is wanted, since that takes as long as all else of a computer.
/// It costs 72 KiB, and is gone with this process.
#[derive(Debug)]
enum Spare {
    /// Nobody wants any.
    Never,
    None,
    /// Somebody is at it.
    Making,
    Ready(Image, Disk),
}

impl Disks {
    pub fn new(home: &Path, user: User) -> Self {
        Self {
            folder: home.join("disks"),
            user,
            works: OnceLock::new(),
            spare: Mutex::new(Spare::None),
        }
    }

    pub fn by(&self) -> DiskBy {
        if self.lack().is_none() { DiskBy::Image } else { DiskBy::Watch }
    }

    /// Why computers here have no disks of their own, if they haven't.
    pub fn lack(&self) -> Option<&str> {
        let works = self.works.get_or_init(|| self.attempt(&Limits::default()).map(drop));
        works.as_ref().err().map(String::as_str)
    }

    fn attempt(&self, limits: &Limits) -> Result<Disk, String> {
        match self.user {
            User::Ordinary { .. } => Err("only root may mount a file system of files".into()),
            User::Root => self.make(limits).map_err(|error| error.to_string()),
        }
    }

    /// Where a computer's private layer is to lie. The first disk that works is for use.
    pub fn choose(&self, layer: Layer, limits: &Limits) -> (Private, Option<Disk>) {
        match layer {
            Layer::Scratch => {}
            Layer::Build | Layer::Durable => return (Private::Folder, None),
        }
        let mut first = None;
        let works = self.works.get_or_init(|| self.attempt(limits).map(|disk| first = Some(disk)));
        match works {
            Ok(()) => (Private::Disk, first),
            Err(_) => (Private::Folder, None),
        }
    }

    /// The spare one, if it is as large as this.
    pub fn take(&self, limits: &Limits) -> Option<Disk> {
        let wanted = Image::of(limits, &self.folder);
        let mut spare = self.spare();
        let found = matches!(&*spare, Spare::Ready(image, _) if *image == wanted);
        match found.then(|| std::mem::replace(&mut *spare, Spare::None)) {
            Some(Spare::Ready(_, disk)) => Some(disk),
            Some(Spare::Never | Spare::None | Spare::Making) | None => None,
        }
    }

    /// Makes the next spare one, of the size that was wanted last.
    pub fn refill(&self, limits: &Limits) {
        let image = Image::of(limits, &self.folder);
        let old = {
            let mut spare = self.spare();
            match &*spare {
                Spare::Never | Spare::Making => return,
                Spare::Ready(ready, _) if *ready == image => return,
                Spare::None | Spare::Ready(..) => std::mem::replace(&mut *spare, Spare::Making),
            }
        };
        drop(old);
        // One that can't be made is told to whoever wants one next.
        let made = self.make(limits);
        let mut spare = self.spare();
        if matches!(&*spare, Spare::Making) {
            *spare = made.map_or(Spare::None, |disk| Spare::Ready(image, disk));
        }
    }

    /// Makes none in advance any more.
    pub fn without_spare(&self) {
        *self.spare() = Spare::Never;
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        // Nothing panics while holding it.
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty one, mounted, but nowhere to be seen.
    pub fn make(&self, limits: &Limits) -> io::Result<Disk> {
        fs::create_dir_all(&self.folder)?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        let image = Image::of(limits, &self.folder).copy()?;
        let (_device, path) = device::attach(&image)?;
        Ok(Disk { mount: mount(&path)? })
    }
}

/// There is no journal, nothing waits for the disk, and no thread prepares what may never be used:
/// it ends with its computer, and what is to stay is copied out of it first.
fn mount(device: &Path) -> io::Result<OwnedFd> {
    let new = NewMount::open(c"ext4")?;
    new.set("source", device)?;
    new.set("errors", Path::new("remount-ro"))?;
    for flag in ["nobarrier", "noauto_da_alloc", "noinit_itable"] {
        new.flag(flag)?;
    }
    new.create().map_err(|error| io::Error::new(error.kind(), new.log().join("; ")))
}

/// A disk, there as long as it or its computer's mounts are.
#[derive(Debug)]
pub struct Disk {
    mount: OwnedFd,
}

impl Disk {
    pub fn mount(&self) -> BorrowedFd<'_> {
        self.mount.as_fd()
    }

    /// The private layer.
    pub fn upper(&self) -> io::Result<OwnedFd> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(openat(&self.mount, "upper", flags, Mode::empty())?)
    }

    /// Lets go of what isn't written yet, since nobody is going to read it.
    pub fn discard(self) -> io::Result<()> {
        let root = openat(&self.mount, ".", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
        sys::shut_down_file_system(&File::from(root))
    }
}
