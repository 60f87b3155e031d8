//! The feed: what waits for a decision, the most worthwhile first.

use domain::project::Approval;
use domain::{AttemptId, Commit, ProjectId, TaskId, Timestamp, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Chip, Film};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Card {
    pub attempt: AttemptId,
    pub task: TaskId,
    pub project: ProjectId,
    pub project_name: String,
    /// What was done, in one line: the agent's words.
    pub title: String,
    /// What was asked for.
    pub asked: String,
    /// Why it matters: the agent's words; may be empty.
    pub why: String,
    /// The worst first, then size and cost.
    pub chips: Vec<Chip>,
    /// Larger is earlier.
    pub weight: f64,
    /// What its review takes.
    pub minutes: f64,
    /// Since when it can be decided.
    pub since: Timestamp,
    pub base_branch: String,
    pub base: Commit,
    pub head: Commit,
    pub approval: Approval,
    /// What approving does, in words.
    pub approves: String,
    /// Where it follows an earlier card.
    pub since_last: Option<SinceLast>,
    /// Why the last decision could not be carried out.
    pub failed: Option<String>,
    /// A decision that is on its way.
    pub pending: Option<Verdict>,
    /// Whether its agent understands words, so that feedback leads to something.
    pub hears: bool,
    pub film: Film,
}

/// What was said of an earlier card, and what is different now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SinceLast {
    pub attempt: AttemptId,
    pub person: Option<String>,
    pub feedback: Option<String>,
    pub differences: Vec<String>,
}
