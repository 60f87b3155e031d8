//! A verdict: what a person decided about an attempt's change, and what became of it.
//!
//! ```text
//! Pending ─► CarriedOut(outcome) | Failed(why)      once its time has come
//!    └────► Withdrawn                               before it
//! ```

use serde::{Deserialize, Serialize};

use crate::InvalidTransition;
use crate::clock::Timestamp;
use crate::id::{AttemptId, Commit, PullRequestId, TaskId, VerdictId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Verdict {
    pub id: VerdictId,
    pub task: TaskId,
    pub attempt: AttemptId,
    pub person: String,
    pub via: Via,
    pub at: Timestamp,
    /// Until then it can be withdrawn, and nothing is done.
    pub due: Timestamp,
    pub said: Said,
    pub state: State,
}

/// Where it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Feed,
    Page,
    Api,
    Cli,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Said {
    /// What follows is the project's choice: [`crate::project::Approval`].
    Approve,
    /// Never again.
    Reject {
        reason: Reason,
        #[serde(default)]
        words: String,
    },
    /// What is to be changed: a follow-up attempt begins with it.
    Feedback { text: String },
}

/// Why a change is rejected, in one tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It doesn't do what was asked for.
    Wrong,
    /// It does what nobody wants.
    Unwanted,
    /// More than it should be.
    TooBig,
    /// Not how it is written here.
    Style,
    /// Not proven well enough.
    Unproven,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    Pending,
    Withdrawn,
    CarriedOut {
        outcome: Outcome,
    },
    /// It can't be done; the words say why, and what to do.
    Failed {
        why: String,
    },
}

/// What a verdict led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Outcome {
    Offered { pull_request: PullRequestId },
    Merged { commit: Commit },
    Closed,
    Followed { attempt: AttemptId },
}

impl Outcome {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Offered { .. } => "offered",
            Self::Merged { .. } => "merged",
            Self::Closed => "closed",
            Self::Followed { .. } => "followed",
        }
    }
}

impl Said {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject { .. } => "reject",
            Self::Feedback { .. } => "feedback",
        }
    }
}

impl Reason {
    pub const ALL: [Self; 6] =
        [Self::Wrong, Self::Unwanted, Self::TooBig, Self::Style, Self::Unproven, Self::Other];

    /// As it is written in JSON, and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Unwanted => "unwanted",
            Self::TooBig => "too_big",
            Self::Style => "style",
            Self::Unproven => "unproven",
            Self::Other => "other",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == text)
    }

    /// In words, as a button says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Wrong => "Doesn't fix it",
            Self::Unwanted => "Not wanted",
            Self::TooBig => "Too much",
            Self::Style => "Not our style",
            Self::Unproven => "Not proven",
            Self::Other => "Something else",
        }
    }
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Withdrawn => "withdrawn",
            Self::CarriedOut { .. } => "carried_out",
            Self::Failed { .. } => "failed",
        }
    }

    pub fn withdraw(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending => Ok(Self::Withdrawn),
            other => Err(other.cannot("be withdrawn")),
        }
    }

    pub fn carry_out(self, outcome: Outcome) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending => Ok(Self::CarriedOut { outcome }),
            other => Err(other.cannot("be carried out")),
        }
    }

    pub fn fail(self, why: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending => Ok(Self::Failed { why }),
            other => Err(other.cannot("fail")),
        }
    }

    fn cannot(&self, verb: &'static str) -> InvalidTransition {
        InvalidTransition { noun: "verdict", from: self.name(), verb }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_withdrawn_or_carried_out_once() {
        let done = State::Pending.carry_out(Outcome::Closed).unwrap();
        assert!(done.clone().withdraw().is_err());
        assert!(done.fail("late".into()).is_err());
        assert!(State::Withdrawn.carry_out(Outcome::Closed).is_err());
    }

    #[test]
    fn reasons_have_the_names_that_json_has() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(Reason::parse(reason.name()), Some(reason));
        }
    }

    #[test]
    fn what_was_said_is_written_by_its_kind() {
        let said = Said::Reject { reason: Reason::TooBig, words: String::new() };
        let json = r#"{"kind":"reject","reason":"too_big","words":""}"#;
        assert_eq!(serde_json::to_string(&said).unwrap(), json);
        assert_eq!(serde_json::from_str::<Said>(json).unwrap(), said);
    }
}
