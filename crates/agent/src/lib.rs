//! One attempt's work on its computer: the native loop over a model, and the mechanic.
//!
//! An [`Agent`] gets a [`Brief`] and a computer, tells a [`Log`] each step before it acts, and
//! leaves its change as commits (or as uncommitted edits, which the harvest commits for it) in
//! [`computer::WORKSPACE`]. What it says of its work is a report, never evidence. Knows neither
//! the store nor a forge.

pub mod mechanic;
pub mod native;

use std::time::Duration;

use async_trait::async_trait;
use computer::Computer;
use domain::attempt::{Limit, Pause, Source};
use domain::task::Mode;
use domain::{AttemptId, Commit, Event, Fact, Limits, Timestamp};

/// What an agent is told.
#[derive(Debug, Clone)]
pub struct Brief {
    pub attempt: AttemptId,
    /// The sentence.
    pub text: String,
    pub environment: environment::Environment,
    /// Different for each attempt at the same task.
    pub seed: u64,
    /// From now until the work must have ended.
    pub time: Duration,
    pub mode: Mode,
    /// Tokens, turns and output are the agent's to keep; time and money are also kept outside.
    pub limits: Limits,
    /// A plan comes first, and a person approves it before anything is changed.
    pub plan_first: bool,
    /// What was logged before now: by earlier runs of this attempt, and before them by the attempts
    /// that it follows, oldest first. The agent goes on from there.
    pub past: Vec<Event>,
    /// Another attempt's change that the task is about.
    pub other: Option<Other>,
}

/// Another attempt's change: its commits are in the computer's repository, on no branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub attempt: AttemptId,
    /// By its agent's account; may be empty.
    pub title: String,
    pub head: Commit,
}

/// Where an agent tells each step, before it acts.
#[async_trait]
pub trait Log: Send + Sync {
    async fn record(&self, fact: Fact) -> Result<(), LogError> {
        self.record_all(vec![fact]).await
    }

    /// All of them or none, in this order; on the disk when it returns.
    async fn record_all(&self, facts: Vec<Fact>) -> Result<(), LogError>;

    /// What persons have said to the agent since the event `seq`, oldest first: [`Fact::Steered`]
    /// with the numbers of their events.
    async fn steered_since(&self, seq: u64) -> Result<Vec<(u64, String)>, LogError>;
}

/// The log can't be written. The agent must stop: what isn't in the log must not happen.
#[derive(Debug, thiserror::Error)]
#[error("the attempt's log can't be written")]
pub struct LogError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// How the work ended, by the agent's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub ending: Ending,
    /// For the pull request: one line, imperative. Empty where nothing was changed.
    pub title: String,
    /// For the pull request's description, Markdown, in the agent's words.
    pub summary: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The agent says that it is done; whether anything changed is seen at the harvest.
    Finished,
    /// The agent says that it can't or needn't: why.
    GaveUp {
        reason: String,
    },
    /// The answer, in mode [`Mode::Ask`]. Whether its sources are there is checked outside.
    Answered {
        answer: String,
        sources: Vec<Source>,
    },
    /// The work rests and goes on later, from the log.
    Paused {
        until: Option<Timestamp>,
        why: Pause,
    },
    OutOfTime,
    OutOfBudget {
        limit: Limit,
        reason: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Computer(#[from] computer::Error),
    #[error(transparent)]
    Mechanic(#[from] ::mechanic::Error),
    /// The model can't be used: the key is refused, the address is wrong, retries are used up.
    #[error("the model can't be used: {0}")]
    Model(String),
    /// Nor can it be where what it costs can't be written down.
    #[error("the model can't be used")]
    Ledger { source: llm::Error },
}

#[async_trait]
pub trait Agent: Send + Sync {
    /// Works until it is done, gives up, or `brief.time` is over.
    async fn work(
        &self,
        brief: &Brief,
        computer: &dyn Computer,
        log: &dyn Log,
    ) -> Result<Report, Error>;
}
