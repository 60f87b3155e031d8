//! From what the API says to what commands print.

use anyhow::{Result, bail};
use domain::attempt::{Limit, Outcome, Pause, Stage, State};
use domain::{Attempt, Change, Evidence, PullRequest, PullRequestId, Task, pull_request, task};
use futures::{StreamExt as _, TryStreamExt as _};
use proof::Ranking;
use store::exchange::Spent;
use store::report::Report;
use web::api::wire;

use super::client::Client;
use crate::view::{Beside, Made, Place, Tried, View};

/// Evidence that is fetched at once.
const WIDTH: usize = 4;

/// A task with all that is known of it.
pub async fn view(client: &Client, details: wire::task::Details) -> Result<View> {
    let project: wire::project::Project =
        client.get(&format!("/projects/{}", details.task.project)).await?;
    let place = Place { name: project.name, origin: project.origin };
    let pull_request = details.offered.clone().map(pull_request).transpose()?;
    let task = task(&details)?;
    let fetched = details.task.attempts.into_iter().map(|attempt| tried(client, attempt));
    let attempts = futures::stream::iter(fetched).buffered(WIDTH).try_collect().await?;
    Ok(View { task, project: place, attempts, pull_request })
}

async fn tried(client: &Client, said: wire::attempt::Attempt) -> Result<Tried> {
    let evidence = match said.evidence {
        Some(_) => evidence(client, &said.id).await?,
        None => None,
    };
    Ok(Tried { evidence, spent: spent(&said.spent), attempt: attempt(said)? })
}

pub async fn evidence(client: &Client, id: &domain::AttemptId) -> Result<Option<Evidence>> {
    client.find(&format!("/attempts/{id}/evidence")).await
}

pub async fn made(client: &Client, said: wire::attempt::Details) -> Result<Made> {
    let report = said.report.map(|r| Report { title: r.title, summary: r.summary });
    let change = said.change.map(change);
    Ok(Made { tried: tried(client, said.attempt).await?, change, report })
}

/// `compared` has what the task's details have, and the changes.
pub async fn beside(
    client: &Client,
    details: wire::task::Details,
    said: wire::comparison::Comparison,
) -> Result<Beside> {
    let view = view(client, details).await?;
    let mut changes = said.compared;
    let changes = view.attempts().map(|attempt| {
        let compared = changes.iter_mut().find(|compared| compared.attempt.id == attempt.id);
        compared.and_then(|compared| compared.change.take()).map(change)
    });
    Ok(Beside {
        changes: changes.collect(),
        view,
        ranking: Ranking {
            order: said.ranking,
            eligible: said.eligible,
            groups: said.groups,
            tied: Vec::new(),
            why: said.why,
        },
        examination: said.examination,
        is_examined: said.being_examined,
    })
}

pub fn task(details: &wire::task::Details) -> Result<Task> {
    let wire::task::Details { task: said, base, settings, .. } = details;
    Ok(Task {
        id: said.id.clone(),
        project: said.project.clone(),
        person: said.person.clone(),
        text: said.text.clone(),
        mode: said.mode,
        settings: task::Settings {
            agent: settings.agent,
            model: settings.model.clone(),
            attempts: settings.attempts,
            limits: settings.limits,
            seed: settings.seed,
            without_setup: settings.without_setup,
            plan_first: settings.plan,
            enough: settings.enough,
        },
        base: base.clone(),
        created: said.created,
        state: task_state(details)?,
    })
}

fn task_state(details: &wire::task::Details) -> Result<task::State> {
    let said = &details.task;
    let pull_request = || said.pull_request.clone().unwrap_or_else(|| PullRequestId::of(&said.id));
    Ok(match (said.state.as_str(), said.chosen.clone(), details.merged.clone()) {
        ("open", ..) => task::State::Open,
        ("running", ..) => task::State::Running,
        ("decided", Some(attempt), _) => task::State::Decided { attempt },
        ("offered", Some(attempt), _) => {
            task::State::Offered { attempt, pull_request: pull_request() }
        }
        ("merged", _, Some(commit)) => task::State::Merged { pull_request: pull_request(), commit },
        ("closed", ..) => task::State::Closed { reason: said.reason.clone().unwrap_or_default() },
        ("cancelled", ..) => task::State::Cancelled,
        (other, ..) => bail!("task {} is {other}, which this version doesn't know", said.id),
    })
}

pub fn attempt(said: wire::attempt::Attempt) -> Result<Attempt> {
    Ok(Attempt {
        state: state(&said)?,
        id: said.id,
        created: said.created,
        started: said.started,
        ended: said.ended,
        runs: said.runs,
        follows: said.follows,
        waits: said.waits.filter(|_| !said.plan_waits),
    })
}

fn state(said: &wire::attempt::Attempt) -> Result<State> {
    let quota = || Pause::Quota { provider: "the provider".into(), message: String::new() };
    Ok(match said.state.as_str() {
        "queued" => State::Queued,
        "preparing" => State::Preparing,
        "working" => State::Working,
        "paused" if said.plan_waits => State::Paused { until: None, why: Pause::Plan },
        "paused" => State::Paused { until: Some(said.created), why: quota() },
        "proving" => State::Proving,
        "ended" => State::Ended { outcome: outcome(said)? },
        other => bail!("attempt {} is {other}, which this version doesn't know", said.id),
    })
}

fn outcome(said: &wire::attempt::Attempt) -> Result<Outcome> {
    let reason = said.reason.clone().unwrap_or_default();
    Ok(match said.outcome.as_deref().unwrap_or_default() {
        "changed" => Outcome::Changed,
        "answered" => Outcome::Answered {
            answer: said.answer.clone().unwrap_or(reason),
            sources: said.sources.clone(),
        },
        "no_change" => Outcome::NoChange { reason },
        "failed" => failed(&reason),
        "out_of_time" => Outcome::OutOfTime,
        "out_of_budget" => Outcome::OutOfBudget { limit: Limit::default(), reason },
        "cancelled" => Outcome::Cancelled,
        "not_needed" => Outcome::NotNeeded { reason },
        other => bail!("attempt {} ended {other}, which this version doesn't know", said.id),
    })
}

/// `prepare: the setup failed`: the stage stands before the reason.
fn failed(words: &str) -> Outcome {
    let stages = [Stage::Prepare, Stage::Work, Stage::Harvest, Stage::Prove];
    let (before, reason) = words.split_once(": ").unwrap_or(("", words));
    match stages.into_iter().find(|stage| stage.name() == before) {
        Some(stage) => Outcome::Failed { stage, reason: reason.to_owned() },
        None => Outcome::Failed { stage: Stage::Work, reason: words.to_owned() },
    }
}

/// What is priced in part is priced not at all, from afar.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "money that was spent")]
fn spent(said: &wire::attempt::Spent) -> Spent {
    Spent {
        requests: said.requests,
        input_tokens: said.input_tokens,
        cached_tokens: said.cached_tokens,
        output_tokens: said.output_tokens,
        micros: said.usd.map_or(0, |usd| (usd.max(0.0) * 1e6).round() as u64),
        unpriced: if said.usd.is_some() { 0 } else { said.requests },
        estimated: said.estimated,
    }
}

pub fn change(said: wire::change::Change) -> Change {
    Change { base: said.base, head: said.head, commits: said.commits, files: said.files }
}

pub fn pull_request(said: wire::pull_request::PullRequest) -> Result<PullRequest> {
    let state = match (said.state.as_str(), said.commit) {
        ("open", _) => pull_request::State::Open,
        ("merged", Some(commit)) => pull_request::State::Merged { commit },
        ("closed", _) => pull_request::State::Closed { reason: said.reason.unwrap_or_default() },
        (other, _) => {
            bail!("pull request {} is {other}, which this version doesn't know", said.id)
        }
    };
    Ok(PullRequest {
        id: said.id,
        project: said.project,
        attempt: said.attempt,
        branch: said.branch,
        base_branch: said.base,
        base: said.base_commit,
        head: said.head,
        title: said.title,
        body: said.body,
        created: said.created,
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the API says of an attempt is what its outcome says in words.
    #[test]
    fn an_outcome_survives_the_way() {
        let reason = || "it ended: so".to_owned();
        for outcome in [
            Outcome::NoChange { reason: reason() },
            Outcome::Failed { stage: Stage::Prove, reason: reason() },
            Outcome::NotNeeded { reason: reason() },
        ] {
            let words = outcome.reason().unwrap();
            let again = match &outcome {
                Outcome::Failed { .. } => failed(&words),
                Outcome::NoChange { .. } => Outcome::NoChange { reason: words },
                _ => Outcome::NotNeeded { reason: words },
            };
            assert_eq!(again, outcome);
        }
        let odd = Outcome::Failed { stage: Stage::Work, reason: "odd words".into() };
        assert_eq!(failed("odd words"), odd);
    }
}
