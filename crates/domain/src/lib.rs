//! The nouns of whimbrel: what a task, an attempt, an event, a change and its evidence are, and
//! how their states may move. Knows nothing of async, files, SQL or HTTP, and never fails but by
//! saying that a transition is not one.

pub mod access;
pub mod attempt;
pub mod audit;
pub mod change;
pub mod clock;
pub mod comment;
pub mod event;
pub mod evidence;
pub mod examination;
pub mod id;
pub mod limits;
pub mod network;
pub mod project;
pub mod pull_request;
#[cfg(any(test, feature = "schema"))]
mod schema;
pub mod task;
pub mod verdict;

pub use access::{Scope, Scopes, Way};
pub use attempt::Attempt;
pub use change::Change;
pub use clock::{Clock, Day, SystemClock, Timestamp};
pub use comment::Comment;
pub use event::{Event, Fact};
pub use evidence::Evidence;
pub use examination::Examination;
pub use id::{AttemptId, CommentId, Commit, ProjectId, PullRequestId, TaskId, VerdictId};
pub use limits::Limits;
pub use project::Project;
pub use pull_request::PullRequest;
pub use task::Task;
pub use verdict::Verdict;

/// A transition that the state machine doesn't have. Whoever sees it lost a race or has a bug;
/// nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {noun} that is {from} can't {verb}")]
pub struct InvalidTransition {
    pub noun: &'static str,
    pub from: &'static str,
    pub verb: &'static str,
}
