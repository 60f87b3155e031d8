//! Sealed layers: `HOME/layers/DIGEST/tree`, and beside each tree what it is. The name is the
//! digest of what is in it, so equal layers are there once. None is ever changed, and one of that
//! name is whole, because it gets its name last.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::plan::User;
use super::sys;
use super::worker::{self, Answer, Digested, Forbidden, Job};
use crate::Secret;

pub const LAYERS: &str = "layers";
pub const TREE: &str = "tree";
const NOTE: &str = "layer.json";

/// Where layers are kept, and by whom they are looked into.
#[derive(Debug, Clone, Copy)]
pub struct Layers<'a> {
    pub home: &'a Path,
    pub helper: &'a Path,
    pub user: User,
}

/// What came of a layer that was to be kept.
#[derive(Debug)]
pub enum Kept {
    /// By this digest.
    As(String),
    /// Nowhere: a secret is in it.
    Refused { path: String, name: String },
}

/// The digest of which a layer has its name; `None` for a folder that is no layer of a store.
pub fn digest_of(tree: &Path) -> Option<&str> {
    let folder = tree.parent()?;
    let is_layer = tree.ends_with(TREE) && folder.parent()?.ends_with(LAYERS);
    is_layer.then(|| folder.file_name()?.to_str()).flatten()
}

/// A folder opened as what it is, with no right to read it needed.
pub fn open(folder: &Path) -> io::Result<OwnedFd> {
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    Ok(fs::OpenOptions::new().read(true).custom_flags(flags).open(folder)?.into())
}

impl Layers<'_> {
    fn folder(&self, digest: &str) -> PathBuf {
        self.home.join(LAYERS).join(digest)
    }

    pub fn tree(&self, digest: &str) -> PathBuf {
        self.folder(digest).join(TREE)
    }

    /// Whether it is there and was kept whole. Looks at no file of it.
    pub fn has(&self, digest: &str) -> bool {
        self.note(digest).is_some() && self.tree(digest).is_dir()
    }

    pub fn note(&self, digest: &str) -> Option<Digested> {
        serde_json::from_slice(&fs::read(self.folder(digest).join(NOTE)).ok()?).ok()
    }

    /// Takes over `layer`, a folder of ours on the same disk that has a `tree`, as whose layer
    /// nobody writes any more. `announce` is told the digest before it is looked for, so that no
    /// collection comes in between. Whatever isn't taken over is left to the caller to remove.
    pub fn keep(
        &self,
        layer: &Path,
        forbidden: &[Secret],
        announce: impl FnOnce(&str) -> io::Result<()>,
    ) -> io::Result<Kept> {
        let digested = match self.digest(&layer.join(TREE), forbidden)? {
            Answer::Digested(digested) => digested,
            Answer::Found { path, name } => return Ok(Kept::Refused { path, name }),
            Answer::Done
            | Answer::Measured { .. }
            | Answer::Unpacked { .. }
            | Answer::Malformed { .. }
            | Answer::Failed { .. } => return Err(unexpected()),
        };
        announce(&digested.digest)?;
        if !self.has(&digested.digest) {
            self.take_over(layer, &digested)?;
        }
        Ok(Kept::As(digested.digest))
    }

    fn take_over(&self, layer: &Path, digested: &Digested) -> io::Result<()> {
        fs::write(layer.join(NOTE), serde_json::to_vec(digested)?)?;
        // All of it is on the disk before it has its name, and the name before it is used.
        sys::sync_file_system(&File::open(layer)?)?;
        match fs::rename(layer, self.folder(&digested.digest)) {
            // Somebody else was faster, with the same content.
            Err(_) if self.has(&digested.digest) => Ok(()),
            renamed => {
                renamed?;
                File::open(self.home.join(LAYERS))?.sync_all()
            }
        }
    }

    /// Recomputes what a layer is; `None` where that is what its name says.
    pub fn differs(&self, digest: &str) -> io::Result<Option<String>> {
        let is = match self.digest(&self.tree(digest), &[])? {
            Answer::Digested(digested) => digested.digest,
            Answer::Found { .. }
            | Answer::Done
            | Answer::Measured { .. }
            | Answer::Unpacked { .. }
            | Answer::Malformed { .. }
            | Answer::Failed { .. } => return Err(unexpected()),
        };
        Ok((is != digest).then_some(is))
    }

    fn digest(&self, tree: &Path, forbidden: &[Secret]) -> io::Result<Answer> {
        let forbidden = forbidden.iter().map(Forbidden::from).collect();
        self.work(Job::Digest { forbidden }, &[&open(tree)?])
    }

    /// Copies a tree that nobody changes right now into `layer`, a new folder of ours.
    pub fn copy(&self, tree: &OwnedFd, layer: &Path) -> io::Result<()> {
        fs::create_dir(layer.join(TREE))?;
        self.done(Job::Copy, &[tree, &open(&layer.join(TREE))?])
    }

    /// Makes one layer that has on `below` the effect of `above`, in `layer`, a new folder of
    /// ours. Both are highest first and, like `place`, where something can be mounted, below home.
    pub fn merge(
        &self,
        above: Vec<PathBuf>,
        below: Vec<PathBuf>,
        place: PathBuf,
        layer: &Path,
    ) -> io::Result<()> {
        fs::create_dir(layer.join(TREE))?;
        let (home, to) = (self.home.to_owned(), open(&layer.join(TREE))?);
        self.done(Job::Difference { home, above, below, place }, &[&to])
    }

    fn done(&self, job: Job, folders: &[&OwnedFd]) -> io::Result<()> {
        match self.work(job, folders)? {
            Answer::Done => Ok(()),
            Answer::Digested(_)
            | Answer::Found { .. }
            | Answer::Measured { .. }
            | Answer::Unpacked { .. }
            | Answer::Malformed { .. }
            | Answer::Failed { .. } => Err(unexpected()),
        }
    }

    pub fn work(&self, job: Job, folders: &[&OwnedFd]) -> io::Result<Answer> {
        let folders: Vec<_> = folders.iter().map(|folder| folder.as_fd()).collect();
        worker::run(self.helper, self.user, job, &folders)
    }

    /// The digests of all that are kept.
    pub fn all(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(self.home.join(LAYERS))?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    /// Takes a layer's name away, so that nobody finds it, and gives where it is now.
    pub fn withdraw(&self, digest: &str, to: &Path) -> io::Result<()> {
        fs::rename(self.folder(digest), to)
    }
}

pub fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the layer worker answers another question")
}
