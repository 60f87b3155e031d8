//! Verdicts: kept when they are given, moved by compare-and-set.

use domain::verdict::State;
use domain::{AttemptId, TaskId, Timestamp, Verdict, VerdictId};
use serde_json::Value;
use sqlx::{FromRow, QueryBuilder};

use crate::row::Of;
use crate::{Error, Store, Transaction};

#[derive(FromRow)]
pub(crate) struct Row {
    id: String,
    task: String,
    attempt: String,
    person: String,
    via: String,
    at: i64,
    due: i64,
    said: String,
    state_json: String,
}

impl Row {
    pub(crate) fn into_verdict(self) -> Result<Verdict, Error> {
        let of = of(&self.id);
        Ok(Verdict {
            id: of.parse(&self.id)?,
            task: of.parse(&self.task)?,
            attempt: of.parse(&self.attempt)?,
            via: of.decode(&Value::from(self.via).to_string())?,
            at: Timestamp(self.at),
            due: Timestamp(self.due),
            said: of.decode(&self.said)?,
            state: of.decode(&self.state_json)?,
            person: self.person,
        })
    }
}

pub(crate) fn of(id: &str) -> Of<'_> {
    Of { noun: "verdict", id }
}

/// What became of a verdict that was to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    Kept,
    /// It came before, under the same id.
    Known(Box<Verdict>),
}

/// Keeps the verdict. What the same person decided of the same task before, and can still take
/// back, is withdrawn: the last word counts.
///
/// # Errors
/// [`Error::Conflict`] where somebody else's decision of the task is pending, or its time has come.
pub async fn put(store: &Store, new: &Verdict) -> Result<Put, Error> {
    let mut transaction = store.write("keep a verdict").await?;
    if let Some(known) = get_in(&mut transaction, &new.id).await? {
        return Ok(Put::Known(Box::new(known)));
    }
    let pending: Vec<Row> =
        sqlx::query_as("select * from verdicts where task = $1 and state = 'pending'")
            .bind(new.task.as_str())
            .fetch_all(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    for row in pending {
        let before = row.into_verdict()?;
        let task = Of { noun: "task", id: new.task.as_str() };
        if before.person != new.person {
            return Err(task.conflict("undecided", "decided by somebody else"));
        }
        if before.due <= new.at || tries_in(&mut transaction, &before.id).await? > 0 {
            return Err(task.conflict("undecided", "decided, and that is being carried out"));
        }
        update_in(&mut transaction, &before.id, &State::Withdrawn).await?;
    }
    insert(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(Put::Kept)
}

/// Keeps one that was taken back before it arrived, so that it changes nothing if it still does.
pub async fn put_withdrawn(store: &Store, new: &Verdict) -> Result<Put, Error> {
    let mut transaction = store.write("keep a verdict").await?;
    if let Some(known) = get_in(&mut transaction, &new.id).await? {
        return Ok(Put::Known(Box::new(known)));
    }
    insert(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(Put::Kept)
}

async fn get_in(transaction: &mut Transaction, id: &VerdictId) -> Result<Option<Verdict>, Error> {
    let row: Option<Row> = sqlx::query_as("select * from verdicts where id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    row.map(Row::into_verdict).transpose()
}

async fn insert(transaction: &mut Transaction, new: &Verdict) -> Result<(), Error> {
    let of = of(new.id.as_str());
    let via: String = of.decode(&of.encode(&new.via)?)?;
    sqlx::query(
        "insert into verdicts
             (id, task, attempt, person, via, at, due, kind, said, state, state_json)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new.id.as_str())
    .bind(new.task.as_str())
    .bind(new.attempt.as_str())
    .bind(&new.person)
    .bind(via)
    .bind(new.at.0)
    .bind(new.due.0)
    .bind(new.said.name())
    .bind(of.encode(&new.said)?)
    .bind(new.state.name())
    .bind(of.encode(&new.state)?)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    Ok(())
}

pub async fn get(store: &Store, id: &VerdictId) -> Result<Verdict, Error> {
    let row: Option<Row> = sqlx::query_as("select * from verdicts where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a verdict"))?;
    row.ok_or_else(|| of(id.as_str()).missing())?.into_verdict()
}

/// Those about one attempt, oldest first.
pub async fn of_attempt(store: &Store, id: &AttemptId) -> Result<Vec<Verdict>, Error> {
    let rows: Vec<Row> =
        sqlx::query_as("select * from verdicts where attempt = $1 order by at, id")
            .bind(id.as_str())
            .fetch_all(&store.pool)
            .await
            .map_err(store.failed("list verdicts"))?;
    rows.into_iter().map(Row::into_verdict).collect()
}

/// Those about the tasks, oldest first.
pub async fn of_tasks(store: &Store, tasks: &[TaskId]) -> Result<Vec<Verdict>, Error> {
    let mut query = QueryBuilder::new("select * from verdicts where task in (");
    let mut list = query.separated(", ");
    tasks.iter().for_each(|task| {
        list.push_bind(task.as_str());
    });
    query.push(") order by at, id");
    let rows: Vec<Row> = query
        .build_query_as()
        .fetch_all(&store.pool)
        .await
        .map_err(store.failed("list verdicts"))?;
    rows.into_iter().map(Row::into_verdict).collect()
}

/// Those whose time has come, oldest first. What was begun and not finished comes again 8 seconds after
/// it was due, then 32, 128 and 512: a disk that is full for a while doesn't use up all tries.
pub async fn due(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<Verdict>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from verdicts
         where state = 'pending'
             and due + (case tries when 0 then 0 else 2000 << (2 * min(tries, 4)) end) <= $1
         order by due, id limit $2",
    )
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list verdicts"))?;
    rows.into_iter().map(Row::into_verdict).collect()
}

/// Whether any waits to be carried out, now or when its time has come.
pub async fn any_pending(store: &Store) -> Result<bool, Error> {
    let found: Option<i64> =
        sqlx::query_scalar("select 1 from verdicts where state = 'pending' limit 1")
            .fetch_optional(&store.pool)
            .await
            .map_err(store.failed("look for verdicts"))?;
    Ok(found.is_some())
}

/// Counts that somebody begins to carry it out. Gives the how-manieth time it is; none where it isn't
/// pending any more. From then on nobody takes it back.
pub async fn begin(store: &Store, id: &VerdictId) -> Result<Option<u32>, Error> {
    let of = of(id.as_str());
    let mut transaction = store.write("begin with a verdict").await?;
    let tries: Option<i64> = sqlx::query_scalar(
        "update verdicts set tries = tries + 1 where id = $1 and state = 'pending' returning tries",
    )
    .bind(id.as_str())
    .fetch_optional(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    let tries = tries.map(|tries| of.number(tries)).transpose()?;
    transaction.commit().await?;
    Ok(tries)
}

/// Takes it back, if it is pending and nobody has begun to carry it out.
///
/// # Errors
/// [`Error::Conflict`] otherwise.
pub async fn withdraw(store: &Store, id: &VerdictId) -> Result<(), Error> {
    let of = of(id.as_str());
    let mut transaction = store.write("take a verdict back").await?;
    let found = state_in(&mut transaction, id).await?;
    if found != State::Pending {
        return Err(of.conflict("pending", found.name()));
    }
    if tries_in(&mut transaction, id).await? > 0 {
        return Err(of.conflict("one that can be taken back", "being carried out"));
    }
    update_in(&mut transaction, id, &State::Withdrawn).await?;
    transaction.commit().await
}

async fn tries_in(transaction: &mut Transaction, id: &VerdictId) -> Result<i64, Error> {
    sqlx::query_scalar("select tries from verdicts where id = $1")
        .bind(id.as_str())
        .fetch_one(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())
}

async fn state_in(transaction: &mut Transaction, id: &VerdictId) -> Result<State, Error> {
    let of = of(id.as_str());
    let found: Option<String> = sqlx::query_scalar("select state_json from verdicts where id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    of.decode(&found.ok_or_else(|| of.missing())?)
}

/// Moves the verdict if it still is as `expected`, otherwise it is a [`Error::Conflict`].
pub async fn move_to(
    store: &Store,
    id: &VerdictId,
    expected: &State,
    to: &State,
) -> Result<(), Error> {
    let of = of(id.as_str());
    let mut transaction = store.write("move a verdict").await?;
    let found = state_in(&mut transaction, id).await?;
    if found != *expected {
        return Err(of.conflict(expected.name(), found.name()));
    }
    update_in(&mut transaction, id, to).await?;
    transaction.commit().await
}

async fn update_in(transaction: &mut Transaction, id: &VerdictId, to: &State) -> Result<(), Error> {
    sqlx::query("update verdicts set state = $2, state_json = $3 where id = $1")
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
