//! A commit's files in a folder of the user's, to look at and to work on: a linked work tree of
//! their repository, or a repository of its own where theirs has no files.
//!
//! The files are written by git in our mirror, whose configuration is ours: there is no filter,
//! hook or other program that the user's configuration, or the commit's own attributes, could name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::Commit;
use domain::project::Origin;

use crate::git::{Git, TIME_LONG};
use crate::local::{Update, common_dir, move_ref};
use crate::settings::{Settings, filtered};
use crate::{Error, Local, Mirror, TreeFile, checkout, origin, tree};

/// Files of a commit that are looked at for filters.
const FILES_MAX: usize = 1_000_000;
/// Names in one note.
const NAMES_SHOWN_MAX: usize = 10;
/// How much older a file is made that git would else read again, because it is as young as the
/// index. Git counts in seconds.
const AGE: Duration = Duration::from_secs(2);

/// Where a commit's files are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    pub dir: PathBuf,
    /// The branch that is checked out there.
    pub branch: String,
    /// Sentences about what isn't as the user's own git would have made it.
    pub notes: Vec<String>,
}

/// A folder that is there for us to fill.
struct Folder {
    path: PathBuf,
    /// We made it.
    new: bool,
}

impl Local {
    /// Puts the files of `head` into `dir`, which must be empty or not there, with `branch`, made
    /// at `head` where it isn't yet, checked out there. A linked work tree of the origin; of a bare
    /// origin or one at a URL, a repository of its own with the remote `origin`.
    ///
    /// # Errors
    /// [`Error::Occupied`], [`Error::BranchTaken`] where the branch is at another commit,
    /// [`Error::CheckedOut`] where another work tree has it. Nothing is left half-done.
    pub async fn checkout(
        &self,
        head: &Commit,
        branch: &str,
        dir: &Path,
    ) -> Result<Checkout, Error> {
        check_name(branch).await?;
        check_free(dir)?;
        let notes = match with_files(&self.mirror.origin).await? {
            Some(path) => self.link(head, branch, dir, path).await?,
            None => self.found(head, branch, dir).await?,
        };
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        Ok(Checkout { dir, branch: branch.to_owned(), notes })
    }

    /// A linked work tree of the repository at `path`.
    async fn link(
        &self,
        head: &Commit,
        branch: &str,
        dir: &Path,
        path: &Path,
    ) -> Result<Vec<String>, Error> {
        let git_dir = common_dir(path).await?;
        check_not_elsewhere(path, branch).await?;
        let heads = self.mirror.fetch().await?;
        let new = match heads.branches.get(branch) {
            Some(found) if found == head => false,
            Some(found) => {
                let (found, head) = (found.clone(), head.clone());
                return Err(Error::BranchTaken { branch: branch.to_owned(), found, head });
            }
            None => true,
        };
        if new {
            self.send(&heads, head, &git_dir).await?;
            move_ref(&git_dir, Update { branch, old: None, new: Some(head) }).await?;
        }
        let linked = self.fill_linked(head, branch, dir, path).await;
        if linked.is_err() && new {
            // The first error is the one to tell.
            let _second = move_ref(&git_dir, Update { branch, old: Some(head), new: None }).await;
        }
        linked
    }

    async fn fill_linked(
        &self,
        head: &Commit,
        branch: &str,
        dir: &Path,
        path: &Path,
    ) -> Result<Vec<String>, Error> {
        let folder = Folder::make(dir)?;
        let filled = async {
            // Forced, because a folder that was removed by hand may still be registered.
            Git::new(format!("add a work tree in {}", folder.path.display()), path)
                .args(["worktree", "add", "--quiet", "--force", "--no-checkout", "--"])
                .arg(&folder.path)
                .arg(branch)
                .run()
                .await?;
            self.mirror.fill(head, &folder.path).await
        };
        let filled = filled.await;
        if filled.is_err() {
            let _first_error_is_told = Git::new("remove the work tree", path)
                .args(["worktree", "remove", "--force", "--"])
                .arg(&folder.path)
                .done()
                .await;
            folder.clear();
        }
        filled
    }

    /// A repository of its own, which shares nothing with the mirror.
    async fn found(&self, head: &Commit, branch: &str, dir: &Path) -> Result<Vec<String>, Error> {
        let folder = Folder::make(dir)?;
        let filled = async {
            self.found_in(head, branch, &folder.path).await?;
            self.mirror.fill(head, &folder.path).await
        };
        let filled = filled.await;
        if filled.is_err() {
            folder.clear();
        }
        filled
    }

    async fn found_in(&self, head: &Commit, branch: &str, dir: &Path) -> Result<(), Error> {
        let action = format!("make a repository in {}", dir.display());
        let format = if head.as_str().len() == 64 { "sha256" } else { "sha1" };
        Git::new(&action, dir)
            .args(["init", "--quiet", "--template=", &format!("--object-format={format}")])
            .args([&format!("--initial-branch={branch}"), "."])
            .run()
            .await?;
        let git_dir = dir.join(".git");
        self.unpack(head, &git_dir).await?;
        move_ref(&git_dir, Update { branch, old: None, new: Some(head) }).await?;
        let settings = [
            ("remote.origin.url", self.mirror.origin.as_str()),
            ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
        ];
        for (name, value) in settings {
            Git::new(&action, dir).args(["config", "--local", name, value]).run().await?;
        }
        Ok(())
    }

    /// The commit's whole history, into the repository at `git_dir`.
    async fn unpack(&self, head: &Commit, git_dir: &Path) -> Result<(), Error> {
        let packing = self.mirror.pack_into_pipe(head).await?;
        if !packing.shallow.is_empty() {
            let path = git_dir.join("shallow");
            let lines: String =
                packing.shallow.iter().map(|commit| format!("{commit}\n")).collect();
            std::fs::write(&path, lines).map_err(|source| Error::Write { path, source })?;
        }
        let (pack, sending) = packing.split();
        Git::new(format!("add {head} to {}", git_dir.display()), git_dir)
            .args(["index-pack", "--stdin"])
            .stdin_fd(pack)
            .time(TIME_LONG)
            .run()
            .await?;
        sending.finish().await
    }
}

impl Mirror {
    /// Writes the files of `head` into the work tree at `dir`, which has none yet, and its index.
    async fn fill(&self, head: &Commit, dir: &Path) -> Result<Vec<String>, Error> {
        let index = origin::path_of(dir, &["--git-path", "index"]).await?;
        let settings = Settings::of(dir).await?;
        let write = || {
            settings
                .apply(Git::new(format!("write the files to {}", dir.display()), dir))
                .env("GIT_DIR", &self.dir)
                .env("GIT_WORK_TREE", dir)
                .env("GIT_INDEX_FILE", &index)
                .time(TIME_LONG)
        };
        write()
            .args(["read-tree", "-m", "-u", "--no-recurse-submodules", head.as_str()])
            .run()
            .await?;
        let files = self.files(head, FILES_MAX).await?.files;
        let attributes = settings.apply(Git::new("look for filtered files", dir).time(TIME_LONG));
        let through = filtered(attributes, paths(&files)).await?;
        if !through.is_empty() {
            for (path, _) in &through {
                let path = dir.join(OsStr::from_bytes(path));
                make_older(&path).map_err(|source| Error::Write { path, source })?;
            }
            write().args(["update-index", "-q", "--refresh"]).run().await?;
        }
        Ok(notes(&files, through))
    }
}

impl Folder {
    fn make(dir: &Path) -> Result<Self, Error> {
        let write_error = |source| Error::Write { path: dir.to_owned(), source };
        if let Some(parent) = dir.parent() {
            std::fs::create_dir_all(parent).map_err(write_error)?;
        }
        let new = match DirBuilder::new().create(dir) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(source) => return Err(write_error(source)),
        };
        // Git's own files name it for later, from wherever.
        let path = dir.canonicalize().map_err(write_error)?;
        check_free(&path)?;
        Ok(Self { path, new })
    }

    /// Empty as it was, or gone as it was. What can't be removed is seen by the next to come.
    fn clear(&self) {
        let _first_error_is_told = std::fs::remove_dir_all(&self.path);
        if !self.new {
            let _as_above = std::fs::create_dir(&self.path);
        }
    }
}

/// The path of an origin that has files.
async fn with_files(of: &Origin) -> Result<Option<&Path>, Error> {
    let Origin::Path(path) = of else { return Ok(None) };
    let path = Path::new(path);
    let bare = Git::new("find the repository", path)
        .args(["rev-parse", "--is-bare-repository"])
        .line()
        .await?;
    Ok((bare == "false").then_some(path))
}

/// A branch's name, and no option.
async fn check_name(branch: &str) -> Result<(), Error> {
    let done = Git::new("check a branch's name", Path::new("/"))
        .args(["check-ref-format", &format!("refs/heads/{branch}")])
        .done()
        .await?;
    if done.code == 0 && !branch.starts_with('-') {
        return Ok(());
    }
    Err(Error::NotABranch { branch: branch.to_owned() })
}

/// Nothing is there, or an empty folder.
fn check_free(dir: &Path) -> Result<(), Error> {
    let path = dir.to_owned();
    if dir.as_os_str().as_bytes().contains(&b'\n') {
        return Err(Error::LineBreak { path });
    }
    match std::fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::Occupied { path }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(Error::Occupied { path }),
        Err(source) => Err(Error::Unreadable { path, source }),
    }
}

/// A branch is checked out in one work tree at a time.
async fn check_not_elsewhere(path: &Path, branch: &str) -> Result<(), Error> {
    let Some(tree) = checkout::work_trees(path, branch).await?.pop() else { return Ok(()) };
    Err(Error::CheckedOut {
        branch: branch.to_owned(),
        command: format!("cd {}", checkout::quote(&tree)),
        path: tree,
        why: "a branch can be in one work tree at a time".into(),
    })
}

/// Of regular files, for neither links nor submodules go through filters; each with a NUL.
fn paths(files: &[TreeFile]) -> Vec<u8> {
    let regular = files.iter().filter(|file| file.mode & 0o170_000 == 0o100_000);
    let each = regular.map(|file| file.path.as_os_str().as_bytes());
    each.flat_map(|path| path.iter().copied().chain([0])).collect()
}

/// A filtered file that git reads again looks changed, for it isn't what the filter would make.
fn make_older(path: &Path) -> io::Result<()> {
    let file = File::options().append(true).open(path)?;
    file.set_modified(file.metadata()?.modified()? - AGE)
}

/// Sentences about filters that didn't run, and submodules that aren't there.
fn notes(files: &[TreeFile], through: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<String> {
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, filter) in through {
        filters.entry(tree::shown(&filter)).or_default().push(tree::shown(&path));
    }
    let mut notes: Vec<String> = filters
        .iter()
        .map(|(filter, names)| {
            let hint =
                if filter == "lfs" { "; `git lfs pull` there gets the contents" } else { "" };
            format!("The filter {filter} wasn't run for {}{hint}.", first(names))
        })
        .collect();
    let submodules: Vec<String> = files
        .iter()
        .filter(|file| file.mode == 0o160_000)
        .map(|file| tree::shown(file.path.as_os_str().as_bytes()))
        .collect();
    if !submodules.is_empty() {
        let names = first(&submodules);
        let command = "`git submodule update --init` there fills them";
        notes.push(format!("Submodules are empty: {names}; {command}."));
    }
    notes
}

fn first(names: &[String]) -> String {
    let first = names[..names.len().min(NAMES_SHOWN_MAX)].join(", ");
    let more = names.len().saturating_sub(NAMES_SHOWN_MAX);
    if more > 0 { format!("{first} and {more} more") } else { first }
}

#[cfg(test)]
mod tests;
