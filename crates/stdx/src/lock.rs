//! A lock among processes, by a file. The kernel frees it when its holder dies, however it dies.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

/// Held until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: Flock<File>,
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

    fn lock(path: &Path, how: FlockArg) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match Flock::lock(file, how) {
            Ok(file) => Ok(Self { _file: file }),
            Err((_, errno)) => Err(errno.into()),
        }
    }
}
