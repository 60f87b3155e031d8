//! Attempts: one agent's tries at a task, what is said to them, and what they planned.

use domain::attempt::Source;
use domain::evidence::Level;
use domain::{AttemptId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Change;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    pub id: AttemptId,
    pub task: TaskId,
    pub number: u32,
    /// `queued`, `preparing`, `working`, `paused`, `proving`, `ended`.
    pub state: String,
    /// How it ended: `changed`, `answered`, `no_change`, `failed`, `out_of_time`, `out_of_budget`,
    /// `cancelled`, `not_needed`.
    pub outcome: Option<String>,
    /// Why it ended so, where the outcome's name doesn't say it all.
    pub reason: Option<String>,
    /// For what it waits that nobody works on, in words.
    pub waits: Option<String>,
    /// Its plan waits to be approved.
    pub plan_waits: bool,
    /// The attempt whose computer and conversation it goes on with.
    pub follows: Option<AttemptId>,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// How many runners have taken it.
    pub runs: u32,
    pub spent: Spent,
    /// What the server itself saw of its change; null where there is none (yet).
    pub evidence: Option<Brief>,
    /// An answer's text, and the lines that it rests on.
    pub answer: Option<String>,
    pub sources: Vec<Source>,
}

/// An attempt with what it made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AttemptDetails")]
pub struct Details {
    #[serde(flatten)]
    pub attempt: Attempt,
    pub report: Option<Report>,
    pub change: Option<Change>,
    /// Where its film, its captions and its poster are; null where there is nothing to show.
    pub film: Option<Film>,
}

/// The agent's last words. Not evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub title: String,
    pub summary: String,
}

/// Addresses on this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Film {
    pub video: String,
    pub captions: String,
    pub poster: String,
}

/// What the models cost.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    pub requests: u64,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// Null where the price of some request isn't known.
    pub usd: Option<f64>,
    /// Requests of which only an estimate is known.
    pub estimated: u64,
}

/// Evidence in a few words; `/attempts/{attempt}/evidence` is all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EvidenceBrief")]
pub struct Brief {
    pub holds: bool,
    /// In one sentence.
    pub headline: String,
    /// The worst first.
    pub chips: Vec<Chip>,
    pub fixed: Vec<String>,
    pub broken: Vec<String>,
    pub added: Vec<String>,
    /// Why it doesn't hold.
    pub objections: Vec<String>,
    pub risk: Level,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chip {
    pub text: String,
    pub tone: Tone,
}

/// How a chip is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Good,
    Plain,
    /// Somebody should look.
    Doubt,
    Bad,
}

/// Said to the agent: at work it reads it before its model is asked next; one that has ended is
/// followed by another attempt, which begins with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// At most 64 KiB.
    #[schemars(length(min = 1, max = 65536))]
    pub text: String,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Steered {
    /// Who reads it.
    pub attempt: AttemptId,
    /// Where that is a new one, the one that it goes on from.
    pub follows: Option<AttemptId>,
    /// Its agent has gone already: a follow-up begins with the message once its work is proven.
    pub kept: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    pub attempt: AttemptId,
    /// Markdown of the agent's.
    pub plan: String,
    /// It waits to be approved.
    pub waits: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanApproval {
    /// The plan as it is to be followed, where it isn't the agent's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65536))]
    pub plan: Option<String>,
}

/// A file that a check left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Log {
    /// `test-head.log`.
    pub name: String,
    pub bytes: u64,
}
