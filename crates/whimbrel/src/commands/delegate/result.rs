//! How a task that was waited for ended: the object for programs, the words for people, the exit
//! code for both.

use anyhow::Result;
use domain::attempt::{Outcome, Source, State};
use domain::{Attempt, Evidence, PullRequest, PullRequestId, Task, task};
use engine::Engine;
use serde_json::{Value, json};
use store::exchange::{self, Spent};

use crate::commands::logs::describe;
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
        let spent = spent(engine, attempt).await?;
        let mut object = attempt_object(attempt, evidence.as_ref(), &spent);
        if let Some(Outcome::Answered { answer, sources }) = outcome(attempt) {
            object["answer"] = json!(answer);
            object["sources"] = json!(sources);
        }
        shown.push(object);
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

fn attempt_object(attempt: &Attempt, evidence: Option<&Evidence>, spent: &Spent) -> Value {
    let outcome = outcome(attempt);
    json!({
        "id": attempt.id,
        "state": attempt.state.name(),
        "outcome": outcome.map(Outcome::name),
        "reason": outcome.and_then(Outcome::reason),
        "waits": waits(attempt),
        "follows": attempt.follows,
        "spent": spent_object(spent),
        "evidence": evidence.map(evidence_object),
    })
}

/// For what an attempt waits that nobody works on, in words.
fn waits(attempt: &Attempt) -> Option<String> {
    match &attempt.state {
        State::Paused { until: None, why } => Some(why.words()),
        State::Paused { until: Some(_), why: _ }
        | State::Queued
        | State::Preparing
        | State::Working
        | State::Proving => attempt.waits.clone(),
        State::Ended { .. } => None,
    }
}

pub async fn spent(engine: &Engine, attempt: &Attempt) -> Result<Spent> {
    Ok(exchange::spent(&engine.store, exchange::Scope::Attempt(&attempt.id)).await?)
}

/// Money is `null` where the price of some request isn't known.
pub fn spent_object(spent: &Spent) -> Value {
    let usd = (spent.unpriced == 0).then(|| spent.micros as f64 / 1e6);
    json!({
        "requests": spent.requests,
        "input_tokens": spent.input_tokens,
        "cached_tokens": spent.cached_tokens,
        "output_tokens": spent.output_tokens,
        "usd": usd,
        "estimated": spent.estimated,
    })
}

/// What models cost an attempt, for people; none where none was asked.
async fn cost(engine: &Engine, attempt: &Attempt) -> Result<Option<String>> {
    let spent = spent(engine, attempt).await?;
    Ok((spent.requests > 0).then(|| {
        let priced = engine::budget::usd(spent.micros);
        let money = match spent.unpriced {
            0 => priced,
            unpriced if unpriced == spent.requests => "price unknown".into(),
            unpriced => format!("{priced} and {unpriced} requests of unknown price"),
        };
        format!("{} tokens, {money}", spent.tokens())
    }))
}

/// The answer of a question, with what it rests on.
pub fn answer(attempts: &[Attempt]) -> Option<String> {
    let paint = ui::Paint::stdout();
    // Of an answer and one that follows it, the later one counts.
    attempts.iter().rev().find_map(|attempt| match outcome(attempt)? {
        Outcome::Answered { answer, sources } => {
            let mut text = format!("\n{}", ui::safe(answer.trim()));
            for Source { path, first_line, last_line } in sources {
                let place = format!("{}:{first_line}-{last_line}", ui::safe(path));
                text.push_str(&format!("\n  {}", paint.cyan(&place)));
            }
            Some(text)
        }
        Outcome::Changed
        | Outcome::NoChange { .. }
        | Outcome::Failed { .. }
        | Outcome::OutOfTime
        | Outcome::OutOfBudget { .. }
        | Outcome::Cancelled
        | Outcome::NotNeeded { .. } => None,
    })
}

pub fn evidence_object(evidence: &Evidence) -> Value {
    let added: Vec<&str> = evidence.tests.added.iter().map(|test| test.name.as_str()).collect();
    json!({
        "holds": evidence.holds(),
        "fixed": evidence.tests.fixed,
        "broken": evidence.tests.broken,
        "added": added,
        "objections": evidence.objections(),
        "risk": evidence.risk.level,
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
    let Some(outcome) = outcome(attempt) else {
        return Ok(format!("  {}  {}{}", attempt.id, at_work(attempt), aside(attempt, None)));
    };
    let said = match store::evidence::get(&engine.store, &attempt.id).await? {
        Some(evidence) => headline(&evidence),
        None if matches!(outcome, Outcome::Answered { .. }) => "see below".into(),
        None => ui::safe(&outcome.reason().unwrap_or_default()).replace('\n', "\n      "),
    };
    let cost = cost(engine, attempt).await?;
    let aside = aside(attempt, cost);
    Ok(format!("  {}  {}: {said}{aside}", attempt.id, outcome.name().replace('_', " ")))
}

/// In one sentence; what speaks against the change makes it red.
fn headline(evidence: &Evidence) -> String {
    let paint = ui::Paint::stdout();
    let text = ui::safe(&proof::markdown::headline_text(evidence).replace("**", ""));
    match (evidence.holds(), evidence.breaks() || evidence.cheats().next().is_some()) {
        (true, _) => paint.green(&text),
        (false, true) => paint.red(&text),
        (false, false) => paint.yellow(&text),
    }
}

/// `  (follows k3v9x2ab.1; 330 tokens, $0.02)`
fn aside(attempt: &Attempt, cost: Option<String>) -> String {
    let follows = attempt.follows.as_ref().map(|followed| format!("follows {followed}"));
    let parts: Vec<String> = follows.into_iter().chain(cost).collect();
    match parts.is_empty() {
        true => String::new(),
        false => ui::Paint::stdout().dim(&format!("  ({})", parts.join("; "))),
    }
}

/// Every attempt that hasn't ended has a plan to be approved.
pub fn waits_for_a_person(attempts: &[Attempt]) -> bool {
    let mut left = attempts.iter().filter(|attempt| !attempt.state.is_ended()).peekable();
    let paused = |state: &State| matches!(state, State::Paused { until: None, why: _ });
    left.peek().is_some() && left.all(|attempt| paused(&attempt.state))
}

/// What the person has to do next.
pub fn plan_waits(task: &Task) -> String {
    let id = &task.id;
    format!("\nIt waits for you: `whimbrel plan {id}` shows the plan, `--approve` lets it begin.")
}

/// How it is with an attempt that hasn't ended.
fn at_work(attempt: &Attempt) -> String {
    let state = match &attempt.state {
        State::Paused { until, why } => describe::paused(*until, why),
        State::Queued
        | State::Preparing
        | State::Working
        | State::Proving
        | State::Ended { .. } => attempt.state.name().to_owned(),
    };
    match &attempt.waits {
        Some(what) => format!("{state}; waits for {}", ui::safe(what)),
        None => state,
    }
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
        (task::State::Closed { .. }, _) if answer(attempts).is_some() => {
            answer(attempts).unwrap_or_default()
        }
        (task::State::Closed { reason }, _) => {
            let more = if attempts.len() > 1 { "compare" } else { "logs" };
            let reason = ui::safe(reason);
            format!("\nNo pull request: {reason}. `whimbrel {more} {id}` says more.")
        }
        (task::State::Running, _) => plan_waits(task),
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
            if attempts.iter().any(is(|o| matches!(o, Outcome::Answered { .. }))) {
                Exit::Ok
            } else if attempts.iter().any(is(|outcome| *outcome == Outcome::Changed)) {
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
