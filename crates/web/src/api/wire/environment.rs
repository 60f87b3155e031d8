//! What computers are made of.

use domain::{Commit, ProjectId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a project's environment is at a branch's tip, and why. As `whimbrel env explain --json`
/// says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    pub project: ProjectId,
    pub branch: String,
    pub commit: Commit,
    /// The image, the setup, the checks, limits and networks, with `findings` that say where each
    /// comes from.
    pub environment: Map<String, Value>,
    /// How each step of preparing would go, and how it went; null where no computer can be made.
    pub steps: Option<Vec<Map<String, Value>>>,
    /// Why there are no steps.
    pub no_steps: Option<String>,
    /// Why the server's operator doesn't allow it.
    pub refused: Option<String>,
}

/// A prepared computer's file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    pub key: String,
    pub project: Option<ProjectId>,
    pub commit: Option<Commit>,
    /// `base`, `setup`, `commit`.
    pub step: Option<String>,
    pub bytes: u64,
    pub created: Option<Timestamp>,
    pub used: Option<Timestamp>,
    /// All of its layers are there.
    pub whole: bool,
}
