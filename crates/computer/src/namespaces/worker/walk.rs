//! Goes through a hostile tree, in the order of names, from folder to folder by one name at a
//! time. Knows nothing of what is done with what it finds.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::vec;

use nix::dir::Dir;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, fstatat};

use super::super::step::{Step, Steps};

/// Folders within folders: each is open while we are in it.
pub const DEPTH_MAX: usize = 1000;
/// The error of one that has more.
pub const TOO_DEEP: i32 = libc::ELOOP;
/// Of one tree; several times what a computer may have.
const ENTRIES_MAX: u64 = 20_000_000;
const FOLDER: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// One thing in a folder.
pub struct Entry {
    pub name: CString,
    pub stat: FileStat,
}

/// What comes next.
pub enum Visit {
    /// A folder, into which the walk has gone: [`Walk::folder`] is this one now.
    Enter(Entry),
    /// Anything else, in [`Walk::folder`].
    Leaf(Entry),
    /// The walk has left this folder: [`Walk::folder`] is the one that it is in.
    Leave(Entry),
}

/// Where something is met.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// [`Walk::folder`] itself.
    Folder,
    /// Something in it.
    In(&'a Entry),
}

pub struct Walk {
    top: Level,
    below: Vec<(Entry, Level)>,
    seen: u64,
    /// What vanishes is passed over.
    changing: bool,
}

struct Level {
    folder: OwnedFd,
    names: vec::IntoIter<CString>,
}

impl Level {
    fn open(folder: OwnedFd) -> io::Result<Self> {
        let names = names(&folder)?.into_iter();
        Ok(Self { folder, names })
    }
}

/// Sorted, without `.` and `..`.
pub fn names(folder: &impl AsFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    // Opened anew, since a folder's descriptors share how far it was read.
    for entry in Dir::from_fd(open_folder(folder, c".")?)?.iter() {
        let name = entry?.file_name().to_owned();
        if ![c".", c".."].contains(&name.as_c_str()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

pub fn open_folder(parent: &impl AsFd, name: &std::ffi::CStr) -> io::Result<OwnedFd> {
    Ok(openat(parent, name, FOLDER, Mode::empty())?)
}

pub fn look(folder: &impl AsFd, name: &std::ffi::CStr) -> io::Result<FileStat> {
    Ok(fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW)?)
}

pub fn is_folder(stat: &FileStat) -> bool {
    stat.st_mode & libc::S_IFMT == libc::S_IFDIR
}

impl Walk {
    /// Of everything in `top`, which itself isn't visited.
    pub fn new(top: &impl AsFd) -> Result<Self, Step> {
        let top = open_folder(top, c".").and_then(Level::open).step("read the layer")?;
        Ok(Self { top, below: Vec::new(), seen: 0, changing: false })
    }

    /// Of a tree in which programs work meanwhile.
    pub fn of_changing(top: &impl AsFd) -> Result<Self, Step> {
        Ok(Self { changing: true, ..Self::new(top)? })
    }

    /// Where the walk is.
    pub fn folder(&self) -> BorrowedFd<'_> {
        self.below.last().map_or(&self.top, |(_, level)| level).folder.as_fd()
    }

    /// Of a place within the tree, absolute as a computer sees it, for people.
    pub fn path(&self, place: Place) -> String {
        let folders = self.below.iter().map(|(entry, _)| &entry.name);
        let last = match place {
            Place::Folder => None,
            Place::In(entry) => Some(&entry.name),
        };
        let mut path = PathBuf::from("/");
        path.extend(folders.chain(last).map(|name| OsStr::from_bytes(name.to_bytes())));
        path.to_string_lossy().into_owned()
    }

    /// Names a step of ours that failed.
    pub fn at<T>(&self, place: Place, done: io::Result<T>, what: &str) -> Result<T, Step> {
        done.map_err(|error| {
            let errno = error.raw_os_error().unwrap_or(libc::EIO);
            Step { name: format!("{what} {}", self.path(place)), errno }
        })
    }

    pub fn next(&mut self) -> Result<Option<Visit>, Step> {
        loop {
            let level = self.below.last_mut().map_or(&mut self.top, |(_, level)| level);
            let Some(name) = level.names.next() else {
                return Ok(self.below.pop().map(|(entry, _)| Visit::Leave(entry)));
            };
            match self.visit(name) {
                Err(vanished) if self.changing && vanished.errno != TOO_DEEP => {}
                visited => return visited.map(Some),
            }
        }
    }

    fn visit(&mut self, name: CString) -> Result<Visit, Step> {
        self.seen += 1;
        if self.seen > ENTRIES_MAX {
            return Err(Step { name: "take a layer of so many files".into(), errno: libc::E2BIG });
        }
        let looked = look(&self.folder(), &name);
        let stat = looked.step(format!("look at {}", name.to_string_lossy()))?;
        let entry = Entry { name, stat };
        if is_folder(&entry.stat) { self.enter(entry) } else { Ok(Visit::Leaf(entry)) }
    }

    fn enter(&mut self, entry: Entry) -> Result<Visit, Step> {
        if self.below.len() >= DEPTH_MAX {
            let name = format!("take a layer with more than {DEPTH_MAX} folders in each other");
            return Err(Step { name, errno: TOO_DEEP });
        }
        let opened = open_folder(&self.folder(), &entry.name).and_then(Level::open);
        let level = self.at(Place::In(&entry), opened, "read")?;
        let visited = Entry { name: entry.name.clone(), stat: entry.stat };
        self.below.push((entry, level));
        Ok(Visit::Enter(visited))
    }
}
