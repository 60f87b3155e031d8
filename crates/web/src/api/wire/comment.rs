//! Comments on lines of a change: they wait until they are sent to an agent as feedback.

use domain::comment::Side;
use domain::{AttemptId, CommentId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    pub id: CommentId,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    #[schemars(length(min = 1, max = 4096))]
    pub path: String,
    pub side: Side,
    /// From 1.
    #[schemars(range(min = 1, max = 1000000000))]
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

/// What a comment says from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentText {
    #[schemars(length(min = 1, max = 16384))]
    pub text: String,
}
