//! What moved, on the stream of everything. It says that something is new, not what: whoever shows
//! it asks for it.

use domain::{AttemptId, Event, TaskId, VerdictId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// On an attempt's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Logged {
    Event(Event),
    End(LogEnd),
}

/// Nothing more comes: the event `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogEnd {}

/// Any of them; the event's name says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Notice {
    Attempt(AttemptMoved),
    Verdict(VerdictMoved),
    Task(TaskMoved),
}

/// A task was made or moved: the event `task`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskMoved {
    pub task: TaskId,
    /// As it is now.
    pub state: String,
}

/// An attempt's log has grown: the event `attempt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptMoved {
    pub task: TaskId,
    pub attempt: AttemptId,
    /// The number of its newest event.
    pub seq: u64,
    /// Its new state, where that is among what is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A verdict was given, withdrawn or carried out: the event `verdict`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictMoved {
    pub task: TaskId,
    pub verdict: VerdictId,
    /// As it is now.
    pub state: String,
}
