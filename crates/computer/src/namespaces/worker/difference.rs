//! One layer in place of many: what a merged view has that the view of the lower layers alone
//! doesn't. The kernel merges, so whatever it makes of whiteouts, opaque and renamed folders is
//! right by definition; here two views are compared.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::sys::stat::{FileStat, fstat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::super::overlay::{self, Overlay};
use super::super::plan::User;
use super::super::step::{Step, Steps};
use super::Answer;
use super::copy::Target;
use super::walk::{Entry, Place, Visit, Walk, is_folder, look, names, open_folder};

/// What is compared.
pub struct Views<'a> {
    pub above: &'a [PathBuf],
    pub below: &'a [PathBuf],
    pub user: User,
    /// Something to mount on, in a mount namespace of our own.
    pub place: &'a Path,
}

/// Into `to`; the current folder is the one below which the layers are.
pub fn make(views: &Views, to: &OwnedFd) -> Result<Answer, Step> {
    let all: Vec<_> = views.above.iter().chain(views.below).cloned().collect();
    let merged = view(views, &all)?;
    let lower = view(views, views.below)?;
    let mut walk = Walk::new(&merged)?;
    let mut difference = Difference { target: Target::new(to).step("open it")?, lower: Vec::new() };
    let top = fstat(&merged).step("look at it")?;
    difference.target.attributes(&merged, &top).step("copy the top folder")?;
    let hidden = difference.come_to(&walk.folder(), Some(lower));
    hidden.step("compare the top folder")?;
    while let Some(visit) = walk.next()? {
        match visit {
            Visit::Enter(entry) => {
                let entered = difference.enter(&walk.folder(), &entry);
                walk.at(Place::Folder, entered, "compare")?;
            }
            Visit::Leaf(entry) => {
                let compared = difference.leaf(&walk, &entry);
                walk.at(Place::In(&entry), compared, "compare")?;
            }
            Visit::Leave(entry) => {
                let left = difference.leave(&entry);
                walk.at(Place::In(&entry), left, "compare")?;
            }
        }
    }
    difference.target.finish(&top).step("copy the top folder")?;
    Ok(Answer::Done)
}

/// The root of what `layers`, highest first, make together.
fn view(views: &Views, layers: &[PathBuf]) -> Result<OwnedFd, Step> {
    match layers {
        // The kernel makes an overlay of no fewer than two.
        [only] => open_folder(&here()?, &path_name(only)?).step("open the lowest layer"),
        _ => {
            let overlay = Overlay { lower: layers, private: None, user: views.user };
            overlay::mount(&overlay, views.place)?;
            open_folder(&here()?, &path_name(views.place)?).step("open the overlay")
        }
    }
}

fn here() -> Result<File, Step> {
    File::open(".").step("open whimbrel's home")
}

fn path_name(path: &Path) -> Result<std::ffi::CString, Step> {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::CString::new(path.as_os_str().as_bytes())
        .map_err(io::Error::from)
        .step("name a layer")
}

struct Difference {
    target: Target,
    /// The folder of the lower view by the name of each that we are in, where it has one.
    lower: Vec<Option<OwnedFd>>,
}

impl Difference {
    /// Hides what the lower view has here and the merged one hasn't.
    fn come_to(&mut self, merged: &impl AsFd, lower: Option<OwnedFd>) -> io::Result<()> {
        if let Some(lower) = &lower {
            let present = names(merged)?;
            for name in names(lower)? {
                if present.binary_search(&name).is_err() {
                    self.target.whiteout(&name)?;
                }
            }
        }
        self.lower.push(lower);
        Ok(())
    }

    /// What the lower view has by this name.
    fn below(&self, entry: &Entry) -> Option<(&OwnedFd, FileStat)> {
        let folder = self.lower.last()?.as_ref()?;
        Some((folder, look(folder, &entry.name).ok()?))
    }

    fn enter(&mut self, merged: &impl AsFd, entry: &Entry) -> io::Result<()> {
        self.target.enter(merged, entry)?;
        let folder = self.below(entry).filter(|(_, stat)| is_folder(stat));
        let lower = folder.map(|(folder, _)| open_folder(folder, &entry.name)).transpose()?;
        self.come_to(merged, lower)
    }

    fn leaf(&mut self, walk: &Walk, entry: &Entry) -> io::Result<()> {
        if self.below(entry).is_some_and(|(_, stat)| is_same(&stat, &entry.stat)) {
            return Ok(());
        }
        self.target.leaf(walk.folder(), entry)
    }

    /// A folder in which nothing differs, and that doesn't differ itself, is left out.
    fn leave(&mut self, entry: &Entry) -> io::Result<()> {
        self.target.leave(entry)?;
        self.lower.pop();
        if self.below(entry).is_some_and(|(_, stat)| is_like(&stat, &entry.stat)) {
            // One that isn't empty has a difference in it.
            let _kept = unlinkat(self.target.folder(), &*entry.name, UnlinkatFlags::RemoveDir);
        }
        Ok(())
    }
}

/// An overlay shows a file by the number that it has on its own disk, where all layers share one.
fn is_same(one: &FileStat, other: &FileStat) -> bool {
    let id = |stat: &FileStat| (stat.st_ino, stat.st_size, stat.st_ctime, stat.st_ctime_nsec);
    id(one) == id(other) && is_like(one, other)
}

fn is_like(one: &FileStat, other: &FileStat) -> bool {
    let seen = |stat: &FileStat| {
        (stat.st_mode, stat.st_uid, stat.st_gid, stat.st_mtime, stat.st_mtime_nsec)
    };
    seen(one) == seen(other)
}
