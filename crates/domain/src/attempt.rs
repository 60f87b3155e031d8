//! An attempt: one agent's try at a task, on a computer of its own.
//!
//! ```text
//! Queued → Preparing → Working ⇄ Paused → Proving → Ended(outcome)
//! ```

use serde::{Deserialize, Serialize};

use crate::InvalidTransition;
use crate::clock::Timestamp;
use crate::id::AttemptId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Attempt {
    pub id: AttemptId,
    pub state: State,
    pub created: Timestamp,
    /// When a runner first took it.
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// How many runners have taken it: one more for each that died, and for each pause.
    pub runs: u32,
    /// The attempt whose computer and conversation this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<AttemptId>,
    /// What it waits for, in words, while it is queued or could go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    Queued,
    /// The environment becomes a snapshot, and the snapshot a computer.
    Preparing,
    Working,
    /// Its computer rests on the disk and no process is there. Work goes on at `until`, or when a
    /// person has decided where there is none.
    Paused {
        until: Option<Timestamp>,
        why: Pause,
    },
    /// The change has left the computer; its evidence is being made.
    Proving,
    Ended {
        outcome: Outcome,
    },
}

/// Why nobody works on an attempt that hasn't ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Pause {
    /// The model's provider has nothing left for us until it resets.
    Quota { provider: String, message: String },
    /// The plan is to be approved before the work.
    Plan,
}

impl Pause {
    pub fn words(&self) -> String {
        match self {
            Self::Quota { provider, message } => {
                format!("{provider}'s quota is used up: {message}")
            }
            Self::Plan => "its plan waits to be approved".into(),
        }
    }
}

/// Which of an attempt's limits was reached; wall time has an outcome of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    #[default]
    Tokens,
    Money,
    /// Times that the model was asked.
    Turns,
    /// The same call with the same result, or compactions without a change.
    Progress,
    /// What tools and model wrote, in bytes.
    Output,
}

impl Limit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Money => "money",
            Self::Turns => "turns",
            Self::Progress => "progress",
            Self::Output => "output",
        }
    }
}

/// A file's lines that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Source {
    pub path: String,
    /// From 1, both included.
    pub first_line: u32,
    pub last_line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Changed,
    Answered {
        answer: String,
        #[serde(default)]
        sources: Vec<Source>,
    },
    NoChange {
        reason: String,
    },
    Failed {
        stage: Stage,
        reason: String,
    },
    OutOfTime,
    OutOfBudget {
        #[serde(default)]
        limit: Limit,
        #[serde(default)]
        reason: String,
    },
    Cancelled,
    /// It never began, since others were enough.
    NotNeeded {
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Prepare,
    Work,
    Harvest,
    Prove,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Work => "work",
            Self::Harvest => "harvest",
            Self::Prove => "prove",
        }
    }
}

impl Outcome {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Answered { .. } => "answered",
            Self::NoChange { .. } => "no_change",
            Self::Failed { .. } => "failed",
            Self::OutOfTime => "out_of_time",
            Self::OutOfBudget { .. } => "out_of_budget",
            Self::Cancelled => "cancelled",
            Self::NotNeeded { .. } => "not_needed",
        }
    }

    /// Why, in words, where the outcome's name doesn't say it all.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::NoChange { reason } | Self::NotNeeded { reason } => Some(reason.clone()),
            Self::Answered { answer, .. } => Some(answer.clone()),
            Self::Failed { stage, reason } => Some(format!("{}: {reason}", stage.name())),
            Self::OutOfTime => Some("the attempt's time was over".into()),
            Self::OutOfBudget { reason, .. } if !reason.is_empty() => Some(reason.clone()),
            Self::OutOfBudget { .. } => Some("the attempt's budget was spent".into()),
            Self::Changed | Self::Cancelled => None,
        }
    }
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Working => "working",
            Self::Paused { .. } => "paused",
            Self::Proving => "proving",
            Self::Ended { .. } => "ended",
        }
    }

    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// Also how a new runner takes over from a dead one, whose computer it goes on with where there
    /// was one.
    pub fn prepare(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Queued | Self::Preparing | Self::Working | Self::Paused { .. } => {
                Ok(Self::Preparing)
            }
            other => Err(other.cannot("be prepared")),
        }
    }

    pub fn work(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Preparing | Self::Paused { .. } => Ok(Self::Working),
            other => Err(other.cannot("work")),
        }
    }

    pub fn pause(self, until: Option<Timestamp>, why: Pause) -> Result<Self, InvalidTransition> {
        match self {
            Self::Working => Ok(Self::Paused { until, why }),
            other => Err(other.cannot("pause")),
        }
    }

    /// A person has decided: it goes on as soon as there is room, from `now`.
    pub fn go_on(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Paused { why, .. } => Ok(Self::Paused { until: Some(now), why }),
            other => Err(other.cannot("go on")),
        }
    }

    pub fn prove(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Working | Self::Proving => Ok(Self::Proving),
            other => Err(other.cannot("be proved")),
        }
    }

    /// `Changed` is reached only through `Proving`: without evidence nothing has changed.
    pub fn end(self, outcome: Outcome) -> Result<Self, InvalidTransition> {
        match (self, &outcome) {
            (ended @ Self::Ended { .. }, _) => Err(ended.cannot("end again")),
            (Self::Proving, _) => Ok(Self::Ended { outcome }),
            (early, Outcome::Changed) => Err(early.cannot("end as changed")),
            (_, _) => Ok(Self::Ended { outcome }),
        }
    }

    fn cannot(&self, verb: &'static str) -> InvalidTransition {
        InvalidTransition { noun: "attempt", from: self.name(), verb }
    }
}

#[cfg(test)]
mod tests;
