//! The user's own work trees: which has a branch checked out, and bringing one along when the
//! branch is moved, only where `git merge --ff-only` would, and only where no program would run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use domain::Commit;

use crate::git::Git;
use crate::local::Step;
use crate::settings::filtered;
use crate::{Error, origin};

/// Writing files that changed.
const FORWARD_TIME: std::time::Duration = std::time::Duration::from_secs(10 * 60);

/// The work trees of the repository at `path` that have `branch` checked out.
pub(crate) async fn work_trees(path: &Path, branch: &str) -> Result<Vec<PathBuf>, Error> {
    let listing = Git::new("list the work trees", path)
        .args(["worktree", "list", "--porcelain", "-z"])
        .run()
        .await?;
    let mut candidates: BTreeSet<PathBuf> = listing
        .split(|&byte| byte == 0)
        .filter_map(|field| field.strip_prefix(b"worktree "))
        .map(|bytes| PathBuf::from(OsStr::from_bytes(bytes)))
        .filter(|path| path.is_dir())
        .collect();
    // A git directory that is elsewhere doesn't know its main work tree.
    candidates.insert(path.to_owned());
    let mut found = Vec::new();
    for candidate in candidates {
        if is_at(&candidate, branch).await? {
            found.push(candidate);
        }
    }
    Ok(found)
}

async fn is_at(folder: &Path, branch: &str) -> Result<bool, Error> {
    let action = "look at a work tree";
    let inside =
        Git::new(action, folder).args(["rev-parse", "--is-inside-work-tree"]).done().await?;
    let head = Git::new(action, folder).args(["symbolic-ref", "--quiet", "HEAD"]).done().await?;
    Ok(inside.stdout == b"true\n" && head.stdout == format!("refs/heads/{branch}\n").as_bytes())
}

/// A branch that somebody works on isn't removed under their feet.
pub(crate) async fn check_not_checked_out(path: &Path, branch: &str) -> Result<(), Error> {
    let Some(tree) = work_trees(path, branch).await?.pop() else { return Ok(()) };
    Err(Error::CheckedOut {
        branch: branch.to_owned(),
        command: format!("git -C {} switch another-branch", quote(&tree)),
        path: tree,
        why: "so it can't be removed".into(),
    })
}

/// One work tree, to be brought from one commit to the next.
#[derive(Debug)]
pub(crate) struct Advance {
    tree: PathBuf,
    branch: String,
    old: Commit,
    new: Commit,
    /// What the user would give to git, before the new commit.
    by_hand: &'static str,
}

impl Advance {
    pub fn new(tree: PathBuf, step: Step<'_>, by_hand: &'static str) -> Self {
        Self {
            tree,
            branch: step.branch.to_owned(),
            old: step.old.clone(),
            new: step.new.clone(),
            by_hand,
        }
    }

    /// That nothing of the user's is in the way, and that no program would run.
    pub async fn check(&self) -> Result<(), Error> {
        if origin::has_filters(&self.tree).await? {
            return Err(self.refuse("its configuration has filters, which whimbrel doesn't run"));
        }
        if self.has_filtered_paths().await? {
            return Err(self.refuse("a changed file goes through a filter (as with git-lfs)"));
        }
        if self.is_merging().await? {
            return Err(self.refuse("a merge is going on there"));
        }
        let mut dry = self.read_tree(&["-n"], &self.old, &self.new).done().await?;
        if dry.code != 0 {
            self.refresh().await?;
            dry = self.read_tree(&["-n"], &self.old, &self.new).done().await?;
        }
        if dry.code != 0 {
            return Err(
                self.refuse(&format!("uncommitted changes are in the way ({})", dry.said()))
            );
        }
        Ok(())
    }

    /// A file that was copied or touched has other times and the same content. The index learns
    /// of it here, as `git status` would teach it.
    async fn refresh(&self) -> Result<(), Error> {
        // It says that some files did change, and those the dry run names.
        let _some_differ = Git::new("look at the files' times", &self.tree)
            .args(["update-index", "-q", "--refresh"])
            .time(FORWARD_TIME)
            .done()
            .await?;
        Ok(())
    }

    /// Index and files, from old to new; uncommitted changes to other files stay.
    pub async fn forward(&self) -> Result<(), Error> {
        let done = self.read_tree(&[], &self.old, &self.new).done().await?;
        if done.code == 0 { Ok(()) } else { Err(self.refuse(&done.said())) }
    }

    /// Undoes [`Advance::forward`].
    pub async fn back(&self) -> Result<(), Error> {
        self.read_tree(&[], &self.new, &self.old).run().await?;
        Ok(())
    }

    fn read_tree(&self, options: &[&str], from: &Commit, to: &Commit) -> Git {
        Git::new(format!("update the files in {}", self.tree.display()), &self.tree)
            .args(["read-tree", "-m", "-u", "--no-recurse-submodules"])
            .args(options)
            .args([from.as_str(), to.as_str()])
            .time(FORWARD_TIME)
    }

    /// Whether an attribute sends a changed file through a filter that other settings define.
    async fn has_filtered_paths(&self) -> Result<bool, Error> {
        let action = "look for filtered files";
        let paths = Git::new(action, &self.tree)
            .args(["diff-tree", "-r", "-z", "--name-only", "--no-renames"])
            .args([self.old.as_str(), self.new.as_str(), "--"])
            .run()
            .await?;
        Ok(!filtered(Git::new(action, &self.tree), paths).await?.is_empty())
    }

    async fn is_merging(&self) -> Result<bool, Error> {
        let bytes = Git::new("look for a merge", &self.tree)
            .args(["rev-parse", "--path-format=absolute", "--git-path", "MERGE_HEAD"])
            .run()
            .await?;
        Ok(origin::one_path(bytes).exists())
    }

    pub fn refuse(&self, why: &str) -> Error {
        Error::CheckedOut {
            branch: self.branch.clone(),
            path: self.tree.clone(),
            why: why.to_owned(),
            command: format!("git -C {} {} {}", quote(&self.tree), self.by_hand, self.new),
        }
    }
}

/// For a shell.
pub(crate) fn quote(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
