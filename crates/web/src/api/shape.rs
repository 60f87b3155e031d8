//! From what is stored to what the API says.

use domain::attempt::{Outcome, Pause, State};
use domain::{Attempt, AttemptId, Evidence, Project, PullRequest, Task, pull_request, task};
use engine::Engine;
use proof::chips::{Chip, Tone};
use store::exchange::{Scope, Spent};
use store::task::Summary;

use super::refusal::Refusal;
use super::wire;

/// In millionths.
const MICROS: f64 = 1e6;

pub fn spent(spent: &Spent) -> wire::attempt::Spent {
    wire::attempt::Spent {
        requests: spent.requests,
        input_tokens: spent.input_tokens,
        cached_tokens: spent.cached_tokens,
        output_tokens: spent.output_tokens,
        usd: (spent.unpriced == 0).then(|| spent.micros as f64 / MICROS),
        estimated: spent.estimated,
    }
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

/// Its plan waits to be approved.
pub fn plan_waits(attempt: &Attempt) -> bool {
    attempt.state == State::Paused { until: None, why: Pause::Plan }
}

pub fn attempt(of: &Attempt, cost: &Spent, evidence: Option<&Evidence>) -> wire::attempt::Attempt {
    let outcome = outcome(of);
    let (answer, sources) = match outcome {
        Some(Outcome::Answered { answer, sources }) => (Some(answer.clone()), sources.clone()),
        _no_answer => (None, Vec::new()),
    };
    let waits = match &of.state {
        State::Paused { until: None, why } => Some(why.words()),
        State::Paused { until: Some(_), why: _ }
        | State::Queued
        | State::Preparing
        | State::Working
        | State::Proving => of.waits.clone(),
        State::Ended { .. } => None,
    };
    wire::attempt::Attempt {
        id: of.id.clone(),
        task: of.id.task(),
        number: of.id.number(),
        state: of.state.name().into(),
        outcome: outcome.map(|outcome| outcome.name().into()),
        reason: outcome.and_then(Outcome::reason),
        waits,
        plan_waits: plan_waits(of),
        follows: of.follows.clone(),
        created: of.created,
        started: of.started,
        ended: of.ended,
        runs: of.runs,
        spent: spent(cost),
        evidence: evidence.map(brief),
        answer,
        sources,
    }
}

pub fn chip(of: Chip) -> wire::attempt::Chip {
    let tone = match of.tone {
        Tone::Good => wire::attempt::Tone::Good,
        Tone::Plain => wire::attempt::Tone::Plain,
        Tone::Doubt => wire::attempt::Tone::Doubt,
        Tone::Bad => wire::attempt::Tone::Bad,
    };
    wire::attempt::Chip { text: of.text, tone }
}

pub fn film(of: &AttemptId) -> wire::attempt::Film {
    let address = |suffix| format!("/films/{of}.{suffix}");
    wire::attempt::Film { video: address("mp4"), captions: address("vtt"), poster: address("jpg") }
}

fn brief(evidence: &Evidence) -> wire::attempt::Brief {
    let chips = proof::chips::chips(evidence).into_iter();
    wire::attempt::Brief {
        holds: evidence.holds(),
        headline: proof::markdown::headline_text(evidence).replace("**", ""),
        chips: chips.map(chip).collect(),
        fixed: evidence.tests.fixed.clone(),
        broken: evidence.tests.broken.clone(),
        added: evidence.tests.added.iter().map(|test| test.name.clone()).collect(),
        objections: evidence.objections(),
        risk: evidence.risk.level,
    }
}

/// With what its log and evidence say.
pub async fn loaded(engine: &Engine, of: &Attempt) -> Result<wire::attempt::Attempt, Refusal> {
    let cost = store::exchange::spent(&engine.store, Scope::Attempt(&of.id)).await?;
    let evidence = store::evidence::get(&engine.store, &of.id).await?;
    Ok(attempt(of, &cost, evidence.as_ref()))
}

pub fn change(of: &AttemptId, change: &domain::Change) -> wire::change::Change {
    let sum = |count: fn(&domain::change::FileChange) -> Option<u64>| {
        change.files.iter().filter_map(count).fold(0, u64::saturating_add)
    };
    wire::change::Change {
        attempt: of.clone(),
        base: change.base.clone(),
        head: change.head.clone(),
        commits: change.commits.clone(),
        added: sum(|file| file.added),
        removed: sum(|file| file.removed),
        files: change.files.clone(),
    }
}

/// All but its attempts.
fn bare<A>(
    task: &Task,
    project: &Project,
    attempts: &[Attempt],
    of: Vec<A>,
) -> wire::task::Task<A> {
    let (chosen, offered) = match &task.state {
        task::State::Decided { attempt } => (Some(attempt.clone()), None),
        task::State::Offered { attempt, pull_request } => {
            (Some(attempt.clone()), Some(pull_request.clone()))
        }
        task::State::Merged { pull_request, .. } => (None, Some(pull_request.clone())),
        task::State::Open
        | task::State::Running
        | task::State::Closed { .. }
        | task::State::Cancelled => (None, None),
    };
    let reason = match &task.state {
        task::State::Closed { reason } => Some(reason.clone()),
        _others_have_no_reason => None,
    };
    let mut left = attempts.iter().filter(|one| !one.state.is_ended()).peekable();
    let plans = left.peek().is_some() && left.all(plan_waits);
    wire::task::Task {
        id: task.id.clone(),
        state: task.state.name().into(),
        reason,
        waits_for_person: plans || matches!(task.state, task::State::Offered { .. }),
        text: task.text.clone(),
        project: task.project.clone(),
        project_name: project.origin.name().into(),
        person: task.person.clone(),
        mode: task.mode,
        created: task.created,
        chosen,
        pull_request: offered,
        attempts: of,
    }
}

fn in_list(attempt: &Attempt) -> wire::task::Brief {
    wire::task::Brief {
        id: attempt.id.clone(),
        state: attempt.state.name().into(),
        outcome: outcome(attempt).map(|outcome| outcome.name().into()),
    }
}

pub fn listed(summary: &Summary, project: &Project) -> wire::task::Task {
    let attempts: Vec<Attempt> = summary.tries.iter().map(|one| one.attempt.clone()).collect();
    let briefs = attempts.iter().map(in_list).collect();
    bare(&summary.task, project, &attempts, briefs)
}

pub async fn task(engine: &Engine, task: &Task) -> Result<wire::task::Task, Refusal> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let briefs = attempts.iter().map(in_list).collect();
    Ok(bare(task, &project, &attempts, briefs))
}

pub async fn details(engine: &Engine, task: &Task) -> Result<wire::task::Details, Refusal> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let mut of = Vec::new();
    for attempt in &attempts {
        of.push(loaded(engine, attempt).await?);
    }
    let cost = store::exchange::spent(&engine.store, Scope::Task(&task.id)).await?;
    let merged = match &task.state {
        task::State::Merged { commit, .. } => Some(commit.clone()),
        _not_merged => None,
    };
    let id = domain::PullRequestId::of(&task.id);
    let offered = match store::pull_request::get(&engine.store, &id).await {
        Ok(found) => Some(pull_request(&found)),
        Err(store::Error::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let settings = &task.settings;
    Ok(wire::task::Details {
        task: bare(task, &project, &attempts, of),
        base: task.base.clone(),
        settings: wire::task::Settings {
            agent: settings.agent,
            model: settings.model.clone(),
            attempts: settings.attempts,
            enough: settings.enough,
            plan: settings.plan_first,
            without_setup: settings.without_setup,
            seed: settings.seed,
            limits: settings.limits,
        },
        offered,
        merged,
        spent: spent(&cost),
    })
}

pub fn pull_request(of: &PullRequest) -> wire::pull_request::PullRequest {
    let (reason, commit) = match &of.state {
        pull_request::State::Open => (None, None),
        pull_request::State::Merged { commit } => (None, Some(commit.clone())),
        pull_request::State::Closed { reason } => (Some(reason.clone()), None),
    };
    wire::pull_request::PullRequest {
        id: of.id.clone(),
        task: of.id.task(),
        project: of.project.clone(),
        attempt: of.attempt.clone(),
        state: of.state.name().into(),
        reason,
        commit,
        branch: of.branch.clone(),
        base: of.base_branch.clone(),
        base_commit: of.base.clone(),
        head: of.head.clone(),
        title: of.title.clone(),
        body: of.body.clone(),
        created: of.created,
    }
}

pub async fn project(engine: &Engine, of: &Project) -> Result<wire::project::Project, Refusal> {
    let settings = store::project::settings(&engine.store, &of.id).await?;
    Ok(wire::project::Project {
        id: of.id.clone(),
        name: of.origin.name().into(),
        origin: forge::origin::shown(&of.origin),
        settings: wire::project::Settings { approval: settings.approval },
    })
}
