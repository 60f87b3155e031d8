//! Comments on lines of a change: they wait until they are sent to an agent as feedback.

use domain::{AttemptId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    pub id: String,
    pub attempt: AttemptId,
    pub person: String,
    pub at: Timestamp,
    pub path: String,
    pub side: Side,
    pub line: u32,
    pub text: String,
    /// When it was sent; null while it waits.
    pub sent: Option<Timestamp>,
}

/// Whose line it is: as the file was, or as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Old,
    New,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    #[schemars(length(min = 1, max = 4096))]
    pub path: String,
    pub side: Side,
    /// From 1.
    #[schemars(range(min = 1))]
    pub line: u32,
    #[schemars(length(min = 1, max = 16384))]
    pub text: String,
}

/// Sends all comments that wait, with `text` before them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub text: Option<String>,
}
