//! How a task that was waited for ended: the object for programs, the words for people, the exit
//! code for both.

use anyhow::Result;
use domain::attempt::{Outcome, State};
use domain::{Attempt, Evidence, PullRequest, PullRequestId, Task, task};
use engine::Engine;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::ui;

pub async fn tell(engine: &Engine, task: &Task, json: bool) -> Result<Exit> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let pull_request = pull_request(engine, task).await?;
    if json {
        ui::json(&object(engine, task, &attempts, pull_request.as_ref()).await?);
    } else {
        for attempt in &attempts {
            ui::out(&line(engine, attempt).await?);
        }
        ui::out(&ending(task, &attempts, pull_request.as_ref()));
    }
    Ok(exit(task, &attempts))
}

pub async fn pull_request(engine: &Engine, task: &Task) -> Result<Option<PullRequest>> {
    match store::pull_request::get(&engine.store, &PullRequestId::of(&task.id)).await {
        Ok(found) => Ok(Some(found)),
        Err(store::Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The stable object; `docs/cli.md` describes it.
pub async fn object(
    engine: &Engine,
    task: &Task,
    attempts: &[Attempt],
    pull_request: Option<&PullRequest>,
) -> Result<Value> {
    let mut shown = Vec::new();
    for attempt in attempts {
        let evidence = store::evidence::get(&engine.store, &attempt.id).await?;
        shown.push(attempt_object(attempt, evidence.as_ref()));
    }
    Ok(json!({
        "task": task.id,
        "state": task.state.name(),
        "reason": reason(task),
        "attempts": shown,
        "pull_request": pull_request.map(pull_request_object),
    }))
}

fn reason(task: &Task) -> Option<&str> {
    match &task.state {
        task::State::Closed { reason } => Some(reason),
        task::State::Open
        | task::State::Running
        | task::State::Decided { .. }
        | task::State::Offered { .. }
        | task::State::Merged { .. }
        | task::State::Cancelled => None,
    }
}

fn attempt_object(attempt: &Attempt, evidence: Option<&Evidence>) -> Value {
    let outcome = outcome(attempt);
    json!({
        "id": attempt.id,
        "state": attempt.state.name(),
        "outcome": outcome.map(Outcome::name),
        "reason": outcome.and_then(Outcome::reason),
        "evidence": evidence.map(evidence_object),
    })
}

pub fn evidence_object(evidence: &Evidence) -> Value {
    let added: Vec<&str> = evidence.tests.added.iter().map(|test| test.name.as_str()).collect();
    json!({
        "holds": evidence.holds(),
        "fixed": evidence.tests.fixed,
        "broken": evidence.tests.broken,
        "added": added,
    })
}

pub fn pull_request_object(pull_request: &PullRequest) -> Value {
    json!({
        "id": pull_request.id,
        "branch": pull_request.branch,
        "base": pull_request.base_branch,
        "head": pull_request.head,
        "title": pull_request.title,
        "body": pull_request.body,
    })
}

fn outcome(attempt: &Attempt) -> Option<&Outcome> {
    match &attempt.state {
        State::Ended { outcome } => Some(outcome),
        State::Queued
        | State::Preparing
        | State::Working
        | State::Paused { .. }
        | State::Proving => None,
    }
}

/// One attempt in one line (and the reason's further lines below it).
pub async fn line(engine: &Engine, attempt: &Attempt) -> Result<String> {
    let paint = ui::Paint::stdout();
    let Some(outcome) = outcome(attempt) else {
        return Ok(format!("  {}  {}", attempt.id, attempt.state.name()));
    };
    let said = match store::evidence::get(&engine.store, &attempt.id).await? {
        Some(evidence) if evidence.holds() => paint.green(&proof::markdown::headline(&evidence)),
        Some(evidence) => paint.yellow(&proof::markdown::headline(&evidence)),
        None => ui::safe(&outcome.reason().unwrap_or_default()).replace('\n', "\n      "),
    };
    Ok(format!("  {}  {}: {said}", attempt.id, outcome.name().replace('_', " ")))
}

fn ending(task: &Task, attempts: &[Attempt], pull_request: Option<&PullRequest>) -> String {
    let paint = ui::Paint::stdout();
    let id = &task.id;
    match (&task.state, pull_request) {
        (task::State::Offered { attempt, .. }, Some(found)) => format!(
            "\n{} {}\n  branch {} for {}, from attempt {}\n\n  whimbrel pr show {id}    \
             title, description and evidence\n  whimbrel pr diff {id}    what it changes\n  \
             whimbrel pr merge {id}   take it",
            paint.bold("Pull request:"),
            paint.bold(&ui::safe(&found.title)),
            ui::safe(&found.branch),
            ui::safe(&found.base_branch),
            attempt.number(),
        ),
        (task::State::Closed { reason }, _) => {
            let more = if attempts.len() > 1 { "compare" } else { "logs" };
            let reason = ui::safe(reason);
            format!("\nNo pull request: {reason}. `whimbrel {more} {id}` says more.")
        }
        (state, _) => format!("\nTask {id} is {}.", state.name()),
    }
}

fn exit(task: &Task, attempts: &[Attempt]) -> Exit {
    let is = |wanted: fn(&Outcome) -> bool| {
        move |attempt: &Attempt| outcome(attempt).is_some_and(wanted)
    };
    match &task.state {
        task::State::Cancelled => Exit::Cancelled,
        task::State::Closed { .. } => {
            if attempts.iter().any(is(|outcome| *outcome == Outcome::Changed)) {
                Exit::NothingToOffer
            } else if attempts.iter().all(is(|o| matches!(o, Outcome::Failed { .. }))) {
                Exit::AttemptsFailed
            } else {
                Exit::NoChange
            }
        }
        task::State::Open
        | task::State::Running
        | task::State::Decided { .. }
        | task::State::Offered { .. }
        | task::State::Merged { .. } => Exit::Ok,
    }
}
