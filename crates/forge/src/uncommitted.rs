//! The user's uncommitted work as a commit in our mirror: what `git add --all` would stage, staged
//! with an index and an object folder of ours. The user's index, objects, refs and files are only
//! read, no filter runs, and nothing is looked at outside of the work tree.
//!
//! Submodules stay at the commit that the index has, and repositories inside of the work tree that
//! aren't submodules stay out.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use domain::project::Origin;
use domain::task::Base;
use domain::{Commit, Timestamp};

use crate::git::{Git, TIME_LONG};
use crate::mirror::Written;
use crate::quarantine::{Quarantine, quoted};
use crate::settings::{Settings, filtered};
use crate::{Error, Mirror, origin, tree};

const MESSAGE: &str = "Uncommitted changes";
/// Conflicts that an error names.
const UNMERGED_SHOWN_MAX: usize = 20;
/// Of a listing of changed files: more than the limit of files needs.
const LISTING_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How much may be uncommitted. What is more was most likely to be ignored.
#[derive(Debug, Clone, Copy)]
struct Limits {
    files: usize,
    bytes: u64,
}

const LIMITS: Limits = Limits { files: 10_000, bytes: 100_000_000 };

/// The user's work tree, and where its next commit is made up.
struct Staging<'a> {
    mirror: &'a Mirror,
    work_tree: PathBuf,
    git_dir: PathBuf,
    /// The user's objects.
    objects: PathBuf,
    settings: Settings,
    quarantine: Quarantine<'a>,
}

/// Paths that differ from the index.
#[derive(Debug, Default)]
struct Paths {
    /// Each with its NUL.
    deleted: Vec<u8>,
    /// Changed or new; each with its NUL.
    written: Vec<u8>,
    unmerged: Vec<String>,
}

impl Mirror {
    /// A commit on top of `base`, which must be the current one in the user's work tree, with what
    /// is uncommitted there; none if that is nothing. Kept as `refs/whimbrel/bases/<commit>`. The
    /// same state at the same time is the same commit, and at any time the same tree.
    ///
    /// # Errors
    /// [`Error::NoWorkTree`], [`Error::WorkTreeElsewhere`], [`Error::OtherBase`],
    /// [`Error::Unmerged`], [`Error::Filtered`], [`Error::TooMuchUncommitted`]: each for the user
    /// to act upon, and nothing has changed.
    pub async fn with_changes(&self, base: &Base, at: Timestamp) -> Result<Option<Commit>, Error> {
        self.with_changes_within(LIMITS, base, at).await
    }

    async fn with_changes_within(
        &self,
        limits: Limits,
        base: &Base,
        at: Timestamp,
    ) -> Result<Option<Commit>, Error> {
        let staging = Staging::new(self).await?;
        staging.check_base(base).await?;
        let tree = staging.stage(limits).await?;
        if tree == self.tree_of(&base.commit).await? {
            return Ok(None);
        }
        staging.bring(&tree, base).await?;
        let by = staging.settings.identity();
        let written = Written { message: MESSAGE, by: &by, at };
        let commit = self.commit_tree(&tree, &[&base.commit], &written).await?;
        Git::new(format!("keep {commit}"), &self.dir)
            .args(["update-ref", "--no-deref", &format!("refs/whimbrel/bases/{commit}")])
            .arg(commit.as_str())
            .run()
            .await?;
        Ok(Some(commit))
    }

    async fn tree_of(&self, commit: &Commit) -> Result<String, Error> {
        Git::new(format!("read {commit}"), &self.dir)
            .args(["rev-parse", "--verify", "--end-of-options", &format!("{commit}^{{tree}}")])
            .line()
            .await
    }
}

impl<'a> Staging<'a> {
    async fn new(mirror: &'a Mirror) -> Result<Self, Error> {
        let work_tree = work_tree(&mirror.origin).await?;
        // Git's own check of who owns it is made here, where git finds the repository itself.
        let git_dir = origin::path_of(&work_tree, &["--absolute-git-dir"]).await?;
        let objects = origin::path_of(&work_tree, &["--git-path", "objects"]).await?;
        let index = origin::path_of(&work_tree, &["--git-path", "index"]).await?;
        let settings = Settings::of(&work_tree).await?;
        let quarantine = Quarantine::new(mirror).await?;
        let staging = Self { mirror, work_tree, git_dir, objects, settings, quarantine };
        copy(&index, &staging.index())
            .map_err(|source| Error::Unreadable { path: index, source })?;
        Ok(staging)
    }

    fn index(&self) -> PathBuf {
        self.quarantine.path().join("index")
    }

    /// A command on the user's files that writes to our index and our objects only.
    fn git(&self, action: &str) -> Git {
        self.settings
            .apply(Git::new(action, &self.work_tree))
            .env("GIT_DIR", &self.git_dir)
            .env("GIT_WORK_TREE", &self.work_tree)
            .env("GIT_INDEX_FILE", self.index())
            .env("GIT_OBJECT_DIRECTORY", self.quarantine.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&self.objects))
            // Else a part of the index would be written beside the user's.
            .config("core.splitIndex", "false")
            .bytes_max(LISTING_BYTES_MAX)
            .time(TIME_LONG)
    }

    async fn check_base(&self, base: &Base) -> Result<(), Error> {
        let done = self
            .git("read the current commit")
            .args(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
            .done()
            .await?;
        let head = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        if head == base.commit.as_str() {
            return Ok(());
        }
        Err(Error::OtherBase {
            path: self.work_tree.clone(),
            head: if head.is_empty() { "no commit".into() } else { head },
            branch: base.branch.clone(),
            commit: base.commit.clone(),
        })
    }

    /// Stages everything, and says which tree that is.
    async fn stage(&self, limits: Limits) -> Result<String, Error> {
        let paths = self.changed().await?;
        if !paths.unmerged.is_empty() {
            return Err(Error::Unmerged { path: self.work_tree.clone(), files: paths.unmerged });
        }
        self.check_amount(limits, &paths)?;
        self.check_filters(&paths).await?;
        let action = "stage the uncommitted changes";
        let update = || self.git(action).arg("update-index");
        // What is gone first, because a folder may be where a file was.
        update().args(["--force-remove", "-z", "--stdin"]).stdin(paths.deleted).run().await?;
        let add = ["--add", "--replace", "-z", "--stdin"];
        update().args(add).stdin(paths.written).run().await?;
        self.git(action).arg("write-tree").line().await
    }

    /// What differs from the index. No submodule is looked into: git would run in it.
    async fn changed(&self) -> Result<Paths, Error> {
        let action = "look for uncommitted changes";
        let mut paths = Paths::default();
        let tracked = self
            .git(action)
            .args(["diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"])
            .run()
            .await?;
        paths.read_tracked(&tracked);
        let others = self
            .git(action)
            .args(["ls-files", "-z", "--others", "--exclude-standard"])
            .run()
            .await?;
        let others = others.split_inclusive(|&byte| byte == 0);
        // What ends with a slash is a repository of its own.
        others.filter(|path| !path.ends_with(b"/\0")).for_each(|path| paths.written.extend(path));
        Ok(paths)
    }

    fn check_amount(&self, limits: Limits, paths: &Paths) -> Result<(), Error> {
        let mut folders: BTreeMap<&[u8], (usize, u64)> = BTreeMap::new();
        for path in each(&paths.written) {
            let full = self.work_tree.join(OsStr::from_bytes(path));
            // What is gone meanwhile, git will say.
            let bytes = full.symlink_metadata().map_or(0, |metadata| metadata.len());
            let top = path.split(|&byte| byte == b'/').next().unwrap_or_default();
            let sum = folders.entry(top).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(bytes));
        }
        let files: usize = folders.values().map(|sum| sum.0).sum();
        let bytes: u64 = folders.values().map(|sum| sum.1).fold(0, u64::saturating_add);
        let name = |most: Option<(&&[u8], _)>| {
            most.map_or_else(String::new, |(name, _)| tree::shown(name))
        };
        if files > limits.files {
            return Err(Error::TooMuchUncommitted {
                amount: format!("{files} files"),
                amount_max: format!("{} files", limits.files),
                most_in: name(folders.iter().max_by_key(|(_, sum)| sum.0)),
            });
        }
        if bytes > limits.bytes {
            return Err(Error::TooMuchUncommitted {
                amount: format!("{bytes} bytes"),
                amount_max: format!("{} bytes", limits.bytes),
                most_in: name(folders.iter().max_by_key(|(_, sum)| sum.1)),
            });
        }
        Ok(())
    }

    /// Every filter is switched off, so a file that needs one would be staged as something else.
    async fn check_filters(&self, paths: &Paths) -> Result<(), Error> {
        let git = self.git("look for filtered files");
        let through = filtered(git, self.regular(paths)).await?;
        let Some((file, filter)) =
            through.into_iter().find(|(_, filter)| self.settings.has_filter(filter))
        else {
            return Ok(());
        };
        Err(Error::Filtered { file: tree::shown(&file), filter: tree::shown(&filter) })
    }

    /// Links don't go through filters.
    fn regular(&self, paths: &Paths) -> Vec<u8> {
        let is_file = |path: &&[u8]| {
            let full = self.work_tree.join(OsStr::from_bytes(path));
            full.symlink_metadata().is_ok_and(|metadata| !metadata.is_symlink())
        };
        each(&paths.written).filter(is_file).flat_map(|path| [path, b"\0"].concat()).collect()
    }

    /// Brings the tree's objects into the mirror, checked as `git fsck` would.
    async fn bring(&self, tree: &str, base: &Base) -> Result<(), Error> {
        let (pack, packing) = self
            .git("pack the uncommitted changes")
            .args(["pack-objects", "--stdout", "--revs", "--thin", "--delta-base-offset"])
            .arg("--quiet")
            .stdin(format!("{tree}\n^{}\n", base.commit))
            .pipe()?;
        Git::new("take the uncommitted changes into the mirror", &self.mirror.dir)
            .args(["index-pack", "--stdin", "--fix-thin", "--strict"])
            .stdin_fd(pack)
            .time(TIME_LONG)
            .run()
            .await?;
        packing.finish().await
    }
}

impl Paths {
    /// Reads `:<mode> <mode> <object> <object> <status>\0<path>\0` records.
    fn read_tracked(&mut self, listing: &[u8]) {
        let mut fields = listing.split_inclusive(|&byte| byte == 0);
        while let (Some(raw), Some(path)) = (fields.next(), fields.next()) {
            match raw.strip_suffix(&[0]).and_then(|raw| raw.last()) {
                Some(b'D') => self.deleted.extend(path),
                Some(b'U') if self.unmerged.len() < UNMERGED_SHOWN_MAX => {
                    self.unmerged.push(tree::shown(&path[..path.len() - 1]));
                }
                Some(_) | None => self.written.extend(path),
            }
        }
    }
}

/// Paths that each end with a NUL.
fn each(paths: &[u8]) -> impl Iterator<Item = &[u8]> {
    paths.split(|&byte| byte == 0).filter(|path| !path.is_empty())
}

/// The folder that has the user's files: the origin itself, and no other that its configuration
/// may name.
async fn work_tree(of: &Origin) -> Result<PathBuf, Error> {
    let none = || Error::NoWorkTree { origin: origin::shown(of) };
    let Origin::Path(path) = of else { return Err(none()) };
    let path = PathBuf::from(path);
    let action = "find the work tree";
    let done = Git::new(action, &path).args(["rev-parse", "--show-toplevel"]).done().await?;
    if done.code != 0 {
        let no_tree = done.mentions("must be run in a work tree");
        return Err(if no_tree { none() } else { done.into_error() });
    }
    let top = origin::one_path(done.stdout);
    let same = top.canonicalize().ok() == path.canonicalize().ok();
    if same { Ok(path) } else { Err(Error::WorkTreeElsewhere { path, elsewhere: top }) }
}

/// Copies the user's index, with its time: a file that is younger than that is read again. Where
/// there is none, all files are new.
fn copy(index: &Path, to: &Path) -> io::Result<()> {
    let mut from = match File::open(index) {
        Ok(from) => from,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut to = File::create_new(to)?;
    io::copy(&mut from, &mut to)?;
    to.set_modified(from.metadata()?.modified()?)
}

#[cfg(test)]
mod tests;
