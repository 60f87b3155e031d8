//! Files of the file system that this process sees. Whoever searches what is hostile runs inside,
//! where every path leads to something inside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::tree::{Entry, Kind, Tree};

#[derive(Debug)]
pub(crate) struct Disk {
    /// Whose rules are the last ones that count.
    pub top: PathBuf,
}

impl Tree for Disk {
    fn root(&self, path: &Path) -> io::Result<(PathBuf, Kind)> {
        let path = fs::canonicalize(path)?;
        if is_of_the_kernel(&path) {
            let why = "what the kernel shows of itself isn't searched";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let kind = kind(fs::symlink_metadata(&path)?.file_type());
        Ok((path, kind))
    }

    fn list(&self, folder: &Path, entries_max: usize) -> io::Result<Vec<Entry>> {
        if is_of_the_kernel(folder) {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(folder)?.take(entries_max);
        // One that goes meanwhile is none.
        let found = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            Some(Entry { name: entry.file_name(), kind: kind(entry.file_type().ok()?) })
        });
        Ok(found.collect())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>> {
        // A pipe or a device in its place must neither wait nor do anything.
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        regular(file).map(|file| Box::new(file) as Box<dyn Read>)
    }

    fn is_top(&self, folder: &Path) -> bool {
        folder == self.top || folder.parent().is_none()
    }
}

fn regular(file: File) -> io::Result<File> {
    let is_file = file.metadata()?.file_type().is_file();
    if is_file { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

fn kind(of: fs::FileType) -> Kind {
    match of {
        of if of.is_dir() => Kind::Folder,
        of if of.is_file() => Kind::File,
        _ => Kind::Other,
    }
}

/// `/proc` and its like: their files have no end, or do something when they are read.
#[cfg(target_os = "linux")]
fn is_of_the_kernel(folder: &Path) -> bool {
    use nix::sys::statfs::{self, FsType};
    const KERNELS: [FsType; 7] = [
        statfs::PROC_SUPER_MAGIC,
        statfs::SYSFS_MAGIC,
        statfs::CGROUP_SUPER_MAGIC,
        statfs::CGROUP2_SUPER_MAGIC,
        statfs::DEVPTS_SUPER_MAGIC,
        statfs::DEBUGFS_MAGIC,
        statfs::TRACEFS_MAGIC,
    ];
    statfs::statfs(folder).is_ok_and(|found| KERNELS.contains(&found.filesystem_type()))
}

#[cfg(not(target_os = "linux"))]
fn is_of_the_kernel(_folder: &Path) -> bool {
    false
}
