//! A task: what was asked for, and how far it is.
//!
//! ```text
//! Open → Running → Decided(attempt) → Offered(pull request) → Merged | Closed | Cancelled
//!           ↑__________|_____________________|______________________| a follow-up was asked for
//! ```

use serde::{Deserialize, Serialize};

use crate::InvalidTransition;
use crate::clock::Timestamp;
use crate::id::{AttemptId, Commit, ProjectId, PullRequestId, TaskId};
use crate::limits::Limits;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Task {
    pub id: TaskId,
    pub project: ProjectId,
    /// Who asked: for turns that are fair and budgets that are theirs. Empty in older tasks.
    #[serde(default)]
    pub person: String,
    /// The sentence.
    pub text: String,
    pub mode: Mode,
    pub settings: Settings,
    pub base: Base,
    pub created: Timestamp,
    pub state: State,
}

/// How a task ends: in a change, or in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Code,
    Ask,
}

/// What was fixed when the task was delegated, so that a later edit of a file changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Settings {
    pub agent: AgentName,
    /// `provider/model`; none for agents without a model.
    pub model: Option<String>,
    pub attempts: u32,
    pub limits: Limits,
    /// Where the attempts' different searches start from.
    pub seed: u64,
    /// The environment's setup is left out, because the person said so.
    #[serde(default)]
    pub without_setup: bool,
    /// A plan comes first, and waits for a person's approval.
    #[serde(default)]
    pub plan_first: bool,
    /// When so many attempts hold, those that haven't begun aren't made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enough: Option<u32>,
}

/// An agent that this version can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgentName {
    Native,
    /// Repairs, unless the sentence asks for one of its other jobs.
    Mechanic,
    #[serde(rename = "mechanic:lint")]
    MechanicLint,
    #[serde(rename = "mechanic:bisect")]
    MechanicBisect,
    #[serde(rename = "mechanic:minimise")]
    MechanicMinimise,
}

impl AgentName {
    pub const ALL: [Self; 5] = [
        Self::Native,
        Self::Mechanic,
        Self::MechanicLint,
        Self::MechanicBisect,
        Self::MechanicMinimise,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Mechanic => "mechanic",
            Self::MechanicLint => "mechanic:lint",
            Self::MechanicBisect => "mechanic:bisect",
            Self::MechanicMinimise => "mechanic:minimise",
        }
    }

    /// Whether it works through a model, and so understands words.
    pub fn has_model(self) -> bool {
        match self {
            Self::Native => true,
            Self::Mechanic | Self::MechanicLint | Self::MechanicBisect | Self::MechanicMinimise => {
                false
            }
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

/// The commit all attempts start from, and the branch the pull request is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Base {
    pub branch: String,
    pub commit: Commit,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Stored, nothing started.
    Open,
    /// At least one attempt was started.
    Running,
    /// All attempts ended and this one is to be offered.
    Decided {
        attempt: AttemptId,
    },
    /// The pull request exists.
    Offered {
        attempt: AttemptId,
        pull_request: PullRequestId,
    },
    Merged {
        pull_request: PullRequestId,
        commit: Commit,
    },
    /// Ended without a merge: nothing worth offering, or the pull request was closed.
    Closed {
        reason: String,
    },
    Cancelled,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Running => "running",
            Self::Decided { .. } => "decided",
            Self::Offered { .. } => "offered",
            Self::Merged { .. } => "merged",
            Self::Closed { .. } => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether whimbrel still has something to do before it needs a person.
    pub fn is_moving(&self) -> bool {
        match self {
            Self::Open | Self::Running | Self::Decided { .. } => true,
            Self::Offered { .. } | Self::Merged { .. } | Self::Closed { .. } | Self::Cancelled => {
                false
            }
        }
    }

    pub fn start(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Open => Ok(Self::Running),
            other => Err(other.cannot("start")),
        }
    }

    pub fn decide(self, attempt: AttemptId) -> Result<Self, InvalidTransition> {
        match self {
            Self::Running => Ok(Self::Decided { attempt }),
            other => Err(other.cannot("be decided")),
        }
    }

    pub fn offer(self, pull_request: PullRequestId) -> Result<Self, InvalidTransition> {
        match self {
            Self::Decided { attempt } => Ok(Self::Offered { attempt, pull_request }),
            other => Err(other.cannot("be offered")),
        }
    }

    pub fn merge(self, commit: Commit) -> Result<Self, InvalidTransition> {
        match self {
            Self::Offered { pull_request, .. } => Ok(Self::Merged { pull_request, commit }),
            other => Err(other.cannot("be merged")),
        }
    }

    pub fn close(self, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Running | Self::Decided { .. } | Self::Offered { .. } => {
                Ok(Self::Closed { reason })
            }
            other => Err(other.cannot("be closed")),
        }
    }

    pub fn cancel(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Open | Self::Running | Self::Decided { .. } => Ok(Self::Cancelled),
            other => Err(other.cannot("be cancelled")),
        }
    }

    /// A follow-up was asked for: there is work again. What was offered stays so meanwhile.
    pub fn reopen(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Running | Self::Decided { .. } | Self::Offered { .. } | Self::Closed { .. } => {
                Ok(Self::Running)
            }
            other => Err(other.cannot("be worked on again")),
        }
    }

    /// A follow-up was cancelled, and what was offered before it still is.
    pub fn stay_offered(
        self,
        attempt: AttemptId,
        pull_request: PullRequestId,
    ) -> Result<Self, InvalidTransition> {
        match self {
            Self::Cancelled => Ok(Self::Offered { attempt, pull_request }),
            other => Err(other.cannot("stay offered")),
        }
    }

    fn cannot(&self, verb: &'static str) -> InvalidTransition {
        InvalidTransition { noun: "task", from: self.name(), verb }
    }
}

#[cfg(test)]
mod tests;
