//! The server itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who answers, and as whom you ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Server {
    /// whimbrel's version.
    pub version: String,
    /// Of this API.
    pub api: String,
    /// In whose name you ask.
    pub person: String,
    /// What you may do: `read`, `task`, `decide`, `secrets`, `admin`.
    pub scopes: Vec<String>,
    /// What somebody should know of the machine, as that its disk is full.
    pub warnings: Vec<String>,
}
