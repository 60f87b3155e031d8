//! A task's attempts beside each other.

use domain::{AttemptId, Examination, TaskId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::change::Change;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    pub task: TaskId,
    /// The best first; those that changed something.
    pub ranking: Vec<AttemptId>,
    /// Those that may become a pull request.
    pub eligible: Vec<AttemptId>,
    /// Those of `eligible` that behave the same in everything that was run.
    pub groups: Vec<Vec<AttemptId>>,
    /// Why the first one is first, in sentences.
    pub why: Vec<String>,
    /// Ranked ones first, the rest as they were made.
    pub compared: Vec<Compared>,
    /// Whose tests on whose code.
    pub examination: Examination,
    /// The examination is under way; the order may change.
    pub being_examined: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    #[serde(flatten)]
    pub attempt: Attempt,
    /// From 1; null for one that changed nothing.
    pub rank: Option<u32>,
    pub eligible: bool,
    /// From 0, in `groups`.
    pub group: Option<u32>,
    pub took_ms: Option<u64>,
    pub change: Option<Change>,
}

/// What tells two attempts' results apart, as a unified diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    pub task: TaskId,
    pub from: AttemptId,
    pub to: AttemptId,
    /// Bytes that aren't UTF-8 are replaced.
    pub diff: String,
    /// It is longer than what is given.
    pub cut: bool,
}
