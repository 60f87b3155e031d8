//! What is searched: folders with names in them, and files that can be read.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    /// A link, a device, a pipe, a socket.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: OsString,
    pub kind: Kind,
}

pub(crate) trait Tree {
    /// Where a search that was asked to begin at `path` does; here links are followed.
    fn root(&self, path: &Path) -> io::Result<(PathBuf, Kind)>;

    /// At most `entries_max`, in no order.
    fn list(&self, folder: &Path, entries_max: usize) -> io::Result<Vec<Entry>>;

    /// A regular file; all else is an error, and none keeps anybody waiting.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>>;

    /// Whether this is the topmost folder whose rules count.
    fn is_top(&self, folder: &Path) -> bool;
}

/// A file that can't be read any more after a time.
pub(crate) struct Timed<'a, R> {
    pub inner: R,
    pub until: Instant,
    /// Whether it was.
    pub late: &'a Cell<bool>,
}

impl<R: Read> Read for Timed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.until {
            self.late.set(true);
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.inner.read(buffer)
    }
}
