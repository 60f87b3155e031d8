//! Our own bare copy of an origin: fetched into, read from, and sent from. The only thing that
//! attempts are made from, so that the user's repository is read once and never shared.

mod fetched;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::project::Origin;
use domain::task::Base;
use domain::{Commit, Project, Timestamp};

use crate::Error;
use crate::forge::Identity;
use crate::git::{Git, Running, TIME_LONG, UPLOAD_PACK};
use crate::origin::shown;

/// Where the origin's branches are in the mirror.
const BRANCHES: &str = "refs/origin/heads/";
/// Where its HEAD is, if it isn't on a branch.
const HEAD: &str = "refs/origin/HEAD";

/// How long one process waits for another that fetches into the same mirror.
const LOCK_WAIT: Duration = Duration::from_secs(10 * 60);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Branches that an error names.
const BRANCHES_SHOWN_MAX: usize = 10;

/// A bare repository of whimbrel's own, in step with one origin. Clones are the same mirror.
#[derive(Debug, Clone)]
pub struct Mirror {
    pub(crate) dir: PathBuf,
    pub(crate) origin: Origin,
}

/// What a commit says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    pub message: &'a str,
    pub by: &'a Identity,
    pub at: Timestamp,
}

/// What an origin said that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    origin: String,
    /// The current branch; none where HEAD is detached or unborn.
    pub current: Option<String>,
    pub head: Option<Commit>,
    pub branches: BTreeMap<String, Commit>,
}

impl Mirror {
    /// The mirror of `project` in `<home>/mirrors/<project id>.git`, made where there is none.
    /// Asks the origin only when it is made.
    pub async fn open(home: &Path, project: &Project) -> Result<Self, Error> {
        let mirrors = home.join("mirrors");
        let dir = mirrors.join(format!("{}.git", project.id));
        let mirror = Self { dir, origin: project.origin.clone() };
        if !mirror.dir.join("HEAD").exists() {
            std::fs::create_dir_all(&mirrors)
                .map_err(|source| Error::Write { path: mirrors.clone(), source })?;
            mirror.init(&mirrors).await?;
        }
        Ok(mirror)
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its folder. Nothing but this crate runs git in it.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Made beside its place and then moved there, so that a half-made one is never found.
    async fn init(&self, mirrors: &Path) -> Result<(), Error> {
        let write_error = |source| Error::Write { path: self.dir.clone(), source };
        let heads = self.heads().await?;
        let new =
            tempfile::Builder::new().prefix("new-").tempdir_in(mirrors).map_err(write_error)?;
        Git::new("make a mirror", new.path())
            .args(["init", "--quiet", "--bare", "--template="])
            .arg(format!("--object-format={}", heads.object_format()))
            .arg(".")
            .run()
            .await?;
        match std::fs::rename(new.path(), &self.dir) {
            Ok(()) => Ok(()),
            // Another process was quicker; its mirror is as good.
            Err(_) if self.dir.join("HEAD").exists() => Ok(()),
            Err(source) => Err(write_error(source)),
        }
    }

    /// What the origin has, without fetching it.
    pub async fn heads(&self) -> Result<Heads, Error> {
        let root = Path::new("/");
        let listing = self
            .remote(format!("read {}", shown(&self.origin)), root, "ls-remote")
            .args(["--symref", "--end-of-options", self.origin.as_str(), "HEAD", "refs/heads/*"])
            .done()
            .await?;
        if listing.code != 0 {
            return Err(self.unreachable(listing));
        }
        Heads::parse(&shown(&self.origin), &String::from_utf8_lossy(&listing.stdout))
    }

    /// A git command that talks to the origin: by fetching from its path, or with the user's own
    /// settings from its URL.
    pub(crate) fn remote(&self, action: String, dir: &Path, command: &str) -> Git {
        let git = Git::new(action, dir).arg(command);
        match &self.origin {
            Origin::Path(_) => git.arg(UPLOAD_PACK).reading_path(),
            Origin::Url(_) => git.with_network(),
        }
    }

    fn unreachable(&self, done: crate::git::Done) -> Error {
        let Origin::Path(path) = &self.origin else { return done.into_error() };
        let path = PathBuf::from(path);
        if done.mentions("dubious ownership") {
            return Error::Ownership { path };
        }
        if done.mentions("does not appear to be a git repository") {
            return Error::NotARepository { path };
        }
        done.into_error()
    }

    /// Brings the origin's branches into the mirror and says what they are.
    ///
    /// # Errors
    /// [`Error::Empty`] where there is no commit yet.
    pub async fn fetch(&self) -> Result<Heads, Error> {
        let _lock = self.lock().await?;
        let heads = self.heads().await?;
        if heads.branches.is_empty() && heads.head.is_none() {
            return Err(Error::Empty { origin: shown(&self.origin) });
        }
        let fetched = self
            .remote(format!("fetch from {}", shown(&self.origin)), &self.dir, "fetch")
            .args(["--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--force"])
            .args(["--no-auto-maintenance", "--no-recurse-submodules", "--update-shallow"])
            .args(["--end-of-options", self.origin.as_str()])
            .arg(format!("+refs/heads/*:{BRANCHES}*"))
            .args(heads.head.iter().map(|_| format!("+HEAD:{HEAD}")))
            .done()
            .await?;
        if fetched.code == 0 { Ok(heads) } else { Err(self.unreachable(fetched)) }
    }

    /// One process at a time moves the mirror's copies of the origin's branches.
    pub(crate) async fn lock(&self) -> Result<File, Error> {
        let path = self.dir.join("whimbrel.lock");
        let write_error = |source| Error::Write { path: path.clone(), source };
        let file = File::create(&path).map_err(write_error)?;
        let waiting = async {
            while file.try_lock().is_err() {
                tokio::time::sleep(LOCK_PAUSE).await;
            }
        };
        let seconds = LOCK_WAIT.as_secs();
        let waited = tokio::time::timeout(LOCK_WAIT, waiting).await;
        waited.map_err(|_| Error::Busy { path: self.dir.clone(), seconds })?;
        Ok(file)
    }

    /// The commit's whole history as a pack, for `git index-pack --stdin` in another repository.
    /// Give the pipe away with [`Packing::split`], and wait for both ends.
    ///
    /// In the receiving repository: `git init --template= --object-format=F .` (`sha256` where the
    /// commit has 64 digits, else `sha1`), `git index-pack --stdin` with the pipe as its standard
    /// input, [`Packing::shallow`] as the lines of `.git/shallow` if there are any, then
    /// `git update-ref refs/heads/B COMMIT`, `git symbolic-ref HEAD refs/heads/B` and
    /// `git reset --hard`.
    pub async fn pack_into_pipe(&self, commit: &Commit) -> Result<Packing, Error> {
        self.pack(commit, format!("{commit}\n"), &[])
    }

    /// What `commit` has that a repository with `have` lacks, for `git index-pack --fix-thin
    /// --stdin` there. The whole history where the mirror doesn't know `have`.
    pub async fn pack_since(&self, commit: &Commit, have: &Commit) -> Result<Packing, Error> {
        if self.has(have).await? {
            self.pack(commit, format!("{commit}\n^{have}\n"), &["--thin"])
        } else {
            self.pack_into_pipe(commit).await
        }
    }

    fn pack(&self, commit: &Commit, wanted: String, more: &[&str]) -> Result<Packing, Error> {
        let (stdout, running) = Git::new(format!("pack {commit}"), &self.dir)
            .args(["pack-objects", "--stdout", "--revs", "--delta-base-offset", "--quiet"])
            .args(more)
            .stdin(wanted)
            .time(TIME_LONG)
            .pipe()?;
        Ok(Packing { stdout, running, shallow: self.shallow()? })
    }

    /// Whether the mirror has that commit.
    pub async fn has(&self, commit: &Commit) -> Result<bool, Error> {
        let looked = Git::new(format!("look for {commit}"), &self.dir)
            .args(["cat-file", "-e"])
            .arg(format!("{commit}^{{commit}}"))
            .done()
            .await?;
        Ok(looked.code == 0)
    }

    /// Whether a branch of the origin has that commit in its history, as of the last
    /// [`Mirror::fetch`]: fetch first where something is removed for it. What isn't known here is
    /// in no branch.
    pub async fn is_in_origin(&self, commit: &Commit) -> Result<bool, Error> {
        if !self.has(commit).await? {
            return Ok(false);
        }
        let names = Git::new(format!("look for {commit} in the origin's branches"), &self.dir)
            .args(["for-each-ref", "--count=1", "--format=%(refname)"])
            .args([&format!("--contains={commit}"), BRANCHES])
            .time(TIME_LONG)
            .run()
            .await?;
        Ok(!names.is_empty())
    }

    /// Makes a commit, in the mirror only.
    pub(crate) async fn commit_tree(
        &self,
        tree: &str,
        parents: &[&Commit],
        written: &Written<'_>,
    ) -> Result<Commit, Error> {
        let action = format!("commit {:?}", written.message.lines().next().unwrap_or_default());
        let date = format!("@{} +0000", written.at.0.div_euclid(1000));
        let said = Git::new(&action, &self.dir)
            .args(["commit-tree", tree, "-F", "-"])
            .args(parents.iter().flat_map(|parent| ["-p", parent.as_str()]))
            .env("GIT_AUTHOR_NAME", &written.by.name)
            .env("GIT_AUTHOR_EMAIL", &written.by.email)
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_NAME", &written.by.name)
            .env("GIT_COMMITTER_EMAIL", &written.by.email)
            .env("GIT_COMMITTER_DATE", &date)
            .stdin(written.message.as_bytes())
            .line()
            .await?;
        said.parse().map_err(|_| Error::Answer { action, said })
    }

    /// Where the history ends early, because the origin is a shallow clone.
    fn shallow(&self) -> Result<Vec<Commit>, Error> {
        let path = self.dir.join("shallow");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().filter_map(|line| line.parse().ok()).collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }
}

/// A pack on its way.
#[derive(Debug)]
pub struct Packing {
    pub stdout: OwnedFd,
    /// To be the lines of `.git/shallow` in the receiving repository; mostly none.
    pub shallow: Vec<Commit>,
    running: Running,
}

impl Packing {
    /// Gives the pipe away, and what is to be finished when it was read.
    pub fn split(self) -> (OwnedFd, Finish) {
        (self.stdout, Finish(self.running))
    }
}

/// The sending end of a [`Packing`].
#[derive(Debug)]
pub struct Finish(Running);

impl Finish {
    /// Waits for git's end. An error says that what was read isn't the whole pack.
    pub async fn finish(self) -> Result<(), Error> {
        self.0.finish().await
    }
}

impl Heads {
    /// Reads `git ls-remote --symref`: `ref: <target>\tHEAD` and `<commit>\t<ref>` lines.
    fn parse(origin: &str, listing: &str) -> Result<Self, Error> {
        let mut heads = Self {
            origin: origin.to_owned(),
            current: None,
            head: None,
            branches: BTreeMap::new(),
        };
        for line in listing.lines() {
            heads.read_line(line)?;
        }
        Ok(heads)
    }

    fn read_line(&mut self, line: &str) -> Result<(), Error> {
        let (what, name) = line.split_once('\t').unwrap_or((line, ""));
        if let Some(target) = what.strip_prefix("ref: ") {
            self.current = target.strip_prefix("refs/heads/").map(str::to_owned);
            return Ok(());
        }
        let commit: Commit = what.parse().map_err(|_| Error::Answer {
            action: format!("list the branches of {}", self.origin),
            said: line.to_owned(),
        })?;
        match name.strip_prefix("refs/heads/") {
            Some(branch) => {
                self.branches.insert(branch.to_owned(), commit);
            }
            None => self.head = Some(commit),
        }
        Ok(())
    }

    fn object_format(&self) -> &'static str {
        let any = self.head.iter().chain(self.branches.values()).next();
        if any.is_some_and(|commit| commit.as_str().len() == 64) { "sha256" } else { "sha1" }
    }

    /// The commit that a task starts from: of `branch`, or of the current branch. A detached HEAD
    /// counts as the branch that is at the same commit, if there is one.
    pub fn base(&self, branch: Option<&str>) -> Result<Base, Error> {
        let Some(name) = branch.or(self.current_or_equal()) else {
            return Err(Error::Detached { origin: self.origin.clone() });
        };
        let commit = self.branches.get(name).ok_or_else(|| Error::NoBranch {
            origin: self.origin.clone(),
            branch: name.to_owned(),
            known: self.names(),
        })?;
        Ok(Base { branch: name.to_owned(), commit: commit.clone() })
    }

    fn current_or_equal(&self) -> Option<&str> {
        let at_head =
            |name: &str| self.head.is_some() && self.branches.get(name) == self.head.as_ref();
        let equal = || self.branches.keys().map(String::as_str).find(|name| at_head(name));
        let usual = || ["main", "master"].into_iter().find(|name| at_head(name));
        self.current.as_deref().or_else(usual).or_else(equal)
    }

    fn names(&self) -> String {
        let shown: Vec<&str> =
            self.branches.keys().take(BRANCHES_SHOWN_MAX).map(String::as_str).collect();
        let more = self.branches.len() - shown.len();
        let names = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
        if more > 0 { format!("{names} and {more} more") } else { names }
    }
}

#[cfg(test)]
mod tests;
