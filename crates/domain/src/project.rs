//! A git repository, with its settings.

use serde::{Deserialize, Serialize};

use crate::id::ProjectId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Project {
    pub id: ProjectId,
    pub origin: Origin,
}

/// What its people chose; the server's, not the repository's: an agent can't edit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(default, rename_all = "snake_case")]
pub struct Settings {
    pub approval: Approval,
}

/// What an approval does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Pull requests are opened by themselves; an approved one is proved on the newest base, and
    /// merged.
    #[default]
    Merge,
    /// Nothing is opened by itself; the approval opens the pull request.
    Offer,
}

/// Where the repository is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
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
