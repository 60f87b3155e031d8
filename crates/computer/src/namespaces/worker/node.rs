//! One file, folder or link of a hostile tree: what it is, and its extended attributes as far as
//! they are part of a layer.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{FileStat, Mode, fstat};

/// Of one attribute; the kernel's own limit.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Of all names of one file; the kernel's own limit.
const NAMES_BYTES_MAX: usize = 64 * 1024;
/// What overlays note for themselves of one place on one disk, which isn't what a layer holds.
const OF_ONE_PLACE: [&str; 6] = ["origin", "impure", "nlink", "upper", "uuid", "protattr"];
const OVERLAYS: [&str; 2] = ["trusted.overlay.", "user.overlay."];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Folder,
    File,
    Link,
    /// Says that what is below this name is gone: a character device 0:0.
    Whiteout,
    Pipe,
    Socket,
    /// None can be made inside; one that is there came from elsewhere, and is dead.
    Device,
}

impl Kind {
    pub fn of(stat: &FileStat) -> Self {
        match stat.st_mode & libc::S_IFMT {
            libc::S_IFDIR => Self::Folder,
            libc::S_IFREG => Self::File,
            libc::S_IFLNK => Self::Link,
            libc::S_IFIFO => Self::Pipe,
            libc::S_IFSOCK => Self::Socket,
            libc::S_IFCHR if stat.st_rdev == 0 => Self::Whiteout,
            _ => Self::Device,
        }
    }
}

/// Opens what was looked at: something else by that name now is refused.
pub fn open_file(folder: BorrowedFd, name: &CStr, expected: &FileStat) -> io::Result<OwnedFd> {
    // A pipe that took its place must not make us wait.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty())?;
    let found = fstat(&file)?;
    if (found.st_dev, found.st_ino) != (expected.st_dev, expected.st_ino) {
        return Err(io::Error::from_raw_os_error(libc::ESTALE));
    }
    Ok(file)
}

/// The attributes that are part of a layer, sorted. Links and special files have none of these.
pub fn attributes(file: &impl AsFd) -> io::Result<Vec<(CString, Vec<u8>)>> {
    let mut names: Vec<_> = attribute_names(file)?.into_iter().filter(|n| matters(n)).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        if let Some(value) = attribute(file, &name)? {
            found.push((name, value));
        }
    }
    Ok(found)
}

fn matters(name: &CStr) -> bool {
    let Ok(name) = name.to_str() else { return name.to_bytes().starts_with(b"user.") };
    let overlays = OVERLAYS.iter().find_map(|prefix| name.strip_prefix(prefix));
    match overlays {
        Some(rest) => !OF_ONE_PLACE.iter().any(|note| rest.starts_with(note)),
        None => {
            name.starts_with("user.")
                || name == "security.capability"
                || name.starts_with("system.posix_acl_")
        }
    }
}

fn attribute_names(file: &impl AsFd) -> io::Result<Vec<CString>> {
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: a size of 0 asks for the length and writes nothing.
    let length = unsafe { libc::flistxattr(fd, std::ptr::null_mut(), 0) };
    if length == 0 || is_without_attributes(length) {
        return Ok(Vec::new());
    }
    let mut names = vec![0_u8; NAMES_BYTES_MAX];
    // SAFETY: the kernel writes at most as much as `names` has.
    let length = unsafe { libc::flistxattr(fd, names.as_mut_ptr().cast(), names.len()) };
    names.truncate(usize::try_from(length).map_err(|_| io::Error::last_os_error())?);
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.filter_map(|name| CString::new(name).ok()).collect())
}

fn is_without_attributes(length: isize) -> bool {
    length < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::ENOTSUP)
}

/// `None` where it is gone or not ours to read.
pub fn attribute(file: &impl AsFd, name: &CStr) -> io::Result<Option<Vec<u8>>> {
    let mut value = vec![0_u8; VALUE_BYTES_MAX];
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: the name ends in a zero; the kernel writes at most as much as `value` has.
    let length =
        unsafe { libc::fgetxattr(fd, name.as_ptr(), value.as_mut_ptr().cast(), value.len()) };
    match usize::try_from(length) {
        Ok(length) => {
            value.truncate(length);
            Ok(Some(value))
        }
        Err(_) => match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ENODATA) => Ok(None),
            error => Err(error),
        },
    }
}

pub fn set_attribute(file: &impl AsFd, name: &CStr, value: &[u8]) -> io::Result<()> {
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: the name ends in a zero, and pointer and length are those of `value`.
    let done = unsafe { libc::fsetxattr(fd, name.as_ptr(), value.as_ptr().cast(), value.len(), 0) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The next piece of a file that isn't a hole, at or after `offset`: where it begins and ends.
pub fn next_data(file: &impl AsRawFd, offset: u64) -> io::Result<Option<(u64, u64)>> {
    match told_data(file, offset) {
        // So ext4 answers where blocks are promised and not written yet: all may be data then.
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {
            let size = seek(file, 0, libc::SEEK_END)?.unwrap_or(0);
            Ok((offset < size).then_some((offset, size)))
        }
        told => told,
    }
}

fn told_data(file: &impl AsRawFd, offset: u64) -> io::Result<Option<(u64, u64)>> {
    let Some(begin) = seek(file, offset, libc::SEEK_DATA)? else { return Ok(None) };
    Ok(seek(file, begin, libc::SEEK_HOLE)?.map(|end| (begin, end)))
}

fn seek(file: &impl AsRawFd, offset: u64, whence: i32) -> io::Result<Option<u64>> {
    // SAFETY: takes and gives numbers only.
    let found = unsafe { libc::lseek(file.as_raw_fd(), offset.cast_signed(), whence) };
    match u64::try_from(found) {
        Ok(found) => Ok(Some(found)),
        Err(_) => match io::Error::last_os_error() {
            // Behind the last data there is nothing.
            error if error.raw_os_error() == Some(libc::ENXIO) => Ok(None),
            error => Err(error),
        },
    }
}
