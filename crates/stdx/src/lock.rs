//! A lock among processes, by a file. The kernel frees it when its holder dies, however it dies.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

/// Held until it is dropped, here and in every process that was given it.
#[derive(Debug)]
pub struct FileLock {
    file: Held,
}

#[derive(Debug)]
enum Held {
    Taken(Flock<File>),
    /// Its locks go when its last descriptor is closed.
    Inherited(File),
}

impl FileLock {
    /// Waits for the lock. Blocks the thread: call it where that is fine.
    pub fn wait(path: &Path) -> io::Result<Self> {
        Self::lock(path, FlockArg::LockExclusive)
    }

    /// Takes the lock, or `None` when somebody else holds it.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        match Self::lock(path, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits for a share of the lock, which many may have while nobody has it alone. Blocks the
    /// thread.
    pub fn share(path: &Path) -> io::Result<Self> {
        Self::lock(path, FlockArg::LockShared)
    }

    /// A lock that another process took and gave to this one, open.
    pub fn inherited(fd: OwnedFd) -> Self {
        Self { file: Held::Inherited(File::from(fd)) }
    }

    /// The locked file.
    pub fn file(&self) -> &File {
        match &self.file {
            Held::Taken(file) => file,
            Held::Inherited(file) => file,
        }
    }

    fn lock(path: &Path, how: FlockArg) -> io::Result<Self> {
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        match Flock::lock(file, how) {
            Ok(file) => Ok(Self { file: Held::Taken(file) }),
            Err((_, errno)) => Err(errno.into()),
        }
    }
}

impl AsFd for FileLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file().as_fd()
    }
}
