//! One task with its attempts side by side: all that its pages show.

use std::sync::Arc;

use domain::attempt::{Outcome, Pause, State as AttemptState};
use domain::project::Approval;
use domain::task::State;
use domain::{
    Attempt, AttemptId, Change, Evidence, Fact, Project, PullRequest, Task, TaskId, Timestamp,
    Verdict,
};
use engine::Engine;
use proof::chips::Chip;
use store::exchange::Spent;
use store::report::Report;

use super::ranked::{Ranked, Rankings};
use crate::failure::Failure;

#[derive(Debug)]
pub struct TaskLook {
    pub now: Timestamp,
    pub task: Task,
    pub project: Project,
    pub approval: Approval,
    /// By number.
    pub attempts: Vec<AttemptLook>,
    /// Where all attempts have ended and one of them changed something.
    pub ranked: Option<Arc<Ranked>>,
    /// The attempts' tests are being run on each other's code.
    pub is_examined: bool,
    pub pull_request: Option<PullRequest>,
    /// About the attempt that is offered or decided, oldest first.
    pub verdicts: Vec<Verdict>,
}

#[derive(Debug)]
pub struct AttemptLook {
    pub attempt: Attempt,
    pub spent: Spent,
    pub evidence: Option<Evidence>,
    pub change: Option<Change>,
    pub report: Option<Report>,
    /// Its newest event, while it is at work.
    pub latest: Option<Fact>,
    /// Counted from 1.
    pub rank: Option<usize>,
    pub eligible: bool,
    /// The plan, where it waits to be approved.
    pub plan: Option<String>,
}

pub async fn task(engine: &Engine, rankings: &Rankings, id: &TaskId) -> Result<TaskLook, Failure> {
    let store = &engine.store;
    let task = store::task::get(store, id).await?;
    let project = store::project::get(store, &task.project).await?;
    let approval = store::project::settings(store, &task.project).await?.approval;
    let stored = store::attempt::of_task(store, id).await?;
    let ranked = ranked(engine, rankings, id, &stored).await?;
    let mut attempts = Vec::new();
    for attempt in stored {
        attempts.push(attempt_look(engine, attempt, ranked.as_deref()).await?);
    }
    let pull_request = pull_request(engine, id).await?;
    let chosen = chosen(&task, pull_request.as_ref());
    let verdicts = match &chosen {
        Some(attempt) => store::verdict::of_attempt(store, attempt).await?,
        None => Vec::new(),
    };
    let is_examined = engine.fleet.is_examined(id)?;
    let now = engine.clock.now();
    Ok(TaskLook {
        now,
        task,
        project,
        approval,
        attempts,
        ranked,
        is_examined,
        pull_request,
        verdicts,
    })
}

async fn ranked(
    engine: &Engine,
    rankings: &Rankings,
    id: &TaskId,
    attempts: &[Attempt],
) -> Result<Option<Arc<Ranked>>, Failure> {
    let changed =
        |attempt: &Attempt| attempt.state == AttemptState::Ended { outcome: Outcome::Changed };
    let all_ended = attempts.iter().all(|attempt| attempt.state.is_ended());
    if !all_ended || !attempts.iter().any(changed) {
        return Ok(None);
    }
    Ok(Some(rankings.of(engine, id, attempts).await?))
}

/// All that is known of one attempt.
pub async fn attempt_look(
    engine: &Engine,
    attempt: Attempt,
    ranked: Option<&Ranked>,
) -> Result<AttemptLook, Failure> {
    let (store, id) = (&engine.store, attempt.id.clone());
    let place = |ids: &[AttemptId]| ids.iter().position(|other| *other == id);
    let latest = match attempt.state.is_ended() {
        true => None,
        false => store::event::latest(store, &id).await?.map(|event| event.fact),
    };
    let plan = match &attempt.state {
        AttemptState::Paused { until: None, why: Pause::Plan } => {
            engine::steer::plan(engine, &id).await?
        }
        _no_plan_waits => None,
    };
    Ok(AttemptLook {
        spent: store::exchange::spent(store, store::exchange::Scope::Attempt(&id)).await?,
        evidence: store::evidence::get(store, &id).await?,
        change: store::change::get(store, &id).await?,
        report: store::report::get(store, &id).await?,
        latest,
        rank: ranked.and_then(|ranked| place(&ranked.ranking.order)).map(|index| index + 1),
        eligible: ranked.is_some_and(|ranked| place(&ranked.ranking.eligible).is_some()),
        plan,
        attempt,
    })
}

async fn pull_request(engine: &Engine, id: &TaskId) -> Result<Option<PullRequest>, Failure> {
    let id = domain::PullRequestId::of(id);
    match store::pull_request::get(&engine.store, &id).await {
        Ok(found) => Ok(Some(found)),
        Err(store::Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The attempt that is, or was, put before people.
fn chosen(task: &Task, pull_request: Option<&PullRequest>) -> Option<AttemptId> {
    match &task.state {
        State::Decided { attempt } | State::Offered { attempt, .. } => Some(attempt.clone()),
        State::Open
        | State::Running
        | State::Merged { .. }
        | State::Closed { .. }
        | State::Cancelled => pull_request.map(|found| found.attempt.clone()),
    }
}

impl TaskLook {
    /// The attempt that is, or was, put before people.
    pub fn chosen(&self) -> Option<&AttemptLook> {
        let id = chosen(&self.task, self.pull_request.as_ref())?;
        self.attempts.iter().find(|one| one.attempt.id == id)
    }

    /// Ranked ones first; the rest as they were made.
    pub fn best_first(&self) -> Vec<&AttemptLook> {
        let mut sorted: Vec<&AttemptLook> = self.attempts.iter().collect();
        sorted.sort_by_key(|one| (one.rank.unwrap_or(usize::MAX), one.attempt.id.number()));
        sorted
    }

    /// Of all attempts together.
    pub fn spent(&self) -> Spent {
        let mut sum = Spent::default();
        for Spent {
            requests,
            input_tokens,
            cached_tokens,
            output_tokens,
            micros,
            unpriced,
            estimated,
        } in self.attempts.iter().map(|one| one.spent)
        {
            sum.requests += requests;
            sum.input_tokens += input_tokens;
            sum.cached_tokens += cached_tokens;
            sum.output_tokens += output_tokens;
            sum.micros += micros;
            sum.unpriced += unpriced;
            sum.estimated += estimated;
        }
        sum
    }
}

/// An attempt in one word, and how it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Queued,
    Preparing,
    Working,
    Paused,
    Proving,
    /// It changed something, and all that was run says that it holds.
    Holds,
    /// It changed something that doesn't hold.
    Doubtful,
    Answered,
    NoChange,
    Failed,
    OutOfTime,
    OutOfBudget,
    Cancelled,
    NotNeeded,
}

impl Standing {
    pub fn of(attempt: &Attempt, holds: Option<bool>) -> Self {
        match &attempt.state {
            AttemptState::Queued => Self::Queued,
            AttemptState::Preparing => Self::Preparing,
            AttemptState::Working => Self::Working,
            AttemptState::Paused { .. } => Self::Paused,
            AttemptState::Proving => Self::Proving,
            AttemptState::Ended { outcome } => match outcome {
                Outcome::Changed if holds == Some(true) => Self::Holds,
                Outcome::Changed => Self::Doubtful,
                Outcome::Answered { .. } => Self::Answered,
                Outcome::NoChange { .. } => Self::NoChange,
                Outcome::Failed { .. } => Self::Failed,
                Outcome::OutOfTime => Self::OutOfTime,
                Outcome::OutOfBudget { .. } => Self::OutOfBudget,
                Outcome::Cancelled => Self::Cancelled,
                Outcome::NotNeeded { .. } => Self::NotNeeded,
            },
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Working => "working",
            Self::Paused => "paused",
            Self::Proving => "proving",
            Self::Holds => "holds",
            Self::Doubtful => "doesn't hold",
            Self::Answered => "answered",
            Self::NoChange => "no change",
            Self::Failed => "failed",
            Self::OutOfTime => "out of time",
            Self::OutOfBudget => "out of budget",
            Self::Cancelled => "cancelled",
            Self::NotNeeded => "not needed",
        }
    }
}

impl AttemptLook {
    pub fn holds(&self) -> Option<bool> {
        self.evidence.as_ref().map(Evidence::holds)
    }

    pub fn standing(&self) -> Standing {
        Standing::of(&self.attempt, self.holds())
    }

    pub fn chips(&self) -> Vec<Chip> {
        self.evidence.as_ref().map(proof::chips::chips).unwrap_or_default()
    }

    /// Lines added and removed, where there is a change.
    pub fn lines(&self) -> Option<(u64, u64)> {
        let files = &self.change.as_ref()?.files;
        let sum = |of: fn(&domain::change::FileChange) -> Option<u64>| {
            files.iter().filter_map(of).fold(0, u64::saturating_add)
        };
        Some((sum(|file| file.added), sum(|file| file.removed)))
    }

    /// On the clock, until it ended or until `now`.
    pub fn took_ms(&self, now: Timestamp) -> Option<u64> {
        let started = self.attempt.started?;
        Some(self.attempt.ended.unwrap_or(now).since_ms(started))
    }

    /// The answer, where there is one.
    pub fn answer(&self) -> Option<(&str, &[domain::attempt::Source])> {
        match &self.attempt.state {
            AttemptState::Ended { outcome: Outcome::Answered { answer, sources } } => {
                Some((answer, sources))
            }
            _no_answer => None,
        }
    }
}
