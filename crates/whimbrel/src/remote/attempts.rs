//! `logs`, `diff`, `steer`, `plan` and `evidence`, on a server.

use anyhow::{Context as _, Result, bail};
use domain::{AttemptId, Change, Event};
use engine::steer::Steered;
use forge::Diff;
use futures::StreamExt as _;
use proof::seal::{Refusal, verify};
use serde_json::json;
use web::api::wire;

use super::client::Client;
use super::find::{self, Subject};
use super::{read, stream, wait};
use crate::cli::{EvidenceArgs, LogsArgs, PlanArgs, SteerArgs};
use crate::commands::logs::describe;
use crate::commands::{self, evidence as shown};
use crate::exit::Exit;
use crate::ui;

/// Events of one attempt that are read before they are followed.
const EVENTS_MAX: usize = 1_000_000;
const PAGE: usize = 100;

pub async fn logs(client: &Client, args: &LogsArgs, json: bool) -> Result<Exit> {
    let ids = match find::subject(client, &args.id).await? {
        Subject::Attempt(attempt) => vec![attempt],
        Subject::Task(details) => {
            details.task.attempts.into_iter().map(|attempt| attempt.id).collect()
        }
    };
    let mut before = Vec::new();
    let mut following = futures::stream::SelectAll::new();
    for id in ids {
        let events = events(client, &id, 0).await?;
        let seen = events.last().map_or(0, |event| event.seq);
        if args.follow && !events.iter().any(|event| describe::is_end(&event.fact)) {
            following.push(Box::pin(stream::events(client.clone(), id, seen)));
        }
        before.extend(events);
    }
    // In the order in which it happened.
    before.sort_by_key(|event| event.at);
    before.iter().for_each(|event| commands::logs::print(event, json));
    while let Some(event) = following.next().await {
        commands::logs::print(&event?, json);
    }
    Ok(Exit::Ok)
}

/// What the attempt's log has after that event.
pub async fn events(client: &Client, id: &AttemptId, after: u64) -> Result<Vec<Event>> {
    let path = format!("/attempts/{id}/events?after={after}&limit={PAGE}");
    client.list(&path, EVENTS_MAX).await
}

pub async fn diff(client: &Client, typed: &str, json: bool) -> Result<Exit> {
    let id = find::attempt(client, typed).await?;
    diff_of(client, &id, json).await
}

pub async fn diff_of(client: &Client, id: &AttemptId, json: bool) -> Result<Exit> {
    let found: Option<wire::change::Change> =
        client.find(&format!("/attempts/{id}/change")).await?;
    let Some(found) = found else { bail!(commands::diff::changed_nothing(id)) };
    let change: Change = read::change(found);
    let bytes = client.get_bytes(&format!("/attempts/{id}/diff")).await?;
    commands::diff::show(id, &change, &Diff { bytes, cut: false }, json);
    Ok(Exit::Ok)
}

pub async fn steer(client: &Client, args: SteerArgs, json: bool) -> Result<Exit> {
    let id = find::attempt(client, &args.id).await?;
    let text = commands::delegate::text(args.text)?;
    let path = format!("/attempts/{id}/messages");
    let said: wire::attempt::Steered = client.post(&path, &wire::attempt::Message { text }).await?;
    if args.wait {
        return wait::for_task(client, &id.task(), json).await;
    }
    let steered = match (said.follows, said.kept) {
        (Some(followed), _) => Steered::Followed { attempt: followed, by: said.attempt },
        (None, true) => Steered::Kept { attempt: said.attempt },
        (None, false) => Steered::Told { attempt: said.attempt },
    };
    commands::steer::told(&steered, json);
    Ok(Exit::Ok)
}

pub async fn plan(client: &Client, args: &PlanArgs, json: bool) -> Result<Exit> {
    let id = find::attempt(client, &args.id).await?;
    let path = format!("/attempts/{id}/plan");
    let found: Option<wire::attempt::Plan> = client.find(&path).await?;
    let Some(found) = found else { bail!(commands::plan::none(&id)) };
    let edited = commands::plan::edited(args, &found.plan)?;
    if !args.approve && edited.is_none() {
        commands::plan::print(&id, &found.plan, found.waits, json);
        return Ok(Exit::Ok);
    }
    let approval = wire::attempt::PlanApproval { plan: edited };
    let _approved: wire::attempt::Plan =
        client.post(&format!("{path}/approval"), &approval).await?;
    commands::plan::approved(&id, json);
    Ok(Exit::Ok)
}

pub async fn evidence(client: &Client, args: &EvidenceArgs, json: bool) -> Result<Exit> {
    let typed = args.id.as_deref().context("name a task, an attempt or a pull request")?;
    let id = find::attempt(client, crate::find::without_branch(typed)).await?;
    if let Some(name) = &args.log {
        return log(client, &id, name, json).await;
    }
    let Some(found) = read::evidence(client, &id).await? else { bail!(shown::none(&id)) };
    if let Some(folder) = &args.logs {
        write_logs(client, &id, folder).await?;
    }
    let envelope = client.find_bytes(&format!("/attempts/{id}/envelope")).await?;
    match envelope {
        Some(bytes) if args.signed => ui::out_bytes(&bytes),
        None if args.signed => {}
        Some(bytes) => match checked(&bytes, &id, &found) {
            Ok(()) => shown::print(&id, &found, json),
            Err(refusal) => return Ok(refuse(&refusal, json)),
        },
        None => shown::print(&id, &found, json),
    }
    Ok(Exit::Ok)
}

/// What is shown is what was signed: neither the server's store nor the way here changed it.
fn checked(bytes: &[u8], id: &AttemptId, found: &domain::Evidence) -> Result<(), String> {
    let verified = verify(bytes, None).map_err(|refusal: Refusal| refusal.to_string())?;
    let signed = &verified.statement.predicate;
    match signed.attempt == *id && signed.evidence == *found {
        true => Ok(()),
        false => Err(format!("the server shows other evidence of {id} than was signed")),
    }
}

fn refuse(why: &str, json: bool) -> Exit {
    let why = ui::safe(why);
    if json {
        ui::json(&json!({ "verified": false, "error": why }));
    } else {
        ui::err(&format!("{} {why}", ui::Paint::stderr().red("refused:")));
    }
    Exit::Refused
}

async fn log(client: &Client, id: &AttemptId, name: &str, json: bool) -> Result<Exit> {
    shown::check_log_name(id, name)?;
    let found = client.find_bytes(&format!("/attempts/{id}/logs/{name}")).await?;
    let Some(bytes) = found else {
        bail!("attempt {id} has no log {name:?}; `whimbrel evidence {id}` lists them")
    };
    shown::print_log(id, name, &bytes, json);
    Ok(Exit::Ok)
}

async fn write_logs(client: &Client, id: &AttemptId, folder: &std::path::Path) -> Result<()> {
    let listed: wire::Page<wire::attempt::Log> =
        client.get(&format!("/attempts/{id}/logs")).await?;
    let mut logs = Vec::new();
    for log in listed.items {
        shown::check_log_name(id, &log.name)?;
        let bytes = client.get_bytes(&format!("/attempts/{id}/logs/{}", log.name)).await?;
        logs.push((log.name, bytes));
    }
    let logs = logs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    shown::write_logs(logs, folder)
}
