//! Attempts: each move is a compare-and-set and an event, in one transaction.

use std::collections::HashMap;

use domain::attempt::{Outcome, State};
use domain::task::Settings;
use domain::{Attempt, AttemptId, Fact, TaskId, Timestamp, task};
use sqlx::FromRow;

use crate::lease::{self, Holder};
use crate::row::Of;
use crate::{Error, Store, Transaction, event, exchange, row};

#[derive(FromRow)]
struct Row {
    id: String,
    created: i64,
    started: Option<i64>,
    ended: Option<i64>,
    runs: i64,
    state_json: String,
    follows: Option<String>,
    waits: Option<String>,
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
            follows: self.follows.map(|id| of.parse(&id)).transpose()?,
            waits: self.waits,
        })
    }
}

pub(crate) fn of(id: &str) -> Of<'_> {
    Of { noun: "attempt", id }
}

pub(crate) async fn insert(transaction: &mut Transaction, new: &Attempt) -> Result<(), Error> {
    sqlx::query(
        "insert into attempts (id, task, number, created, runs, events, state, state_json, follows)
         values ($1, $2, $3, $4, 0, 0, $5, $6, $7)",
    )
    .bind(new.id.as_str())
    .bind(new.id.task().as_str())
    .bind(i64::from(new.id.number()))
    .bind(new.created.0)
    .bind(new.state.name())
    .bind(of(new.id.as_str()).encode(&new.state)?)
    .bind(new.follows.as_ref().map(AttemptId::as_str))
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

/// Those of all these tasks, by number. A task without attempts has no entry.
pub async fn of_tasks(
    store: &Store,
    tasks: &[TaskId],
) -> Result<HashMap<TaskId, Vec<Attempt>>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select attempts.* from json_each($1) as wanted
             join attempts on attempts.task = wanted.value
         order by attempts.number",
    )
    .bind(row::list(tasks.iter().map(TaskId::as_str)))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read tasks' attempts"))?;
    let mut by_task: HashMap<TaskId, Vec<Attempt>> = HashMap::new();
    for row in rows {
        let attempt = row.into_attempt()?;
        by_task.entry(attempt.id.task()).or_default().push(attempt);
    }
    Ok(by_task)
}

/// Attempts that have not ended and that no living runner holds: queued ones, those whose runner
/// died or let go, and paused ones. Oldest first.
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

/// An attempt with what its turn and its room depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub attempt: Attempt,
    pub person: String,
    pub settings: Settings,
    /// How many runners have died over it since something was last done.
    pub deaths: u32,
    /// Who works on it; none where nobody does.
    pub holder: Option<Holder>,
}

#[derive(FromRow)]
struct CandidateRow {
    #[sqlx(flatten)]
    attempt: Row,
    person: String,
    settings: String,
    deaths: i64,
    holder: Option<String>,
}

impl CandidateRow {
    fn into_candidate(self) -> Result<Candidate, Error> {
        let attempt = self.attempt.into_attempt()?;
        let id = attempt.id.clone();
        let of = of(id.as_str());
        Ok(Candidate {
            attempt,
            person: self.person,
            settings: of.decode(&self.settings)?,
            deaths: of.number(self.deaths)?,
            holder: self.holder.map(|holder| of.parse(&holder)).transpose()?,
        })
    }
}

/// What could be worked on right now and isn't: of running tasks, not held by a living runner, and
/// not paused any longer. Oldest first.
pub async fn startable(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<Candidate>, Error> {
    let rows: Vec<CandidateRow> = sqlx::query_as(
        "select attempts.*, tasks.person, tasks.settings, null as holder
         from attempts join tasks on tasks.id = attempts.task
         where attempts.state <> 'ended' and tasks.state = 'running'
           and (attempts.state <> 'paused' or attempts.resumes <= $1)
           and not exists (
               select 1 from leases where leases.attempt = attempts.id and leases.expires > $1)
         order by attempts.created, attempts.number limit $2",
    )
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list attempts that could start"))?;
    rows.into_iter().map(CandidateRow::into_candidate).collect()
}

/// When an attempt of each person's began last, of those who have begun any.
pub async fn last_started(store: &Store) -> Result<Vec<(String, Timestamp)>, Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select tasks.person, max(attempts.started)
         from attempts join tasks on tasks.id = attempts.task
         where attempts.started is not null group by tasks.person",
    )
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("tell when each person was served"))?;
    Ok(rows.into_iter().map(|(person, at)| (person, Timestamp(at))).collect())
}

/// What a runner holds, whether it gave a sign of life lately or not.
pub async fn held(store: &Store) -> Result<Vec<Candidate>, Error> {
    let rows: Vec<CandidateRow> = sqlx::query_as(
        "select attempts.*, tasks.person, tasks.settings, leases.holder
         from leases join attempts on attempts.id = leases.attempt
             join tasks on tasks.id = attempts.task
         where attempts.state <> 'ended'",
    )
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list attempts that are worked on"))?;
    rows.into_iter().map(CandidateRow::into_candidate).collect()
}

/// Says what attempts wait for; nothing where none is given. No event: it is for people who look.
pub async fn wait_for(store: &Store, waits: &[(AttemptId, Option<String>)]) -> Result<(), Error> {
    let mut transaction = store.write("say what attempts wait for").await?;
    for (id, what) in waits {
        sqlx::query("update attempts set waits = $2 where id = $1 and waits is not $2")
            .bind(id.as_str())
            .bind(what)
            .execute(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    }
    transaction.commit().await
}

/// Makes the attempt that goes on where `followed` ended, by what `said` is, and opens its task
/// again.
///
/// # Errors
/// [`Error::Conflict`] where the task isn't in the state `expected` any more, or somebody else
/// follows it already. A follow-up that was cancelled doesn't count.
pub async fn follow(
    store: &Store,
    followed: &AttemptId,
    said: &Fact,
    expected: &task::State,
    now: Timestamp,
) -> Result<AttemptId, Error> {
    let mut transaction = store.write("make a follow-up").await?;
    let task = followed.task();
    let reopened = expected.clone().reopen();
    let refused = crate::task::of(task.as_str()).conflict("open to a follow-up", expected.name());
    let reopened = reopened.map_err(|_| refused)?;
    crate::task::move_in(&mut transaction, &task, expected, &reopened).await?;
    let newest: (i64, i64) = sqlx::query_as(
        "select max(number), count(case when follows = $2 and state_json <> $3 then 1 end)
         from attempts where task = $1",
    )
    .bind(task.as_str())
    .bind(followed.as_str())
    .bind(of(followed.as_str()).encode(&State::Ended { outcome: Outcome::Cancelled })?)
    .fetch_one(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    let State::Ended { .. } = state_in(&mut transaction, followed).await? else {
        return Err(of(followed.as_str()).conflict("ended", "still worked on"));
    };
    if newest.1 > 0 {
        return Err(of(followed.as_str()).conflict("the last of its line", "followed already"));
    }
    let number: u32 = of(followed.as_str()).number(newest.0 + 1)?;
    let new = Attempt {
        id: AttemptId::new(&task, number),
        state: State::Queued,
        created: now,
        started: None,
        ended: None,
        runs: 0,
        follows: Some(followed.clone()),
        waits: None,
    };
    insert(&mut transaction, &new).await?;
    event::append_in(&mut transaction, &new.id, now, said).await?;
    transaction.commit().await?;
    Ok(new.id)
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
    if how.to.is_ended() {
        exchange::lose_in(&mut transaction, id).await?;
    }
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
    let resumes = match to {
        State::Paused { until, why: _ } => until.map(|until| until.0),
        State::Queued
        | State::Preparing
        | State::Working
        | State::Proving
        | State::Ended { .. } => None,
    };
    sqlx::query(
        "update attempts set state = $2, state_json = $3,
             started = coalesce(started, $4), ended = $5, resumes = $6, waits = null
         where id = $1",
    )
    .bind(id.as_str())
    .bind(to.name())
    .bind(of(id.as_str()).encode(to)?)
    .bind(started)
    .bind(ended)
    .bind(resumes)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    Ok(())
}

#[cfg(test)]
mod tests;
