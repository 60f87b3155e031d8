//! Pull requests: made and moved together with their task, so that the two never disagree.

use domain::pull_request::State;
use domain::{PullRequest, PullRequestId, Timestamp, task};
use sqlx::FromRow;

use crate::row::Of;
use crate::task::{move_in as move_task_in, state_in as task_state_in};
use crate::{Error, Store, Transaction};

#[derive(FromRow)]
pub(crate) struct Row {
    id: String,
    project: String,
    attempt: String,
    branch: String,
    base_branch: String,
    base: String,
    head: String,
    title: String,
    body: String,
    created: i64,
    state_json: String,
}

impl Row {
    pub(crate) fn into_pull_request(self) -> Result<PullRequest, Error> {
        let of = of(&self.id);
        Ok(PullRequest {
            id: of.parse(&self.id)?,
            project: of.parse(&self.project)?,
            attempt: of.parse(&self.attempt)?,
            base: of.parse(&self.base)?,
            head: of.parse(&self.head)?,
            created: Timestamp(self.created),
            state: of.decode(&self.state_json)?,
            branch: self.branch,
            base_branch: self.base_branch,
            title: self.title,
            body: self.body,
        })
    }
}

fn of(id: &str) -> Of<'_> {
    Of { noun: "pull request", id }
}

/// Stores the pull request and moves its task from decided to offered.
///
/// # Errors
/// [`Error::Conflict`] if the task isn't decided on this attempt: so nothing is offered twice.
pub async fn create(store: &Store, new: &PullRequest) -> Result<(), Error> {
    let mut transaction = store.write("store a pull request").await?;
    let decided = task::State::Decided { attempt: new.attempt.clone() };
    let offered =
        task::State::Offered { attempt: new.attempt.clone(), pull_request: new.id.clone() };
    move_task_in(&mut transaction, &new.id.task(), &decided, &offered).await?;
    insert(&mut transaction, new).await?;
    transaction.commit().await
}

/// Gives the task's pull request the change of a follow-up, opens it again where it was closed, and
/// moves its task from decided to offered.
///
/// # Errors
/// [`Error::Conflict`] if the task isn't decided on this attempt.
pub async fn renew(store: &Store, new: &PullRequest) -> Result<(), Error> {
    let mut transaction = store.write("renew a pull request").await?;
    let decided = task::State::Decided { attempt: new.attempt.clone() };
    let offered =
        task::State::Offered { attempt: new.attempt.clone(), pull_request: new.id.clone() };
    move_task_in(&mut transaction, &new.id.task(), &decided, &offered).await?;
    sqlx::query(
        "update pull_requests
         set attempt = $2, base = $3, head = $4, title = $5, body = $6,
             ended = null, ended_by = null
         where id = $1",
    )
    .bind(new.id.as_str())
    .bind(new.attempt.as_str())
    .bind(new.base.as_str())
    .bind(new.head.as_str())
    .bind(&new.title)
    .bind(&new.body)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    update_in(&mut transaction, &new.id, &new.state).await?;
    transaction.commit().await
}

async fn insert(transaction: &mut Transaction, new: &PullRequest) -> Result<(), Error> {
    sqlx::query(
        "insert into pull_requests
             (id, project, attempt, branch, base_branch, base, head, title, body, created,
              state, state_json)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(new.id.as_str())
    .bind(new.project.as_str())
    .bind(new.attempt.as_str())
    .bind(&new.branch)
    .bind(&new.base_branch)
    .bind(new.base.as_str())
    .bind(new.head.as_str())
    .bind(&new.title)
    .bind(&new.body)
    .bind(new.created.0)
    .bind(new.state.name())
    .bind(of(new.id.as_str()).encode(&new.state)?)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    Ok(())
}

pub async fn get(store: &Store, id: &PullRequestId) -> Result<PullRequest, Error> {
    let row: Option<Row> = sqlx::query_as("select * from pull_requests where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a pull request"))?;
    row.ok_or_else(|| of(id.as_str()).missing())?.into_pull_request()
}

/// Newest first, at most `limit`; only those in the state of that name, where one is given.
pub async fn list(
    store: &Store,
    state: Option<&str>,
    limit: u32,
) -> Result<Vec<PullRequest>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from pull_requests where (cast($1 as text) is null or state = $1)
         order by created desc, id desc limit $2",
    )
    .bind(state)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list pull requests"))?;
    rows.into_iter().map(Row::into_pull_request).collect()
}

/// Who merges or closes a pull request, and when.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    pub at: Timestamp,
    pub person: &'a str,
}

/// Merges or closes the pull request if it still is as `expected`, and its task with it.
///
/// # Errors
/// [`Error::Conflict`] if either was moved meanwhile, or has no such transition.
pub async fn move_to(
    store: &Store,
    id: &PullRequestId,
    expected: &State,
    to: &State,
    decided: Decided<'_>,
) -> Result<(), Error> {
    let mut transaction = store.write("move a pull request").await?;
    let found = state_in(&mut transaction, id).await?;
    if found != *expected {
        return Err(of(id.as_str()).conflict(expected.name(), found.name()));
    }
    update_in(&mut transaction, id, to).await?;
    sqlx::query("update pull_requests set ended = $2, ended_by = $3 where id = $1")
        .bind(id.as_str())
        .bind(decided.at.0)
        .bind(decided.person)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    follow(&mut transaction, id, to).await?;
    transaction.commit().await
}

/// Moves the task to where its pull request went.
async fn follow(
    transaction: &mut Transaction,
    id: &PullRequestId,
    to: &State,
) -> Result<(), Error> {
    let from = task_state_in(transaction, &id.task()).await?;
    let moved = match to.clone() {
        State::Open => return Err(of(id.as_str()).conflict("to be merged or closed", to.name())),
        State::Merged { commit } => from.clone().merge(commit),
        State::Closed { reason } => from.clone().close(reason),
    };
    let task = id.task();
    let refused = Of { noun: "task", id: task.as_str() }.conflict("offered", from.name());
    move_task_in(transaction, &task, &from, &moved.map_err(|_| refused)?).await
}

async fn state_in(transaction: &mut Transaction, id: &PullRequestId) -> Result<State, Error> {
    let json: Option<String> =
        sqlx::query_scalar("select state_json from pull_requests where id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    let of = of(id.as_str());
    of.decode(&json.ok_or_else(|| of.missing())?)
}

async fn update_in(
    transaction: &mut Transaction,
    id: &PullRequestId,
    to: &State,
) -> Result<(), Error> {
    sqlx::query("update pull_requests set state = $2, state_json = $3 where id = $1")
        .bind(id.as_str())
        .bind(to.name())
        .bind(of(id.as_str()).encode(to)?)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    Ok(())
}

#[cfg(test)]
mod tests;
