//! Why something can't be answered as asked: RFC 9457.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What is wrong, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Tells kinds of problems apart: `urn:whimbrel:problem:not-found`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The answer's HTTP status.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// This case in words.
    pub detail: String,
    /// The path that was asked for.
    #[serde(default)]
    pub instance: String,
    /// What whoever asks can do about it, in words.
    #[serde(default)]
    pub what_to_do: String,
    /// What is wrong with single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One field of what was asked, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// `attempts`, or `settings.approval` for one within another.
    pub field: String,
    pub words: String,
}
