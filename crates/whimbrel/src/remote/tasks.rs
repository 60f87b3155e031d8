//! `list`, `show`, `compare` and `cancel`, on a server.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::ProjectId;
use forge::Diff;
use tokio::time::Instant;
use web::api::wire;

use super::client::Client;
use super::find::{self, Subject};
use super::read;
use crate::cli::{CancelArgs, CompareArgs, ListArgs, ShowArgs};
use crate::commands::list::Row;
use crate::commands::{cancel, compare, list, show};
use crate::exit::Exit;
use crate::view::Place;

const POLL: Duration = Duration::from_millis(200);
/// A page, at most.
const PAGE_MAX: u32 = 100;

pub async fn list(client: &Client, args: &ListArgs, json: bool) -> Result<Exit> {
    let page = args.limit.min(PAGE_MAX);
    let limit = usize::try_from(args.limit)?;
    let tasks: Vec<wire::task::Task> = client.list(&format!("/tasks?limit={page}"), limit).await?;
    let mut places = HashMap::new();
    if !tasks.is_empty() {
        let projects: wire::Page<wire::project::Project> = client.get("/projects").await?;
        places.extend(projects.items.into_iter().map(|project| (project.id, project.origin)));
    }
    let rows: Vec<Row> = tasks.into_iter().map(|task| row(task, &places)).collect();
    list::print(&rows, json);
    Ok(Exit::Ok)
}

fn row(task: wire::task::Task, places: &HashMap<ProjectId, String>) -> Row {
    let answered = |attempt: &wire::task::Brief| attempt.outcome.as_deref() == Some("answered");
    let shown = match task.state.as_str() {
        "closed" if task.attempts.iter().any(answered) => list::ANSWERED,
        "running" if task.waits_for_person => list::WAITS,
        other => other,
    };
    let attempt = |attempt: &wire::task::Brief| (attempt.id.clone(), attempt.state.clone());
    Row {
        shown: shown.to_owned(),
        attempts: task.attempts.iter().map(attempt).collect(),
        project: Place {
            origin: places.get(&task.project).cloned().unwrap_or_default(),
            name: task.project_name,
        },
        id: task.id,
        state: task.state,
        text: task.text,
        created: task.created,
    }
}

pub async fn show(client: &Client, args: &ShowArgs, json: bool) -> Result<Exit> {
    match find::subject(client, &args.id).await? {
        Subject::Task(details) => show::show_task(&read::view(client, *details).await?, json),
        Subject::Attempt(id) => {
            let details = client.get(&format!("/attempts/{id}")).await?;
            show::show_attempt(&read::made(client, details).await?, json);
        }
    }
    Ok(Exit::Ok)
}

pub async fn compare(client: &Client, args: &CompareArgs, json: bool) -> Result<Exit> {
    let details = find::task(client, &args.task).await?;
    let id = details.task.id.clone();
    if let [from, to] = args.diff[..] {
        let path = format!("/tasks/{id}/difference?from={from}&to={to}");
        let found: wire::comparison::Difference = client.get(&path).await?;
        let diff = Diff { bytes: found.diff.into_bytes(), cut: found.cut };
        compare::show_difference(&id, (from, to), &diff, json);
        return Ok(Exit::Ok);
    }
    let comparison = client.get(&format!("/tasks/{id}/comparison")).await?;
    compare::print(read::beside(client, details, comparison).await?, json);
    Ok(Exit::Ok)
}

pub async fn cancel(client: &Client, args: &CancelArgs, json: bool) -> Result<Exit> {
    let details = find::task(client, &args.task).await?;
    let task = read::task(&details)?;
    if !task.state.is_moving() {
        bail!(cancel::nothing_to_cancel(&task));
    }
    let path = format!("/tasks/{}", task.id);
    let _moved: serde_json::Value =
        client.post(&format!("{path}/cancellation"), &serde_json::json!({})).await?;
    let end = Instant::now() + cancel::WAIT_MAX;
    loop {
        let details: wire::task::Details = client.get(&path).await?;
        let attempts = &details.task.attempts;
        let left = attempts.iter().filter(|attempt| attempt.state != "ended").count();
        if left == 0 || Instant::now() > end {
            return cancel::cancelled(&task.id, &read::task(&details)?.state, left, json);
        }
        tokio::time::sleep(POLL).await;
    }
}
