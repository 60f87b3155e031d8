//! How a task that was waited for ended: the object for programs, the words for people, the exit
//! code for both.

use domain::attempt::{Outcome, Source, State};
use domain::{Attempt, Evidence, PullRequest, Task, task};
use serde_json::{Value, json};
use store::exchange::Spent;

use crate::commands::logs::describe;
use crate::exit::Exit;
use crate::ui;
use crate::view::{Tried, View};

pub fn tell(view: &View, json: bool) -> Exit {
    if json {
        ui::json(&object(view));
    } else {
        for tried in &view.attempts {
            ui::out(&line(tried));
        }
        ui::out(&ending(view));
    }
    exit(view)
}

/// The stable object; `docs/cli.md` describes it.
pub fn object(view: &View) -> Value {
    let attempts: Vec<Value> = view.attempts.iter().map(attempt_object).collect();
    json!({
        "task": view.task.id,
        "state": view.task.state.name(),
        "reason": reason(&view.task),
        "attempts": attempts,
        "pull_request": view.pull_request.as_ref().map(pull_request_object),
    })
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

fn attempt_object(tried: &Tried) -> Value {
    let Tried { attempt, evidence, spent } = tried;
    let outcome = outcome(attempt);
    let mut object = json!({
        "id": attempt.id,
        "state": attempt.state.name(),
        "outcome": outcome.map(Outcome::name),
        "reason": outcome.and_then(Outcome::reason),
        "waits": waits(attempt),
        "follows": attempt.follows,
        "spent": spent_object(spent),
        "evidence": evidence.as_ref().map(evidence_object),
    });
    if let Some(Outcome::Answered { answer, sources }) = outcome {
        object["answer"] = json!(answer);
        object["sources"] = json!(sources);
    }
    object
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
fn cost(spent: &Spent) -> Option<String> {
    (spent.requests > 0).then(|| {
        let priced = engine::budget::usd(spent.micros);
        let money = match spent.unpriced {
            0 => priced,
            unpriced if unpriced == spent.requests => "price unknown".into(),
            unpriced => format!("{priced} and {unpriced} requests of unknown price"),
        };
        format!("{} tokens, {money}", spent.tokens())
    })
}

/// The answer of a question, with what it rests on.
pub fn answer<'a>(attempts: impl DoubleEndedIterator<Item = &'a Attempt>) -> Option<String> {
    let paint = ui::Paint::stdout();
    // Of an answer and one that follows it, the later one counts.
    attempts.rev().find_map(|attempt| match outcome(attempt)? {
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
pub fn line(tried: &Tried) -> String {
    let Tried { attempt, evidence, spent } = tried;
    let Some(outcome) = outcome(attempt) else {
        return format!("  {}  {}{}", attempt.id, at_work(attempt), aside(attempt, None));
    };
    let said = match evidence {
        Some(evidence) => headline(evidence),
        None if matches!(outcome, Outcome::Answered { .. }) => "see below".into(),
        None => ui::safe(&outcome.reason().unwrap_or_default()).replace('\n', "\n      "),
    };
    let aside = aside(attempt, cost(spent));
    format!("  {}  {}: {said}{aside}", attempt.id, outcome.name().replace('_', " "))
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

fn ending(view: &View) -> String {
    let paint = ui::Paint::stdout();
    let View { task, attempts, pull_request, project: _ } = view;
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
        (task::State::Closed { .. }, _) if answer(view.attempts()).is_some() => {
            answer(view.attempts()).unwrap_or_default()
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

fn exit(view: &View) -> Exit {
    let is = |wanted: fn(&Outcome) -> bool| {
        move |attempt: &Attempt| outcome(attempt).is_some_and(wanted)
    };
    match &view.task.state {
        task::State::Cancelled => Exit::Cancelled,
        task::State::Closed { .. } => {
            if view.attempts().any(is(|o| matches!(o, Outcome::Answered { .. }))) {
                Exit::Ok
            } else if view.attempts().any(is(|outcome| *outcome == Outcome::Changed)) {
                Exit::NothingToOffer
            } else if view.attempts().all(is(|o| matches!(o, Outcome::Failed { .. }))) {
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
