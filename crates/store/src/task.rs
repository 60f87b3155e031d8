//! Tasks: made together with their attempts, then moved by compare-and-set.

mod summary;

use domain::task::State;
use domain::{Attempt, ProjectId, Task, TaskId, Timestamp};
use sqlx::FromRow;

use crate::row::Of;
use crate::{Error, Store, Transaction, attempt};

pub use summary::{Cursor, Summary, Try, Wanted, summaries};

/// How many ids [`find`] names when a prefix is not unique.
const FOUND_MAX: usize = 8;

#[derive(FromRow)]
pub(crate) struct Row {
    id: String,
    project: String,
    person: String,
    text: String,
    mode: String,
    settings: String,
    base: String,
    created: i64,
    state_json: String,
}

impl Row {
    pub(crate) fn into_task(self) -> Result<Task, Error> {
        let of = of(&self.id);
        Ok(Task {
            id: of.parse(&self.id)?,
            project: of.parse(&self.project)?,
            person: self.person,
            mode: of.decode(&self.mode)?,
            settings: of.decode(&self.settings)?,
            base: of.decode(&self.base)?,
            created: Timestamp(self.created),
            state: of.decode(&self.state_json)?,
            text: self.text,
        })
    }
}

pub(crate) fn of(id: &str) -> Of<'_> {
    Of { noun: "task", id }
}

/// Stores a new task and its attempts, each with its first event.
pub async fn create(store: &Store, task: &Task, attempts: &[Attempt]) -> Result<(), Error> {
    let mut transaction = store.write("store a task").await?;
    insert(&mut transaction, task).await?;
    for attempt in attempts {
        attempt::insert(&mut transaction, attempt).await?;
    }
    transaction.commit().await
}

async fn insert(transaction: &mut Transaction, task: &Task) -> Result<(), Error> {
    let of = of(task.id.as_str());
    sqlx::query(
        "insert into tasks
             (id, project, text, mode, settings, base, created, state, state_json, person)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(task.id.as_str())
    .bind(task.project.as_str())
    .bind(&task.text)
    .bind(of.encode(&task.mode)?)
    .bind(of.encode(&task.settings)?)
    .bind(of.encode(&task.base)?)
    .bind(task.created.0)
    .bind(task.state.name())
    .bind(of.encode(&task.state)?)
    .bind(&task.person)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    Ok(())
}

pub async fn get(store: &Store, id: &TaskId) -> Result<Task, Error> {
    let row: Option<Row> = sqlx::query_as("select * from tasks where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a task"))?;
    row.ok_or_else(|| of(id.as_str()).missing())?.into_task()
}

/// Which tasks to list; the default is all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub project: Option<ProjectId>,
    /// A state's name, as [`State::name`] gives it.
    pub state: Option<String>,
}

/// Newest first, at most `limit`.
pub async fn list(store: &Store, filter: &Filter, limit: u32) -> Result<Vec<Task>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from tasks
         where (cast($1 as text) is null or project = $1)
           and (cast($2 as text) is null or state = $2)
         order by created desc, id desc limit $3",
    )
    .bind(filter.project.as_ref().map(ProjectId::as_str))
    .bind(&filter.state)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list tasks"))?;
    rows.into_iter().map(Row::into_task).collect()
}

/// Running tasks of which every attempt has ended: somebody has to decide. Oldest first.
pub async fn undecided(store: &Store, limit: u32) -> Result<Vec<TaskId>, Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "select id from tasks
         where state = 'running' and not exists (
             select 1 from attempts where attempts.task = tasks.id and attempts.state <> 'ended')
         order by created, id limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list undecided tasks"))?;
    ids.iter().map(|id| of(id).parse(id)).collect()
}

/// Cancelled tasks of which some attempt hasn't ended yet.
pub async fn cancelled_at_work(store: &Store, limit: u32) -> Result<Vec<TaskId>, Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "select id from tasks
         where state = 'cancelled' and exists (
             select 1 from attempts where attempts.task = tasks.id and attempts.state <> 'ended')
         order by created, id limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list cancelled tasks at work"))?;
    ids.iter().map(|id| of(id).parse(id)).collect()
}

/// Whether any task is being worked on: there is work for an engine, now or when a pause is over.
pub async fn any_moving(store: &Store) -> Result<bool, Error> {
    let found: Option<i64> =
        sqlx::query_scalar("select 1 from tasks where state in ('open', 'running') limit 1")
            .fetch_optional(&store.pool)
            .await
            .map_err(store.failed("look for tasks on their way"))?;
    Ok(found.is_some())
}

/// What a prefix of an id leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    None,
    One(Box<Task>),
    /// Some of them, oldest first.
    Several(Vec<TaskId>),
}

/// The task whose id starts with `prefix`. The empty prefix finds nothing.
pub async fn find(store: &Store, prefix: &str) -> Result<Found, Error> {
    if prefix.is_empty() {
        return Ok(Found::None);
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select * from tasks where substr(id, 1, length($1)) = $1
         order by created, id limit $2",
    )
    .bind(prefix)
    .bind(i64::try_from(FOUND_MAX).expect("the limit is small"))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("find a task"))?;
    let mut tasks = rows.into_iter().map(Row::into_task).collect::<Result<Vec<_>, _>>()?;
    match tasks.len() {
        0 => Ok(Found::None),
        1 => Ok(Found::One(Box::new(tasks.remove(0)))),
        _ => Ok(Found::Several(tasks.into_iter().map(|task| task.id).collect())),
    }
}

/// Moves the task if it still is as `expected`, otherwise it is a [`Error::Conflict`].
pub async fn move_to(
    store: &Store,
    id: &TaskId,
    expected: &State,
    to: &State,
) -> Result<(), Error> {
    let mut transaction = store.write("move a task").await?;
    move_in(&mut transaction, id, expected, to).await?;
    transaction.commit().await
}

pub(crate) async fn move_in(
    transaction: &mut Transaction,
    id: &TaskId,
    expected: &State,
    to: &State,
) -> Result<(), Error> {
    let found = state_in(transaction, id).await?;
    if found != *expected {
        return Err(of(id.as_str()).conflict(expected.name(), found.name()));
    }
    sqlx::query("update tasks set state = $2, state_json = $3 where id = $1")
        .bind(id.as_str())
        .bind(to.name())
        .bind(of(id.as_str()).encode(to)?)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    Ok(())
}

/// Read under the write lock, so that it stays true until the commit. (States are compared as
/// values and not as text: another version may write the same state with other spaces or fields.)
pub(crate) async fn state_in(transaction: &mut Transaction, id: &TaskId) -> Result<State, Error> {
    let json: Option<String> = sqlx::query_scalar("select state_json from tasks where id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    let of = of(id.as_str());
    of.decode(&json.ok_or_else(|| of.missing())?)
}

#[cfg(test)]
mod tests;
