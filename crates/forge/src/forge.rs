//! Where a pull request is offered, merged and closed: the interface. Each operation can be done
//! again after a crash: what is already so is a success.

use async_trait::async_trait;
use domain::task::Base;
use domain::{Commit, Timestamp};

use crate::Error;

#[async_trait]
pub trait Forge: Send + Sync {
    /// Makes `branch` at `head` in the origin; nothing else there changes.
    ///
    /// # Errors
    /// [`Error::BranchTaken`] if the branch is there, at another commit.
    async fn offer(&self, branch: &str, head: &Commit) -> Result<(), Error>;

    /// Moves `branch`, which we made at `from`, to `to`: the open pull request's next change. Makes
    /// it again where somebody removed it. A work tree that has it checked out comes along.
    ///
    /// # Errors
    /// [`Error::BranchMoved`] if it is at neither commit; it stays. [`Error::CheckedOut`] if the
    /// user's own files are in the way; nothing was changed.
    async fn renew(&self, branch: &str, from: &Commit, to: &Commit) -> Result<(), Error>;

    /// Asks the origin itself whether `branch` is at `head`.
    ///
    /// # Errors
    /// [`Error::BranchMoved`] if it isn't.
    async fn verify(&self, branch: &str, head: &Commit) -> Result<(), Error>;

    /// Merges on our side with what the base branch is now, and publishes nothing. Where
    /// [`Prepared::moved`], the checks are to be run on [`Prepared::commit`] first.
    ///
    /// # Errors
    /// [`Error::Conflicts`], [`Error::NoBranch`].
    async fn prepare_merge(&self, merge: &Merge) -> Result<Prepared, Error>;

    /// Moves the base branch to the prepared commit, if it still is where it was.
    ///
    /// # Errors
    /// [`Error::BaseMoved`]: prepare again. [`Error::CheckedOut`]: the user has to.
    async fn publish_merge(&self, prepared: &Prepared) -> Result<(), Error>;

    /// Removes `branch`, if it still is at `head`.
    ///
    /// # Errors
    /// [`Error::BranchMoved`] if somebody added to it; it stays.
    async fn close(&self, branch: &str, head: &Commit) -> Result<(), Error>;
}

/// A merge to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The branch, and the commit that the evidence is about.
    pub base: Base,
    pub head: Commit,
    pub message: String,
    pub by: Identity,
    pub at: Timestamp,
}

/// Who a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub email: String,
}

/// A merge that is made but not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub base_branch: String,
    /// Where the base branch was.
    pub base_tip: Commit,
    /// The merge commit; the base's tip itself where it has the head already.
    pub commit: Commit,
    /// The base has commits that the evidence doesn't know.
    pub moved: bool,
}

#[cfg(test)]
mod tests;
