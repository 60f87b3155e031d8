//! Copies a hostile tree as it is: owners, modes, times, holes, hard links, whiteouts and what
//! overlays have noted, into a folder of ours. Shares the data where the file system can.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, copy_file_range, openat, readlinkat};
use nix::sys::stat::{
    FileStat, Mode, SFlag, UtimensatFlags, fchmod, fstat, futimens, mkdirat, mknodat, utimensat,
};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, LinkatFlags, Uid, fchown, fchownat, ftruncate, linkat, symlinkat};

use super::super::step::{Step, Steps};
use super::Answer;
use super::node::{self, Kind};
use super::walk::{Entry, Place, Visit, Walk, open_folder};

/// Where one file system can't copy for us.
const PIECE_BYTES: usize = 128 * 1024;
const COPY_BYTES_MAX: usize = 1 << 30;

pub fn tree(from: &OwnedFd, to: &OwnedFd) -> Result<Answer, Step> {
    let mut walk = Walk::new(from)?;
    let mut target = Target::new(to).step("open the copy")?;
    let top = fstat(from).step("look at the layer")?;
    target.attributes(&walk.folder(), &top).step("copy the top folder")?;
    while let Some(visit) = walk.next()? {
        match visit {
            Visit::Enter(entry) => {
                let made = target.enter(&walk.folder(), &entry);
                walk.at(Place::Folder, made, "copy")?;
            }
            Visit::Leaf(entry) => {
                let copied = target.leaf(walk.folder(), &entry);
                walk.at(Place::In(&entry), copied, "copy")?;
            }
            Visit::Leave(entry) => {
                let left = target.leave(&entry);
                walk.at(Place::In(&entry), left, "copy")?;
            }
        }
    }
    target.finish(&top).step("copy the top folder")?;
    Ok(Answer::Done)
}

/// What is being made, and where in it we are.
pub struct Target {
    top: OwnedFd,
    below: Vec<(CString, OwnedFd)>,
    /// The first name of each file that has several: names from the top.
    linked: HashMap<(u64, u64), Vec<CString>>,
}

impl Target {
    pub fn new(top: &OwnedFd) -> io::Result<Self> {
        let top = open_folder(top, c".")?;
        Ok(Self { top, below: Vec::new(), linked: HashMap::new() })
    }

    pub fn folder(&self) -> BorrowedFd<'_> {
        self.below.last().map_or(&self.top, |(_, folder)| folder).as_fd()
    }

    /// Makes a folder like `source`, and goes into it.
    pub fn enter(&mut self, source: &impl AsFd, entry: &Entry) -> io::Result<()> {
        mkdirat(self.folder(), entry.name.as_c_str(), Mode::S_IRWXU)?;
        let folder = open_folder(&self.folder(), &entry.name)?;
        self.below.push((entry.name.clone(), folder));
        self.attributes(source, &entry.stat)
    }

    /// Of the folder that we are in: all but its times, which change with what is put into it.
    pub fn attributes(&self, source: &impl AsFd, stat: &FileStat) -> io::Result<()> {
        set_attributes(&self.folder(), source, stat)
    }

    /// Its times are the last thing of a folder.
    pub fn leave(&mut self, entry: &Entry) -> io::Result<()> {
        match self.below.pop() {
            Some((_, folder)) => set_times(&folder, &entry.stat),
            None => Ok(()),
        }
    }

    /// The times of the top folder.
    pub fn finish(&self, stat: &FileStat) -> io::Result<()> {
        set_times(&self.top, stat)
    }

    /// Copies anything but a folder.
    pub fn leaf(&mut self, source: BorrowedFd, entry: &Entry) -> io::Result<()> {
        let (name, stat) = (entry.name.as_c_str(), &entry.stat);
        match Kind::of(stat) {
            Kind::File => self.file(source, entry),
            Kind::Link => {
                let target = readlinkat(source, name)?;
                symlinkat(target.as_os_str(), self.folder(), name)?;
                self.own(name, stat)
            }
            Kind::Whiteout => Ok(self.whiteout(name)?),
            Kind::Pipe => self.special(name, SFlag::S_IFIFO, stat),
            Kind::Socket => self.special(name, SFlag::S_IFSOCK, stat),
            // No computer could have made or used it.
            Kind::Device | Kind::Folder => Err(io::Error::from_raw_os_error(libc::EPERM)),
        }
    }

    pub fn whiteout(&self, name: &CStr) -> nix::Result<()> {
        mknodat(self.folder(), name, SFlag::S_IFCHR, Mode::empty(), 0)
    }

    fn special(&self, name: &CStr, kind: SFlag, stat: &FileStat) -> io::Result<()> {
        mknodat(self.folder(), name, kind, mode(stat), 0)?;
        self.own(name, stat)
    }

    /// Owner and times of what can't be opened.
    fn own(&self, name: &CStr, stat: &FileStat) -> io::Result<()> {
        let (uid, gid) = owner(stat);
        fchownat(self.folder(), name, uid, gid, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let (accessed, modified) = times(stat);
        let not_beyond = UtimensatFlags::NoFollowSymlink;
        Ok(utimensat(self.folder(), name, &accessed, &modified, not_beyond)?)
    }

    fn file(&mut self, source: BorrowedFd, entry: &Entry) -> io::Result<()> {
        let (name, stat) = (&entry.name, &entry.stat);
        if stat.st_nlink > 1 {
            if let Some(first) = self.linked.get(&(stat.st_dev, stat.st_ino)) {
                return self.link(first, name);
            }
            let folders = self.below.iter().map(|(folder, _)| folder.clone());
            let path = folders.chain([name.clone()]).collect();
            self.linked.insert((stat.st_dev, stat.st_ino), path);
        }
        let from = node::open_file(source, name, stat)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        let to = openat(self.folder(), name.as_c_str(), flags | OFlag::O_CLOEXEC, Mode::S_IRWXU)?;
        copy_data(&from, &to, stat.st_size.cast_unsigned())?;
        set_attributes(&to, &from, stat)?;
        set_times(&to, stat)
    }

    /// Folder by folder, since all names together may be longer than a path.
    fn link(&self, first: &[CString], name: &CStr) -> io::Result<()> {
        let (last, folders) = first.split_last().ok_or(io::ErrorKind::NotFound)?;
        let mut folder = open_folder(&self.top, c".")?;
        for name in folders {
            folder = open_folder(&folder, name)?;
        }
        Ok(linkat(&folder, last.as_c_str(), self.folder(), name, LinkatFlags::empty())?)
    }
}

fn owner(stat: &FileStat) -> (Option<Uid>, Option<Gid>) {
    (Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)))
}

fn mode(stat: &FileStat) -> Mode {
    Mode::from_bits_truncate(stat.st_mode)
}

fn times(stat: &FileStat) -> (TimeSpec, TimeSpec) {
    let accessed = TimeSpec::new(stat.st_atime, stat.st_atime_nsec);
    (accessed, TimeSpec::new(stat.st_mtime, stat.st_mtime_nsec))
}

fn set_times(target: &impl AsFd, stat: &FileStat) -> io::Result<()> {
    let (accessed, modified) = times(stat);
    Ok(futimens(target, &accessed, &modified)?)
}

/// The owner first: changing it takes set-id bits and capabilities away.
fn set_attributes(target: &impl AsFd, source: &impl AsFd, stat: &FileStat) -> io::Result<()> {
    let (uid, gid) = owner(stat);
    fchown(target, uid, gid)?;
    fchmod(target, mode(stat))?;
    for (name, value) in node::attributes(source)? {
        node::set_attribute(target, &name, &value)?;
    }
    Ok(())
}

/// Holes stay holes.
fn copy_data(from: &OwnedFd, to: &OwnedFd, size: u64) -> io::Result<()> {
    if share(from, to) {
        return Ok(());
    }
    let mut offset = 0;
    while let Some((begin, end)) = node::next_data(from, offset)? {
        copy_range(from, to, begin, end.min(size))?;
        if end >= size {
            break;
        }
        offset = end;
    }
    Ok(ftruncate(to, size.cast_signed())?)
}

/// Where the file system can have the same blocks in two files.
fn share(from: &OwnedFd, to: &OwnedFd) -> bool {
    // SAFETY: takes and gives numbers only.
    unsafe { libc::ioctl(to.as_raw_fd(), libc::FICLONE, from.as_raw_fd()) == 0 }
}

fn copy_range(from: &OwnedFd, to: &OwnedFd, begin: u64, end: u64) -> io::Result<()> {
    let (mut reading, mut writing) = (begin.cast_signed(), begin.cast_signed());
    while reading < end.cast_signed() {
        let left = usize::try_from(end.cast_signed() - reading).unwrap_or(COPY_BYTES_MAX);
        let length = left.min(COPY_BYTES_MAX);
        match copy_file_range(from, Some(&mut reading), to, Some(&mut writing), length) {
            // It became shorter while it was copied.
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::EXDEV | Errno::EOPNOTSUPP | Errno::EINVAL | Errno::ENOSYS) => {
                return copy_by_hand(from, to, reading.cast_unsigned(), end);
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn copy_by_hand(from: &OwnedFd, to: &OwnedFd, begin: u64, end: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    let (from, to) = (from.try_clone()?, to.try_clone()?);
    let (from, to) = (std::fs::File::from(from), std::fs::File::from(to));
    let mut piece = vec![0; PIECE_BYTES];
    let mut offset = begin;
    while offset < end {
        let left = usize::try_from(end - offset).unwrap_or(usize::MAX);
        let got = from.read_at(&mut piece[..left.min(PIECE_BYTES)], offset)?;
        if got == 0 {
            return Ok(());
        }
        to.write_all_at(&piece[..got], offset)?;
        offset += got as u64;
    }
    Ok(())
}
