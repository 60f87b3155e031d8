//! Something said about one line of a change. It waits until it is sent to an agent together with
//! others, as feedback.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{AttemptId, CommentId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    pub attempt: AttemptId,
    pub person: String,
    pub at: Timestamp,
    pub place: Place,
    pub text: String,
    /// When it was sent to an agent; then it stays as it is.
    pub sent: Option<Timestamp>,
}

/// A line of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A path that isn't UTF-8 is written with replacement characters.
    pub path: String,
    pub side: Side,
    /// Counted from 1.
    pub line: u32,
}

/// One of the two versions of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// As it was at base.
    Old,
    /// As it is at head.
    New,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

impl Comment {
    /// Whether that person can still edit it, and remove it.
    pub fn is_open_to(&self, person: &str) -> bool {
        self.sent.is_none() && self.person == person
    }
}
