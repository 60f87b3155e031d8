//! A lock among processes, by a file. The kernel frees it when its holder dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Held until it is dropped, here and in every process that it was given to.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    /// Whether dropping it frees it at once, or only with its last open descriptor.
    frees: bool,
}

impl FileLock {
    /// Waits for the lock. Blocks the thread: call it where that is fine.
    pub fn wait(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        file.lock()?;
        Ok(Self { file, frees: true })
    }

    /// Takes the lock, or `None` when somebody else holds it.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        Ok(is_free(file.try_lock())?.then_some(Self { file, frees: true }))
    }

    /// Whether somebody has the lock alone, right now.
    pub fn is_taken(path: &Path) -> io::Result<bool> {
        Ok(!is_free(open(path)?.try_lock_shared())?)
    }

    /// Waits for a share of the lock, which many may have while nobody has it alone. Blocks the
    /// thread.
    pub fn share(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        file.lock_shared()?;
        Ok(Self { file, frees: true })
    }

    /// A lock that another process took and gave to this one, open.
    pub fn inherited(fd: OwnedFd) -> Self {
        Self { file: File::from(fd), frees: true }
    }

    /// Lets go of it here, and not in the process that it was given to.
    pub fn give_away(mut self) {
        self.frees = false;
    }

    /// The locked file.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if self.frees {
            // Closing frees it too, but for a program that is just being started from here.
            let _closed_next = self.file.unlock();
        }
    }
}

impl AsFd for FileLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)
}

fn is_free(tried: Result<(), TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_one_holders_until_its_last_descriptor_is_closed() {
        let path = std::env::temp_dir().join(format!("whimbrel-lock-{}", std::process::id()));
        let lock = FileLock::try_take(&path).unwrap().unwrap();
        assert!(FileLock::is_taken(&path).unwrap());
        assert!(FileLock::try_take(&path).unwrap().is_none());

        let given = FileLock::inherited(lock.as_fd().try_clone_to_owned().unwrap());
        lock.give_away();
        assert!(FileLock::is_taken(&path).unwrap(), "it went with who gave it away");
        drop(given);
        assert!(!FileLock::is_taken(&path).unwrap());
        let _share = FileLock::share(&path).unwrap();
        assert!(
            !FileLock::is_taken(&path).unwrap() && FileLock::try_take(&path).unwrap().is_none()
        );
        std::fs::remove_file(&path).unwrap();
    }
}
