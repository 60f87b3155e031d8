//! From what a person typed to the thing they meant.

use anyhow::{Result, bail};
use domain::attempt::{Outcome, State};
use domain::{Attempt, AttemptId, PullRequest, PullRequestId, Task, TaskId, task};
use engine::Engine;
use store::task::Found;

/// A task, or one attempt of it.
pub enum Subject {
    Task(Task),
    Attempt(Attempt),
}

/// The task whose id begins with `typed`.
pub async fn task(engine: &Engine, typed: &str) -> Result<Task> {
    match store::task::find(&engine.store, typed).await? {
        Found::One(task) => Ok(*task),
        Found::None => bail!(no_task(typed)),
        Found::Several(ids) => bail!(several_tasks(typed, &ids)),
    }
}

pub fn no_task(typed: &str) -> String {
    format!("there is no task {typed:?}; `whimbrel list` shows what there is")
}

pub fn several_tasks(typed: &str, ids: &[TaskId]) -> String {
    let ids: Vec<&str> = ids.iter().map(TaskId::as_str).collect();
    format!("{typed:?} begins several tasks' ids: {}", ids.join(", "))
}

/// `abcd` is a task, `abcd.2` its second attempt.
pub async fn subject(engine: &Engine, typed: &str) -> Result<Subject> {
    let Some((prefix, number)) = typed.split_once('.') else {
        return Ok(Subject::Task(task(engine, typed).await?));
    };
    let task = task(engine, prefix).await?;
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    Ok(Subject::Attempt(numbered(&task.id, attempts, number)?))
}

pub fn numbered(task: &TaskId, attempts: Vec<Attempt>, number: &str) -> Result<Attempt> {
    let count = attempts.len();
    match attempts.into_iter().find(|attempt| attempt.id.number().to_string() == number) {
        Some(attempt) => Ok(attempt),
        None => bail!("task {task} has no attempt {number:?}; it has {count}"),
    }
}

/// The attempt that is meant: itself, or a task's chosen one, or its only one with a change.
pub async fn attempt(engine: &Engine, typed: &str) -> Result<AttemptId> {
    let task = match subject(engine, typed).await? {
        Subject::Attempt(attempt) => return Ok(attempt.id),
        Subject::Task(task) => task,
    };
    if let Some(chosen) = chosen(engine, &task).await? {
        return Ok(chosen);
    }
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    only(&task, &attempts)
}

/// Of a task without a chosen attempt the one that can only be meant.
pub fn only(task: &Task, attempts: &[Attempt]) -> Result<AttemptId> {
    let changed = newest_of_lines(attempts, is_changed);
    let newest = newest_of_lines(attempts, |attempt| !is_cancelled(attempt));
    match (attempts, newest.as_slice(), changed.as_slice()) {
        ([only], _, _) => Ok(only.id.clone()),
        (_, _, [only]) | (_, [only], _) => Ok(only.id.clone()),
        _ => bail!(
            "task {} has {} attempts and none is chosen; name one, like {}",
            task.id,
            attempts.len(),
            AttemptId::new(&task.id, 1)
        ),
    }
}

/// Of those that are wanted, the ones that no other wanted one follows, over however many steps.
fn newest_of_lines(attempts: &[Attempt], wanted: fn(&Attempt) -> bool) -> Vec<&Attempt> {
    let mut newest: Vec<&Attempt> = Vec::new();
    // A follow-up has a higher number than what it follows.
    for attempt in attempts.iter().filter(|attempt| wanted(attempt)) {
        newest.retain(|before| !is_before(attempts, &before.id, attempt));
        newest.push(attempt);
    }
    newest
}

/// Whether `attempt` follows `id`, or one that does.
fn is_before(attempts: &[Attempt], id: &AttemptId, attempt: &Attempt) -> bool {
    let followed = |of: &Attempt| attempts.iter().find(|one| of.follows.as_ref() == Some(&one.id));
    let mut line = std::iter::successors(followed(attempt), |one| followed(one));
    line.any(|one| one.id == *id)
}

fn is_cancelled(attempt: &Attempt) -> bool {
    attempt.state == State::Ended { outcome: Outcome::Cancelled }
}

fn is_changed(attempt: &Attempt) -> bool {
    attempt.state == State::Ended { outcome: Outcome::Changed }
}

/// The attempt whose change was or is to be offered.
pub async fn chosen(engine: &Engine, task: &Task) -> Result<Option<AttemptId>> {
    match &task.state {
        task::State::Decided { attempt } | task::State::Offered { attempt, .. } => {
            Ok(Some(attempt.clone()))
        }
        task::State::Merged { pull_request, .. } => {
            Ok(Some(store::pull_request::get(&engine.store, pull_request).await?.attempt))
        }
        task::State::Open
        | task::State::Running
        | task::State::Closed { .. }
        | task::State::Cancelled => Ok(None),
    }
}

/// What a pull request's branch ends in is its task's id; anything else is an id itself.
pub fn without_branch(typed: &str) -> &str {
    match typed.strip_prefix("whimbrel/") {
        Some(branch) => branch.rsplit('-').next().unwrap_or(branch),
        None => typed,
    }
}

/// The pull request of the task, by its id's beginning or its branch.
pub async fn pull_request(engine: &Engine, typed: &str) -> Result<PullRequest> {
    let task = task(engine, without_branch(typed)).await?;
    match store::pull_request::get(&engine.store, &PullRequestId::of(&task.id)).await {
        Ok(found) => Ok(found),
        Err(store::Error::Missing { .. }) => bail!(no_pull_request(&task)),
        Err(error) => Err(error.into()),
    }
}

pub fn no_pull_request(task: &Task) -> String {
    let (id, state) = (&task.id, task.state.name());
    format!("task {id} has no pull request; it is {state} (`whimbrel show {id}`)")
}
