//! From what a person typed to what the server has: the same rules as here.

use anyhow::{Result, bail};
use domain::{Attempt, AttemptId, PullRequest, TaskId};
use web::api::wire;

use super::client::Client;
use super::read;
use crate::find;

/// Of the newest tasks so many are looked through for the beginning of an id.
const TASKS_MAX: usize = 2_000;
const PAGE: usize = 100;
const ID_CHARS: usize = 8;

/// A task, or one attempt of it.
pub enum Subject {
    Task(Box<wire::task::Details>),
    Attempt(AttemptId),
}

/// The task whose id begins with `typed`.
pub async fn task(client: &Client, typed: &str) -> Result<wire::task::Details> {
    let id = match typed.parse::<TaskId>() {
        Ok(id) if typed.len() >= ID_CHARS => id,
        Ok(_) | Err(_) => begun(client, typed).await?,
    };
    let found = client.find(&format!("/tasks/{id}")).await?;
    found.ok_or_else(|| anyhow::anyhow!(find::no_task(typed)))
}

async fn begun(client: &Client, typed: &str) -> Result<TaskId> {
    if typed.is_empty() {
        bail!(find::no_task(typed));
    }
    let all: Vec<wire::task::Task> =
        client.list(&format!("/tasks?limit={PAGE}"), TASKS_MAX).await?;
    let begins = all.into_iter().map(|task| task.id).filter(|id| id.as_str().starts_with(typed));
    let mut ids: Vec<TaskId> = begins.collect();
    match (ids.pop(), ids.is_empty()) {
        (Some(id), true) => Ok(id),
        (None, _) => bail!(find::no_task(typed)),
        (Some(id), false) => {
            ids.push(id);
            bail!(find::several_tasks(typed, &ids))
        }
    }
}

/// `abcd` is a task, `abcd.2` its second attempt.
pub async fn subject(client: &Client, typed: &str) -> Result<Subject> {
    let Some((prefix, number)) = typed.split_once('.') else {
        return Ok(Subject::Task(Box::new(task(client, typed).await?)));
    };
    let task = task(client, prefix).await?;
    let attempts = attempts(&task)?;
    Ok(Subject::Attempt(find::numbered(&task.task.id, attempts, number)?.id))
}

/// The attempt that is meant: itself, or a task's chosen one, or its only one with a change.
pub async fn attempt(client: &Client, typed: &str) -> Result<AttemptId> {
    let details = match subject(client, typed).await? {
        Subject::Attempt(attempt) => return Ok(attempt),
        Subject::Task(details) => details,
    };
    match &details.task.chosen {
        Some(chosen) => Ok(chosen.clone()),
        None => find::only(&read::task(&details)?, &attempts(&details)?),
    }
}

pub fn attempts(details: &wire::task::Details) -> Result<Vec<Attempt>> {
    details.task.attempts.iter().cloned().map(read::attempt).collect()
}

/// The pull request of the task, by its id's beginning or its branch.
pub async fn pull_request(client: &Client, typed: &str) -> Result<PullRequest> {
    let details = task(client, find::without_branch(typed)).await?;
    match &details.offered {
        Some(found) => read::pull_request(found.clone()),
        None => bail!(find::no_pull_request(&read::task(&details)?)),
    }
}
