//! Puts entries into the layer's folder. Each is reached over real folders only, and replaces
//! whatever an earlier entry of that name made.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{Mode, SFlag, UtimensatFlags, fstatat, futimens, mkdirat, mknodat, utimensat};
use nix::sys::statvfs::fstatvfs;
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fchownat, linkat, symlinkat, unlinkat};

use super::archive::{Attributes, Entry, Kind, Name, shown};
use super::{BYTES_MAX, DISK_FREE_BYTES_MIN, refused};
use crate::namespaces::ids::RANGE;
use crate::namespaces::plan::{COMPUTER_UID, User};
use crate::namespaces::worker::set_attribute;

/// Before a name: what lies below by that name is gone.
const WHITEOUT: &[u8] = b".wh.";
/// All that lies below in this folder is gone.
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Other marks of the file system that began this, which say nothing to us.
const OTHER_MARK: &[u8] = b".wh..wh.";
/// Who has a file that is nobody's in the range.
const NOBODY: u32 = 65_534;
/// Of a folder that the archive has something in, but doesn't speak of.
const UNSAID: Attributes = Attributes { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const COPY_BYTES: usize = 128 * 1024;
/// Between two looks at how much room the disk has.
const LOOK_EVERY_BYTES: u64 = 64 * 1024 * 1024;

pub struct Place {
    root: OwnedFd,
    user: User,
    /// The last folder, since its files follow each other.
    last: Option<(Vec<OsString>, OwnedFd)>,
    /// Set when nothing changes them any more.
    folders: Vec<(Name, Attributes)>,
    opaque: Vec<OsString>,
    bytes: u64,
    looked_at: u64,
}

impl Place {
    pub fn new(root: OwnedFd, user: User) -> Self {
        Self {
            root,
            user,
            last: None,
            folders: vec![(Name::top(), UNSAID)],
            opaque: Vec::new(),
            bytes: 0,
            looked_at: 0,
        }
    }

    pub fn put(&mut self, entry: Entry) -> io::Result<()> {
        let name = entry.name.clone();
        self.put_any(entry).map_err(|error| {
            io::Error::new(error.kind(), format!("can't put {}: {error}", shown(&name)))
        })
    }

    fn put_any(&mut self, entry: Entry) -> io::Result<()> {
        let name = entry.name.clone();
        let Some((folders, last)) = name.split() else {
            self.folders.push((entry.name, entry.attributes));
            return Ok(());
        };
        let folder = self.folder(folders)?;
        match mark(last) {
            Some(Mark::Opaque) => self.hide_below(folders),
            Some(Mark::Whiteout(hidden)) => self.white_out(&folder, folders, hidden)?,
            Some(Mark::Other) => {}
            None => self.put_at(&folder, last, entry)?,
        }
        self.last = Some((folders.to_owned(), folder));
        Ok(())
    }

    /// What folders have, now that nothing is put into them any more. A later entry may have put
    /// something else in a folder's place.
    pub fn finish(mut self) -> io::Result<()> {
        for path in std::mem::take(&mut self.opaque) {
            match open_below(&self.root, &path) {
                Ok(folder) => set_attribute(&folder, self.opaque_attribute(), b"y")?,
                Err(error) if is_no_folder(&error) => {}
                Err(error) => return Err(error),
            }
        }
        for (name, attributes) in std::mem::take(&mut self.folders) {
            match self.open(name.parts()) {
                Ok(folder) => self.set(&File::from(folder), attributes)?,
                Err(error) if is_no_folder(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// By which the overlay knows that a folder hides all that is below it in lower layers.
    fn opaque_attribute(&self) -> &'static CStr {
        match self.user {
            User::Root => c"trusted.overlay.opaque",
            User::Ordinary { .. } => c"user.overlay.opaque",
        }
    }

    /// A folder of the layer; what isn't there yet is made.
    fn folder(&mut self, parts: &[OsString]) -> io::Result<OwnedFd> {
        if let Some((_, folder)) = self.last.take().filter(|(last, _)| last == parts) {
            return Ok(folder);
        }
        match self.open(parts) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make(parts),
            other => other,
        }
    }

    fn open(&self, parts: &[OsString]) -> io::Result<OwnedFd> {
        open_below(&self.root, &parts.join(OsStr::new("/")))
    }

    fn make(&mut self, parts: &[OsString]) -> io::Result<OwnedFd> {
        let mut folder = self.root.try_clone()?;
        for part in parts {
            match mkdirat(&folder, part.as_os_str(), Mode::from_bits_truncate(0o755)) {
                Ok(()) => {
                    folder = open_below(&folder, part)?;
                    self.own(&folder, UNSAID)?;
                }
                Err(Errno::EEXIST) => folder = open_below(&folder, part)?,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(folder)
    }

    fn hide_below(&mut self, folders: &[OsString]) {
        self.opaque.push(folders.join(OsStr::new("/")));
    }

    /// Marks speak of lower layers: what this layer itself has by that name stays.
    fn white_out(
        &mut self,
        folder: &OwnedFd,
        folders: &[OsString],
        hidden: &OsStr,
    ) -> io::Result<()> {
        match mknodat(folder, hidden, SFlag::S_IFCHR, Mode::empty(), 0) {
            Err(Errno::EEXIST) if is_folder(folder, hidden) => {
                let mut path = folders.to_owned();
                path.push(hidden.to_owned());
                self.hide_below(&path);
                Ok(())
            }
            Ok(()) | Err(Errno::EEXIST) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    fn put_at(&mut self, folder: &OwnedFd, last: &OsStr, entry: Entry) -> io::Result<()> {
        let hid = self.clear(folder, last, &entry)?;
        let (name, attributes) = (entry.name.clone(), entry.attributes);
        match &entry.kind {
            Kind::Folder => {
                if !is_folder(folder, last) {
                    mkdirat(folder, last, Mode::from_bits_truncate(0o700))?;
                }
                if hid {
                    self.opaque.push(name.parts().join(OsStr::new("/")));
                }
                self.folders.push((name, attributes));
            }
            Kind::File => self.write(folder, last, entry)?,
            Kind::Symlink(to) => {
                symlinkat(to.as_os_str(), folder, last)?;
                self.set_at(folder, last, attributes)?;
            }
            Kind::Hardlink(to) => self.link(folder, last, to)?,
            Kind::Fifo => {
                let mode = Mode::from_bits_truncate(attributes.mode & 0o777);
                mknodat(folder, last, SFlag::S_IFIFO, mode, 0)?;
                self.set_at(folder, last, attributes)?;
            }
            // Dead inside in any case.
            Kind::Device => {}
        }
        Ok(())
    }

    /// Makes room; only a folder may be where a folder comes. Says whether it hid a lower one.
    fn clear(&self, folder: &OwnedFd, last: &OsStr, entry: &Entry) -> io::Result<bool> {
        let found = match fstatat(folder, last, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Err(Errno::ENOENT) => return Ok(false),
            other => other?,
        };
        let kind = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT;
        let links_to_itself = matches!(&entry.kind, Kind::Hardlink(to) if *to == entry.name);
        match (kind == SFlag::S_IFDIR, matches!(entry.kind, Kind::Folder)) {
            _ if links_to_itself => return Err(refused("it is a link to itself".into())),
            (true, true) => {}
            (true, false) => remove_folder(folder, last)?,
            (false, _) => unlinkat(folder, last, UnlinkatFlags::NoRemoveDir)?,
        }
        Ok(kind == SFlag::S_IFCHR)
    }

    fn write(&mut self, folder: &OwnedFd, last: &OsStr, entry: Entry) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        let mode = Mode::from_bits_truncate(0o600);
        let mut file = File::from(openat(folder, last, flags | OFlag::O_CLOEXEC, mode)?);
        self.bytes = self.bytes.saturating_add(entry.bytes);
        if self.bytes > BYTES_MAX {
            return Err(refused(format!("its files have more than {BYTES_MAX} bytes")));
        }
        self.copy(entry.body, &mut file)?;
        for (name, value) in &entry.extended {
            match set_attribute(&file, name, value) {
                // This disk has none, or no more room for them.
                Err(error)
                    if matches!(
                        error.raw_os_error(),
                        Some(libc::EOPNOTSUPP | libc::ENOSPC | libc::E2BIG)
                    ) => {}
                other => other?,
            }
        }
        self.set(&file, entry.attributes)
    }

    /// Zeros become holes: an archive may have far more of them than the disk has room.
    fn copy(&mut self, body: &mut dyn Read, file: &mut File) -> io::Result<()> {
        let mut buffer = vec![0_u8; COPY_BYTES];
        let mut length = 0_u64;
        loop {
            let got = match body.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if got == 0 {
                return file.set_len(length);
            }
            length += got as u64;
            if buffer[..got].iter().all(|&byte| byte == 0) {
                file.seek(SeekFrom::Current(i64::try_from(got).unwrap_or_default()))?;
            } else {
                file.write_all(&buffer[..got])?;
                self.look_at_disk(got as u64)?;
            }
        }
    }

    fn look_at_disk(&mut self, written: u64) -> io::Result<()> {
        self.looked_at += written;
        if self.looked_at < LOOK_EVERY_BYTES {
            return Ok(());
        }
        self.looked_at = 0;
        let disk = fstatvfs(&self.root)?;
        if disk.blocks_available() * disk.fragment_size() < DISK_FREE_BYTES_MIN {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn link(&self, folder: &OwnedFd, last: &OsStr, to: &Name) -> io::Result<()> {
        let nothing = || refused(format!("it is a link to {}, which is no file", shown(to)));
        let (parts, name) = to.split().ok_or_else(nothing)?;
        let target = self.open(parts).map_err(|_| nothing())?;
        if is_folder(&target, name) {
            return Err(nothing());
        }
        linkat(&target, name, folder, last, AtFlags::empty()).map_err(|errno| match errno {
            Errno::ENOENT => nothing(),
            other => other.into(),
        })
    }

    /// The owner first, since a change of it takes the set-id bits away.
    fn set(&self, file: &File, attributes: Attributes) -> io::Result<()> {
        self.own(file, attributes)?;
        file.set_permissions(Permissions::from_mode(attributes.mode))?;
        Ok(futimens(file, &time(attributes), &time(attributes))?)
    }

    fn own(&self, file: &impl AsFd, attributes: Attributes) -> io::Result<()> {
        match self.owner(attributes) {
            Some((uid, gid)) => Ok(fchown(file, Some(uid), Some(gid))?),
            None => Ok(()),
        }
    }

    /// As it is outside; with one id there is no choice.
    fn owner(&self, attributes: Attributes) -> Option<(Uid, Gid)> {
        let Attributes { uid, gid, .. } = attributes;
        match self.user {
            User::Root => Some((Uid::from_raw(outside(uid)), Gid::from_raw(outside(gid)))),
            User::Ordinary { .. } => None,
        }
    }

    fn set_at(&self, folder: &OwnedFd, last: &OsStr, attributes: Attributes) -> io::Result<()> {
        if let Some((uid, gid)) = self.owner(attributes) {
            fchownat(folder, last, Some(uid), Some(gid), AtFlags::AT_SYMLINK_NOFOLLOW)?;
        }
        let flag = UtimensatFlags::NoFollowSymlink;
        Ok(utimensat(folder, last, &time(attributes), &time(attributes), flag)?)
    }
}

enum Mark<'a> {
    Opaque,
    Whiteout(&'a OsStr),
    Other,
}

fn mark(name: &OsStr) -> Option<Mark<'_>> {
    let bytes = name.as_bytes();
    if bytes == OPAQUE {
        return Some(Mark::Opaque);
    }
    if bytes.starts_with(OTHER_MARK) {
        return Some(Mark::Other);
    }
    Some(match bytes.strip_prefix(WHITEOUT)? {
        b"" | b"." | b".." => Mark::Other,
        hidden => Mark::Whiteout(OsStr::from_bytes(hidden)),
    })
}

fn outside(id: u64) -> u32 {
    let inside = u32::try_from(id).ok().filter(|id| *id < RANGE);
    COMPUTER_UID + inside.unwrap_or(NOBODY)
}

fn time(attributes: Attributes) -> TimeSpec {
    TimeSpec::new(attributes.mtime, 0)
}

fn is_folder(folder: &OwnedFd, name: &OsStr) -> bool {
    fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok_and(|found| {
        SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR
    })
}

fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP))
}

/// Over real folders only, none of them outside.
pub fn open_below(root: &impl AsFd, path: &OsStr) -> io::Result<OwnedFd> {
    let path = if path.is_empty() { OsStr::new(".") } else { path };
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    Ok(openat2(root.as_fd(), path, how)?)
}

/// What earlier entries put there. As deep as one path can be, so that many descriptors at most.
fn remove_folder(folder: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let inside = open_below(folder, name)?;
    let mut names = Vec::new();
    for entry in Dir::from_fd(inside.try_clone()?)?.into_iter() {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
        }
    }
    for name in names {
        if is_folder(&inside, &name) {
            remove_folder(&inside, &name)?;
        } else {
            unlinkat(&inside, name.as_os_str(), UnlinkatFlags::NoRemoveDir)?;
        }
    }
    Ok(unlinkat(folder, name, UnlinkatFlags::RemoveDir)?)
}
