//! Tasks: what is asked for, and how far it is.

use domain::task::{AgentName, Base, Mode};
use domain::{AttemptId, Commit, Limits, ProjectId, PullRequestId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::pull_request::PullRequest;

/// What is delegated. What is left open is the repository's choice, then the server's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = Self::example())]
pub struct NewTask {
    /// The sentence that says what is to be done; at most 64 KiB.
    #[schemars(length(min = 1, max = 65536))]
    pub text: String,
    /// A project's id. Either this or `repo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// A folder of the server's, or a URL; it becomes a project, for which the scope `admin` is
    /// needed where it is none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub repo: Option<String>,
    /// The branch or commit that it starts from; the repository's current branch otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub base: Option<String>,
    /// `code` ends in a change, `ask` in an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    pub attempts: Option<u32>,
    /// When so many attempts hold, those that haven't begun aren't made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    pub enough: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// `provider/model`, or an alias of the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub model: Option<String>,
    /// Wall time of an attempt's work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 1440.0))]
    pub minutes: Option<f64>,
    /// What an attempt's models may cost, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.000001, max = 100000.0))]
    pub usd: Option<f64>,
    /// What an attempt's models may read and write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000000000000_u64))]
    pub tokens: Option<u64>,
    /// Memory of an attempt's computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16777216, max = 1099511627776_u64))]
    pub memory_bytes: Option<u64>,
    /// Where the attempts' different searches start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9007199254740991_u64))]
    pub seed: Option<u64>,
    /// A plan comes first, and waits for a person's approval.
    #[serde(default)]
    pub plan: bool,
    /// Leaves the environment's setup out.
    #[serde(default)]
    pub without_setup: bool,
    /// Starts from the uncommitted work in the folder, too.
    #[serde(default)]
    pub with_changes: bool,
}

impl NewTask {
    fn example() -> Self {
        Self {
            text: "Add a --dry-run flag to the importer".into(),
            project: "k3v9x2ab".parse().ok(),
            attempts: Some(4),
            usd: Some(2.0),
            ..Self::default()
        }
    }
}

/// A task that was stored, and what its person should know about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delegated {
    pub task: Task,
    pub notes: Vec<String>,
}

/// A task: in a list with little of each attempt, by itself with all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TaskOf{A}")]
pub struct Task<A = Brief> {
    pub id: TaskId,
    /// `open`, `running`, `decided`, `offered`, `merged`, `closed`, `cancelled`.
    pub state: String,
    /// Why it was closed.
    pub reason: Option<String>,
    /// Nothing goes on until a person decides: a plan waits, or a pull request is offered.
    pub waits_for_person: bool,
    pub text: String,
    pub project: ProjectId,
    pub project_name: String,
    /// Who asked; empty where it isn't known.
    pub person: String,
    pub mode: Mode,
    pub created: Timestamp,
    /// The attempt whose change was or is to be offered.
    pub chosen: Option<AttemptId>,
    pub pull_request: Option<PullRequestId>,
    pub attempts: Vec<A>,
}

/// An attempt, in a list of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AttemptBrief")]
pub struct Brief {
    pub id: AttemptId,
    /// `queued`, `preparing`, `working`, `paused`, `proving`, `ended`.
    pub state: String,
    /// How it ended: `changed`, `answered`, `no_change`, `failed`, `out_of_time`, `out_of_budget`,
    /// `cancelled`, `not_needed`.
    pub outcome: Option<String>,
}

/// A task with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TaskDetails")]
pub struct Details {
    #[serde(flatten)]
    pub task: Task<Attempt>,
    pub base: Base,
    pub settings: Settings,
    pub offered: Option<PullRequest>,
    /// Merged as this commit.
    pub merged: Option<Commit>,
    pub spent: super::attempt::Spent,
}

/// What was fixed when it was delegated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TaskSettings")]
pub struct Settings {
    pub agent: AgentName,
    pub model: Option<String>,
    pub attempts: u32,
    pub enough: Option<u32>,
    pub plan: bool,
    pub without_setup: bool,
    pub seed: u64,
    pub limits: Limits,
}
