//! Attempts: each move is a compare-and-set and an event, in one transaction.

use domain::attempt::State;
use domain::{Attempt, AttemptId, Fact, TaskId, Timestamp};
use sqlx::FromRow;

use crate::lease::{self, Holder};
use crate::row::Of;
use crate::{Error, Store, Transaction, event};

#[derive(FromRow)]
struct Row {
    id: String,
    created: i64,
    started: Option<i64>,
    ended: Option<i64>,
    runs: i64,
    state_json: String,
}

impl Row {
    fn into_attempt(self) -> Result<Attempt, Error> {
        let of = of(&self.id);
        Ok(Attempt {
            id: of.parse(&self.id)?,
            state: of.decode(&self.state_json)?,
            created: Timestamp(self.created),
            started: self.started.map(Timestamp),
            ended: self.ended.map(Timestamp),
            runs: of.number(self.runs)?,
            follows: None,
            waits: None,
        })
    }
}

pub(crate) fn of(id: &str) -> Of<'_> {
    Of { noun: "attempt", id }
}

pub(crate) async fn insert(transaction: &mut Transaction, new: &Attempt) -> Result<(), Error> {
    sqlx::query(
        "insert into attempts (id, task, number, created, runs, events, state, state_json)
         values ($1, $2, $3, $4, 0, 0, $5, $6)",
    )
    .bind(new.id.as_str())
    .bind(new.id.task().as_str())
    .bind(i64::from(new.id.number()))
    .bind(new.created.0)
    .bind(new.state.name())
    .bind(of(new.id.as_str()).encode(&new.state)?)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    event::append_in(transaction, &new.id, new.created, &Fact::Created).await?;
    Ok(())
}

pub async fn get(store: &Store, id: &AttemptId) -> Result<Attempt, Error> {
    let row: Option<Row> = sqlx::query_as("select * from attempts where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read an attempt"))?;
    row.ok_or_else(|| of(id.as_str()).missing())?.into_attempt()
}

/// By number. A task has as many as were asked for.
pub async fn of_task(store: &Store, task: &TaskId) -> Result<Vec<Attempt>, Error> {
    let rows: Vec<Row> = sqlx::query_as("select * from attempts where task = $1 order by number")
        .bind(task.as_str())
        .fetch_all(&store.pool)
        .await
        .map_err(store.failed("read a task's attempts"))?;
    rows.into_iter().map(Row::into_attempt).collect()
}

/// Attempts that have not ended and that no living runner holds: queued ones, and those whose
/// runner died or let go. Oldest first.
pub async fn unattended(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<Attempt>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from attempts
         where state <> 'ended'
           and not exists (
               select 1 from leases where leases.attempt = attempts.id and leases.expires > $1)
         order by created, number limit $2",
    )
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list unattended attempts"))?;
    rows.into_iter().map(Row::into_attempt).collect()
}

/// How many attempts a living runner holds.
pub async fn attended(store: &Store, now: Timestamp) -> Result<usize, Error> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from leases join attempts on attempts.id = leases.attempt
         where leases.expires > $1 and attempts.state <> 'ended'",
    )
    .bind(now.0)
    .fetch_one(&store.pool)
    .await
    .map_err(store.failed("count running attempts"))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// A move of an attempt, and who makes it.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    pub expected: &'a State,
    pub to: &'a State,
    pub at: Timestamp,
    /// The runner, which must still have its lease. The engine and a person have none.
    pub holder: Option<&'a Holder>,
}

/// Moves the attempt if it still is as expected, and says so in its log, with `facts` before it.
/// Gives the number of the move's event.
///
/// # Errors
/// [`Error::Conflict`] if it was moved meanwhile, [`Error::LeaseLost`] if the holder lost it.
pub async fn move_to(
    store: &Store,
    id: &AttemptId,
    how: Move<'_>,
    facts: &[Fact],
) -> Result<u64, Error> {
    let mut transaction = store.write("move an attempt").await?;
    lease::check_in(&mut transaction, id, how.holder).await?;
    let found = state_in(&mut transaction, id).await?;
    if found != *how.expected {
        return Err(of(id.as_str()).conflict(how.expected.name(), found.name()));
    }
    update_in(&mut transaction, id, how.to, how.at).await?;
    for fact in facts {
        event::append_in(&mut transaction, id, how.at, fact).await?;
    }
    let moved = Fact::Moved { state: how.to.clone() };
    let seq = event::append_in(&mut transaction, id, how.at, &moved).await?;
    transaction.commit().await?;
    Ok(seq)
}

pub(crate) async fn state_in(
    transaction: &mut Transaction,
    id: &AttemptId,
) -> Result<State, Error> {
    let json: Option<String> = sqlx::query_scalar("select state_json from attempts where id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    let of = of(id.as_str());
    of.decode(&json.ok_or_else(|| of.missing())?)
}

async fn update_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    to: &State,
    at: Timestamp,
) -> Result<(), Error> {
    let started = (*to != State::Queued).then_some(at.0);
    let ended = to.is_ended().then_some(at.0);
    sqlx::query(
        "update attempts set state = $2, state_json = $3,
             started = coalesce(started, $4), ended = $5
         where id = $1",
    )
    .bind(id.as_str())
    .bind(to.name())
    .bind(of(id.as_str()).encode(to)?)
    .bind(started)
    .bind(ended)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    Ok(())
}

#[cfg(test)]
mod tests;
