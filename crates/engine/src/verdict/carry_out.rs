//! Doing what a verdict says. Each step can be done again after a kill: what was done already is
//! found, and only written down.

use domain::audit::Action;
use domain::project::Approval;
use domain::verdict::{Outcome, Reason, Said, State};
use domain::{AttemptId, Fact, PullRequestId, Task, Verdict, VerdictId, pull_request, task};
use stdx::lock::FileLock;

use crate::steer::{self, Steered};
use crate::{Engine, Error, audit, card, offer, pull_request as decided};

/// So many processes may end over one verdict without a result.
const TRIES_MAX: u32 = 5;
/// How often it is looked again where somebody moved the task meanwhile.
const LOOKS_MAX: u32 = 8;

/// What is held while the verdict is carried out. An approval excludes the project's others.
pub(super) async fn lock_name(engine: &Engine, verdict: &Verdict) -> Result<String, Error> {
    match verdict.said {
        Said::Approve => {
            let task = store::task::get(&engine.store, &verdict.task).await?;
            Ok(format!("decide-project-{}", task.project))
        }
        Said::Reject { .. } | Said::Feedback { .. } => Ok(format!("decide-{}", verdict.task)),
    }
}

/// The lock of whoever is to carry out the verdict. None where somebody does.
pub async fn lock(engine: &Engine, id: &VerdictId) -> Result<Option<FileLock>, Error> {
    let verdict = store::verdict::get(&engine.store, id).await?;
    engine.home.try_lock(&lock_name(engine, &verdict).await?)
}

/// Carries out a verdict whose time has come, in its person's name, and writes down what became of
/// it. Whoever calls it has its [`lock`].
///
/// # Errors
/// What may be otherwise next time, as a full disk: the verdict is still pending then.
pub async fn carry_out(engine: &Engine, id: &VerdictId) -> Result<Verdict, Error> {
    let mut verdict = store::verdict::get(&engine.store, id).await?;
    if verdict.state != State::Pending || verdict.due > engine.clock.now() {
        return Ok(verdict);
    }
    let engine = engine.acting_for(&verdict.person);
    // Taken back in this very moment: then there is nothing to do.
    let Some(tries) = store::verdict::begin(&engine.store, id).await? else {
        return Ok(store::verdict::get(&engine.store, id).await?);
    };
    let done = if tries > TRIES_MAX {
        let log = engine.home.engine_log();
        verdict.state.clone().fail(format!(
            "it was given up, since {TRIES_MAX} processes ended over it without a result; see {}",
            log.display()
        ))?
    } else {
        match carried_out(&engine, &verdict).await {
            Ok(outcome) => verdict.state.clone().carry_out(outcome)?,
            Err(error) if is_passing(&error) => return Err(error),
            Err(error) => verdict.state.clone().fail(llm::words(&error))?,
        }
    };
    store::verdict::move_to(&engine.store, id, &verdict.state, &done).await?;
    verdict.state = done;
    tell(&engine, &verdict).await?;
    Ok(verdict)
}

/// Into the audit log.
async fn tell(engine: &Engine, verdict: &Verdict) -> Result<(), Error> {
    let id = &verdict.id;
    let (action, details) = match &verdict.state {
        State::CarriedOut { outcome } => {
            (Action::VerdictCarriedOut, format!("{id}: {}", outcome.name()))
        }
        State::Failed { why } => (Action::VerdictFailed, format!("{id}: {why}")),
        State::Pending | State::Withdrawn => return Ok(()),
    };
    audit::record(engine, action, &verdict.attempt, &details).await
}

/// What isn't about the change: the next try may end otherwise.
fn is_passing(error: &Error) -> bool {
    error.says_full() || matches!(error, Error::Store(_))
}

/// Until nobody else moves the task meanwhile.
async fn carried_out(engine: &Engine, verdict: &Verdict) -> Result<Outcome, Error> {
    for _ in 0..LOOKS_MAX {
        let task = store::task::get(&engine.store, &verdict.task).await?;
        let done = match &verdict.said {
            Said::Approve => approve(engine, &task, verdict).await,
            Said::Reject { reason, words } => reject(engine, &task, verdict, *reason, words).await,
            Said::Feedback { text } => follow(engine, verdict, text).await.map(Some),
        };
        match done {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) | Err(Error::Store(store::Error::Conflict { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    let reason = format!("task {} is moved too often to be decided; try again", verdict.task);
    Err(Error::Unusable(reason))
}

/// One step of it; none where there is another.
async fn approve(
    engine: &Engine,
    task: &Task,
    verdict: &Verdict,
) -> Result<Option<Outcome>, Error> {
    let settings = store::project::settings(&engine.store, &task.project).await?;
    match &task.state {
        task::State::Decided { attempt } if *attempt == verdict.attempt => {
            offer::offer(engine, task, attempt).await?;
            Ok(None)
        }
        task::State::Offered { attempt, pull_request } if *attempt == verdict.attempt => {
            match settings.approval {
                Approval::Offer => {
                    Ok(Some(Outcome::Offered { pull_request: pull_request.clone() }))
                }
                Approval::Merge => {
                    let found = store::pull_request::get(&engine.store, pull_request).await?;
                    let commit = decided::merge(engine, &found, &mut |_progress| {}).await?;
                    Ok(Some(Outcome::Merged { commit }))
                }
            }
        }
        task::State::Merged { commit, .. } => Ok(Some(Outcome::Merged { commit: commit.clone() })),
        other => Err(too_late(task, other)),
    }
}

async fn reject(
    engine: &Engine,
    task: &Task,
    verdict: &Verdict,
    reason: Reason,
    words: &str,
) -> Result<Option<Outcome>, Error> {
    // First what it is remembered by: afterwards the change may be cleaned up.
    card::remember(engine, task, &verdict.attempt).await?;
    let reason = why(reason, words);
    match &task.state {
        task::State::Decided { attempt } | task::State::Offered { attempt, .. }
            if *attempt == verdict.attempt =>
        {
            close(engine, task, &reason).await?;
            Ok(Some(Outcome::Closed))
        }
        task::State::Closed { .. } => Ok(Some(Outcome::Closed)),
        other => Err(too_late(task, other)),
    }
}

/// With its pull request, where it has one that is open.
async fn close(engine: &Engine, task: &Task, reason: &str) -> Result<(), Error> {
    let found = offer::offered_before(engine, &PullRequestId::of(&task.id)).await?;
    match found.filter(|found| found.state == pull_request::State::Open) {
        Some(found) => decided::close_now(engine, &found, reason).await,
        None => {
            let closed = task.state.clone().close(reason.to_owned())?;
            Ok(store::task::move_to(&engine.store, &task.id, &task.state, &closed).await?)
        }
    }
}

/// `Too much: the cache isn't needed`
fn why(reason: Reason, words: &str) -> String {
    match words {
        "" => format!("rejected: {}", reason.words()),
        words => format!("rejected: {}: {words}", reason.words()),
    }
}

async fn follow(engine: &Engine, verdict: &Verdict, text: &str) -> Result<Outcome, Error> {
    if let Some(attempt) = told(engine, verdict, text).await? {
        return Ok(Outcome::Followed { attempt });
    }
    let attempt = match steer::steer(engine, &verdict.attempt, text).await? {
        Steered::Told { attempt } | Steered::Kept { attempt } => attempt,
        Steered::Followed { attempt: _, by } => by,
    };
    Ok(Outcome::Followed { attempt })
}

/// Who heard it already, from a process that was killed before it could write that down.
async fn told(engine: &Engine, verdict: &Verdict, text: &str) -> Result<Option<AttemptId>, Error> {
    let attempts = store::attempt::of_task(&engine.store, &verdict.task).await?;
    for attempt in attempts.iter().rev() {
        let events = store::event::all(&engine.store, &attempt.id).await?;
        let is_it = |fact: &Fact| matches!(fact, Fact::Steered { by, text: said } if *by == verdict.person && said == text);
        if events.iter().any(|event| event.at >= verdict.due && is_it(&event.fact)) {
            return Ok(Some(attempt.id.clone()));
        }
    }
    Ok(None)
}

fn too_late(task: &Task, state: &task::State) -> Error {
    Error::Unusable(match state {
        task::State::Decided { attempt } | task::State::Offered { attempt, .. } => {
            format!("attempt {attempt} has taken its place meanwhile; look at that one")
        }
        task::State::Open | task::State::Running => {
            "an attempt that follows is at work on it; its result comes back as a new card".into()
        }
        task::State::Merged { .. } | task::State::Closed { .. } | task::State::Cancelled => {
            format!("task {} is {} already", task.id, state.name())
        }
    })
}
