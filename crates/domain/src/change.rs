//! A change: the commits an attempt made, as data.

use serde::{Deserialize, Serialize};

use crate::id::Commit;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Change {
    pub base: Commit,
    pub head: Commit,
    /// Subjects of the commits, oldest first.
    pub commits: Vec<String>,
    pub files: Vec<FileChange>,
}

/// One file of a change. A path that isn't UTF-8 is shown with replacement characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct FileChange {
    pub path: String,
    pub kind: Kind,
    /// Lines; `None` for both where the file is binary.
    pub added: Option<u64>,
    pub removed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Added,
    Deleted,
    Modified,
}

impl Change {
    /// Lines added plus lines removed, over all text files.
    pub fn lines(&self) -> u64 {
        self.files.iter().map(|f| f.added.unwrap_or(0) + f.removed.unwrap_or(0)).sum()
    }
}
