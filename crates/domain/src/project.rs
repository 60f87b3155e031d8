//! A git repository, with its settings.

use serde::{Deserialize, Serialize};

use crate::id::ProjectId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub origin: Origin,
}

/// Where the repository is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An absolute, resolved path on this machine. Never run through a shell, never with hooks.
    Path(String),
    /// `http(s)://`, `ssh://` or `user@host:path`, reached with the user's own git settings.
    Url(String),
}

impl Origin {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Url(url) => url,
        }
    }

    /// The last part of the path, for people.
    pub fn name(&self) -> &str {
        let trimmed = self.as_str().trim_end_matches('/').trim_end_matches(".git");
        trimmed.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or(trimmed)
    }
}
