//! A forge without a forge's software: the branch in the repository itself, for origins that are
//! paths and for those that the user's git can push to.
//!
//! Into a path, objects are added with `index-pack` and one ref is moved by compare-and-set with
//! `update-ref`; neither reads the work tree, the index or HEAD, and hooks are off.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::Commit;
use domain::project::Origin;

use crate::checkout::{self, Advance};
use crate::forge::{Forge, Merge, Prepared};
use crate::git::{Git, TIME_LONG};
use crate::mirror::{Heads, Written};
use crate::{Error, Mirror, origin};

/// Commits of the origin that a pack is made against; more would only make it smaller.
const KNOWN_MAX: usize = 500;
/// Files that a conflict names.
const CONFLICTS_SHOWN_MAX: usize = 20;

/// What the reflog of the user's repository says.
const REFLOG: &str = "whimbrel";
const REFLOG_EMAIL: &str = "whimbrel@localhost";

/// The origin of a mirror, as a forge.
#[derive(Debug, Clone)]
pub struct Local {
    pub(crate) mirror: Mirror,
}

/// One branch, from where to where; `None` is "not there".
#[derive(Debug, Clone, Copy)]
pub(crate) struct Update<'a> {
    pub branch: &'a str,
    pub old: Option<&'a Commit>,
    pub new: Option<&'a Commit>,
}

/// One branch that is there, to its next commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub branch: &'a str,
    pub old: &'a Commit,
    pub new: &'a Commit,
}

impl Local {
    pub fn new(mirror: Mirror) -> Self {
        Self { mirror }
    }

    /// Makes the update, objects first.
    async fn update(&self, heads: &Heads, update: Update<'_>) -> Result<(), Error> {
        match &self.mirror.origin {
            Origin::Path(path) => {
                let git_dir = common_dir(Path::new(path)).await?;
                if let Some(new) = update.new {
                    self.send(heads, new, &git_dir).await?;
                }
                move_ref(&git_dir, update).await
            }
            Origin::Url(url) => self.push(url, update).await,
        }
    }

    /// Adds the commit's objects to the repository at `git_dir`.
    pub(crate) async fn send(
        &self,
        heads: &Heads,
        commit: &Commit,
        git_dir: &Path,
    ) -> Result<(), Error> {
        let known = heads.head.iter().chain(heads.branches.values()).take(KNOWN_MAX);
        let known: String = known.map(|commit| format!("^{commit}\n")).collect();
        let (pack, sending) = Git::new(format!("pack {commit}"), &self.mirror.dir)
            .args(["pack-objects", "--stdout", "--revs", "--thin", "--delta-base-offset"])
            .arg("--quiet")
            .stdin(format!("{commit}\n{known}"))
            .time(TIME_LONG)
            .pipe()?;
        Git::new(format!("add {commit} to {}", git_dir.display()), git_dir)
            .arg(git_dir_option(git_dir))
            .args(["index-pack", "--stdin", "--fix-thin"])
            .stdin_fd(pack)
            .time(TIME_LONG)
            .run()
            .await?;
        sending.finish().await
    }

    /// A push with a lease is a compare-and-set on the other side.
    async fn push(&self, url: &str, update: Update<'_>) -> Result<(), Error> {
        let name = format!("refs/heads/{}", update.branch);
        let text = |commit: Option<&Commit>| commit.map_or("", Commit::as_str).to_owned();
        Git::new(
            format!("push {} to {}", update.branch, origin::shown(&self.mirror.origin)),
            &self.mirror.dir,
        )
        .args(["push", "--quiet", "--no-verify", "--no-follow-tags", "--porcelain"])
        .arg(format!("--force-with-lease={name}:{}", text(update.old)))
        .args(["--end-of-options", url])
        .arg(format!("{}:{name}", text(update.new)))
        .with_network()
        .run()
        .await?;
        Ok(())
    }

    /// The tree of both sides together, made in the mirror, where no merge driver is configured.
    async fn merge_trees(&self, merge: &Merge, tip: &Commit) -> Result<String, Error> {
        let action = format!("merge {} into {}", merge.head.short(), merge.base.branch);
        let done = Git::new(&action, &self.mirror.dir)
            .args(["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z"])
            .args([tip.as_str(), merge.head.as_str()])
            .done()
            .await?;
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let mut fields = text.split('\0').map(str::to_owned).filter(|field| !field.is_empty());
        let tree = fields.next();
        match (done.code, tree) {
            (0, Some(tree)) => Ok(tree),
            (1, Some(_)) => Err(Error::Conflicts {
                base_branch: merge.base.branch.clone(),
                files: fields.take(CONFLICTS_SHOWN_MAX).collect(),
            }),
            _ => Err(done.into_error()),
        }
    }

    /// Whether `tip` has `commit` in its history.
    async fn has(&self, tip: &Commit, commit: &Commit) -> Result<bool, Error> {
        let done = Git::new("compare histories", &self.mirror.dir)
            .args(["merge-base", "--is-ancestor", commit.as_str(), tip.as_str()])
            .done()
            .await?;
        match done.code {
            0 => Ok(true),
            1 => Ok(false),
            _ => Err(done.into_error()),
        }
    }

    /// Moves a branch in the repository at `path`, and the work tree that has it checked out, if
    /// one has. `by_hand` is what the user would run there.
    async fn advance(
        &self,
        heads: &Heads,
        path: &Path,
        step: Step<'_>,
        by_hand: &'static str,
    ) -> Result<(), Error> {
        let git_dir = common_dir(path).await?;
        self.send(heads, step.new, &git_dir).await?;
        let update = Update { branch: step.branch, old: Some(step.old), new: Some(step.new) };
        let mut trees = checkout::work_trees(path, step.branch).await?;
        let Some(tree) = trees.pop() else { return move_ref(&git_dir, update).await };
        let advance = Advance::new(tree, step, by_hand);
        if !trees.is_empty() {
            return Err(advance.refuse("another work tree has it checked out too"));
        }
        advance.check().await?;
        advance.forward().await?;
        match move_ref(&git_dir, update).await {
            Ok(()) => Ok(()),
            Err(error) => {
                advance.back().await?;
                Err(error)
            }
        }
    }

    /// Moves a branch of ours that is at `from` now.
    async fn renew_from(
        &self,
        heads: &Heads,
        branch: &str,
        from: &Commit,
        to: &Commit,
    ) -> Result<(), Error> {
        match &self.mirror.origin {
            Origin::Path(path) => {
                let step = Step { branch, old: from, new: to };
                self.advance(heads, Path::new(path), step, "reset --keep").await
            }
            Origin::Url(url) => {
                self.push(url, Update { branch, old: Some(from), new: Some(to) }).await
            }
        }
    }

    /// What a failed move of a branch of ours means: another process of ours was quicker, somebody
    /// else was, or it is what git said.
    async fn explain_renewal(
        &self,
        branch: &str,
        (from, to): (&Commit, &Commit),
        before: Option<&Commit>,
        error: Error,
    ) -> Result<(), Error> {
        let Ok(heads) = self.mirror.heads().await else { return Err(error) };
        match heads.branches.get(branch) {
            Some(found) if found == to => Ok(()),
            found if found == before => Err(error),
            found => Err(branch_moved(branch, from, found)),
        }
    }

    /// What a failed move of the base branch means.
    async fn explain(&self, prepared: &Prepared, error: Error) -> Error {
        let Ok(heads) = self.mirror.heads().await else { return error };
        if heads.branches.get(&prepared.base_branch) == Some(&prepared.base_tip) {
            return error;
        }
        Error::BaseMoved { base_branch: prepared.base_branch.clone() }
    }
}

#[async_trait]
impl Forge for Local {
    async fn offer(&self, branch: &str, head: &Commit) -> Result<(), Error> {
        let heads = self.mirror.fetch().await?;
        match heads.branches.get(branch) {
            Some(found) if found == head => Ok(()),
            Some(found) => Err(Error::BranchTaken {
                branch: branch.to_owned(),
                found: found.clone(),
                head: head.clone(),
            }),
            None => self.update(&heads, Update { branch, old: None, new: Some(head) }).await,
        }
    }

    async fn renew(&self, branch: &str, from: &Commit, to: &Commit) -> Result<(), Error> {
        let heads = self.mirror.fetch().await?;
        let found = heads.branches.get(branch);
        let renewed = match found {
            Some(found) if found == to => Ok(()),
            Some(found) if found == from => self.renew_from(&heads, branch, from, to).await,
            Some(found) => Err(branch_moved(branch, from, Some(found))),
            None => self.update(&heads, Update { branch, old: None, new: Some(to) }).await,
        };
        match renewed {
            Err(error @ Error::Git { .. }) => {
                self.explain_renewal(branch, (from, to), found, error).await
            }
            other => other,
        }
    }

    async fn verify(&self, branch: &str, head: &Commit) -> Result<(), Error> {
        let heads = self.mirror.heads().await?;
        match heads.branches.get(branch) {
            Some(found) if found == head => Ok(()),
            found => Err(branch_moved(branch, head, found)),
        }
    }

    async fn prepare_merge(&self, merge: &Merge) -> Result<Prepared, Error> {
        let heads = self.mirror.fetch().await?;
        let tip = heads.base(Some(&merge.base.branch))?.commit;
        let commit = if self.has(&tip, &merge.head).await? {
            tip.clone()
        } else {
            let tree = self.merge_trees(merge, &tip).await?;
            self.mirror.commit_tree(&tree, &[&tip, &merge.head], &by_whom(merge)).await?
        };
        let moved = tip != merge.base.commit;
        Ok(Prepared { base_branch: merge.base.branch.clone(), base_tip: tip, commit, moved })
    }

    async fn publish_merge(&self, prepared: &Prepared) -> Result<(), Error> {
        let heads = self.mirror.fetch().await?;
        let tip = heads.base(Some(&prepared.base_branch))?.commit;
        if self.has(&tip, &prepared.commit).await? {
            return Ok(());
        }
        if tip != prepared.base_tip {
            return Err(Error::BaseMoved { base_branch: prepared.base_branch.clone() });
        }
        let published = match &self.mirror.origin {
            Origin::Path(path) => {
                let (old, new) = (&prepared.base_tip, &prepared.commit);
                let step = Step { branch: &prepared.base_branch, old, new };
                self.advance(&heads, Path::new(path), step, "merge --ff-only").await
            }
            Origin::Url(url) => {
                let (old, new) = (Some(&tip), Some(&prepared.commit));
                self.push(url, Update { branch: &prepared.base_branch, old, new }).await
            }
        };
        match published {
            Err(error @ Error::Git { .. }) => Err(self.explain(prepared, error).await),
            other => other,
        }
    }

    async fn close(&self, branch: &str, head: &Commit) -> Result<(), Error> {
        let heads = self.mirror.heads().await?;
        let Some(found) = heads.branches.get(branch) else { return Ok(()) };
        if found != head {
            return Err(branch_moved(branch, head, Some(found)));
        }
        if let Origin::Path(path) = &self.mirror.origin {
            checkout::check_not_checked_out(Path::new(path), branch).await?;
        }
        self.update(&heads, Update { branch, old: Some(head), new: None }).await
    }
}

fn by_whom(merge: &Merge) -> Written<'_> {
    Written { message: &merge.message, by: &merge.by, at: merge.at }
}

fn branch_moved(branch: &str, expected: &Commit, found: Option<&Commit>) -> Error {
    let (branch, expected) = (branch.to_owned(), expected.clone());
    Error::BranchMoved { branch, expected, found: found.cloned() }
}

/// The git directory that has the branches: of a linked work tree, its main repository's.
pub(crate) async fn common_dir(path: &Path) -> Result<PathBuf, Error> {
    origin::path_of(path, &["--git-common-dir"]).await
}

fn git_dir_option(git_dir: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from("--git-dir=");
    option.push(git_dir);
    option
}

/// Moves one branch if it still is where it was expected.
pub(crate) async fn move_ref(git_dir: &Path, update: Update<'_>) -> Result<(), Error> {
    let name = format!("refs/heads/{}", update.branch);
    let zeros = || "0".repeat(update.new.map_or(40, |new| new.as_str().len()));
    let old = update.old.map_or_else(zeros, |old| old.as_str().to_owned());
    let git = Git::new(format!("move {} in {}", update.branch, git_dir.display()), git_dir)
        .arg(git_dir_option(git_dir))
        .args(["update-ref", "--no-deref", "-m", REFLOG])
        .env("GIT_COMMITTER_NAME", REFLOG)
        .env("GIT_COMMITTER_EMAIL", REFLOG_EMAIL);
    let git = match update.new {
        Some(new) => git.args([&name, new.as_str(), &old]),
        None => git.args(["-d", &name, &old]),
    };
    git.run().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
