//! Pull requests.

use domain::{AttemptId, Commit, ProjectId, PullRequestId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRequest {
    pub id: PullRequestId,
    pub task: TaskId,
    pub project: ProjectId,
    pub attempt: AttemptId,
    /// `open`, `merged`, `closed`.
    pub state: String,
    /// Why it was closed.
    pub reason: Option<String>,
    /// Merged as this commit.
    pub commit: Option<Commit>,
    pub branch: String,
    /// The branch that it is for.
    pub base: String,
    pub base_commit: Commit,
    pub head: Commit,
    pub title: String,
    /// Markdown.
    pub body: String,
    pub created: Timestamp,
}

/// Ends it without a merge, and deletes its branch where that is still ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    #[schemars(length(min = 1, max = 4096))]
    pub reason: String,
}
