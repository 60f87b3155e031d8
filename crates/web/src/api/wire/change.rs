//! What an attempt changed.

use domain::change::FileChange;
use domain::{AttemptId, Commit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub attempt: AttemptId,
    pub base: Commit,
    pub head: Commit,
    /// Subjects of the commits, oldest first.
    pub commits: Vec<String>,
    pub files: Vec<FileChange>,
    /// Lines, over all text files.
    pub added: u64,
    pub removed: u64,
}
