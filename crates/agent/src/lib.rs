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
use domain::{AttemptId, Fact};

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
}

/// Where an agent tells each step, before it acts.
#[async_trait]
pub trait Log: Send + Sync {
    async fn record(&self, fact: Fact) -> Result<(), LogError>;
}

/// The log can't be written. The agent must stop: what isn't in the log must not happen.
#[derive(Debug, thiserror::Error)]
#[error("the attempt's log can't be written: {0}")]
pub struct LogError(pub String);

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
    OutOfTime,
    OutOfBudget,
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
