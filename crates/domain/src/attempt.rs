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
pub struct Attempt {
    pub id: AttemptId,
    pub state: State,
    pub created: Timestamp,
    /// When a runner first took it.
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// How many runners have taken it; more than one means that a runner died.
    pub runs: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    Queued,
    /// The environment becomes a snapshot, and the snapshot a computer.
    Preparing,
    Working,
    /// Waits for a quota's reset; work goes on at `until`.
    Paused {
        until: Timestamp,
        why: String,
    },
    /// The change has left the computer; its evidence is being made.
    Proving,
    Ended {
        outcome: Outcome,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Changed,
    Answered { answer: String },
    NoChange { reason: String },
    Failed { stage: Stage, reason: String },
    OutOfTime,
    OutOfBudget,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
            Self::OutOfBudget => "out_of_budget",
            Self::Cancelled => "cancelled",
        }
    }

    /// Why, in words, where the outcome's name doesn't say it all.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::NoChange { reason } => Some(reason.clone()),
            Self::Answered { answer } => Some(answer.clone()),
            Self::Failed { stage, reason } => Some(format!("{}: {reason}", stage.name())),
            Self::OutOfTime => Some("the attempt's time was over".into()),
            Self::OutOfBudget => Some("the attempt's budget was spent".into()),
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

    /// Also how a new runner takes over from a dead one: the computer of the dead one is gone, so
    /// what was not harvested is prepared again.
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

    pub fn pause(self, until: Timestamp, why: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Working => Ok(Self::Paused { until, why }),
            other => Err(other.cannot("pause")),
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
