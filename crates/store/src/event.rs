//! The append-only log of each attempt, numbered from 1 without gaps.

use domain::{AttemptId, Event, Fact, Timestamp};
use sqlx::FromRow;

use crate::lease::{self, Holder};
use crate::{Error, Store, Transaction, attempt};

#[derive(FromRow)]
struct Row {
    seq: i64,
    at: i64,
    fact: String,
}

impl Row {
    fn into_event(self, id: &AttemptId) -> Result<Event, Error> {
        let of = attempt::of(id.as_str());
        Ok(Event {
            attempt: id.clone(),
            seq: of.number(self.seq)?,
            at: Timestamp(self.at),
            fact: of.decode(&self.fact)?,
        })
    }
}

/// Appends one fact and gives its number. When it returns, the fact is on the disk.
///
/// # Errors
/// [`Error::LeaseLost`] where a holder is given that has the lease no more.
pub async fn append(
    store: &Store,
    id: &AttemptId,
    at: Timestamp,
    fact: &Fact,
    holder: Option<&Holder>,
) -> Result<u64, Error> {
    let mut transaction = store.write("append to an attempt's log").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    let seq = append_in(&mut transaction, id, at, fact).await?;
    transaction.commit().await?;
    Ok(seq)
}

/// Appends facts in their order, all or none, and gives the number of the last. When it returns,
/// they are on the disk.
///
/// # Errors
/// [`Error::LeaseLost`] where a holder is given that has the lease no more.
pub async fn append_all(
    store: &Store,
    id: &AttemptId,
    at: Timestamp,
    facts: &[Fact],
    holder: Option<&Holder>,
) -> Result<u64, Error> {
    let mut transaction = store.write("append to an attempt's log").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    let mut newest = 0;
    for fact in facts {
        newest = append_in(&mut transaction, id, at, fact).await?;
    }
    transaction.commit().await?;
    Ok(newest)
}

pub(crate) async fn append_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    at: Timestamp,
    fact: &Fact,
) -> Result<u64, Error> {
    let of = attempt::of(id.as_str());
    let seq = next_seq(transaction, id, fact.is_progress()).await?;
    sqlx::query("insert into events (attempt, seq, at, fact) values ($1, $2, $3, $4)")
        .bind(id.as_str())
        .bind(seq)
        .bind(at.0)
        .bind(of.encode(fact)?)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    of.number(seq)
}

/// What is done by progress no later runner has to do again, so the deaths before it don't count.
async fn next_seq(
    transaction: &mut Transaction,
    id: &AttemptId,
    progress: bool,
) -> Result<i64, Error> {
    let seq: Option<i64> = sqlx::query_scalar(
        "update attempts set events = events + 1, deaths = case when $2 then 0 else deaths end
         where id = $1 returning events",
    )
    .bind(id.as_str())
    .bind(progress)
    .fetch_optional(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    seq.ok_or_else(|| attempt::of(id.as_str()).missing())
}

/// Events after number `seq` (0 for all), oldest first, at most `limit`.
pub async fn since(
    store: &Store,
    id: &AttemptId,
    seq: u64,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select seq, at, fact from events where attempt = $1 and seq > $2 order by seq limit $3",
    )
    .bind(id.as_str())
    .bind(i64::try_from(seq).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read an attempt's log"))?;
    rows.into_iter().map(|row| row.into_event(id)).collect()
}

/// What persons have said to the agent after number `seq`, oldest first, with its numbers.
pub async fn steered_since(
    store: &Store,
    id: &AttemptId,
    seq: u64,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    // A fact's JSON begins with its name.
    let rows: Vec<Row> = sqlx::query_as(
        "select seq, at, fact from events
         where attempt = $1 and seq > $2 and substr(fact, 1, 17) = '{\"fact\":\"steered\"'
         order by seq limit $3",
    )
    .bind(id.as_str())
    .bind(i64::try_from(seq).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read what was said to an attempt"))?;
    rows.into_iter().map(|row| row.into_event(id)).collect()
}

/// The whole log.
pub async fn all(store: &Store, id: &AttemptId) -> Result<Vec<Event>, Error> {
    since(store, id, 0, u32::MAX).await
}

/// The newest event; none only if there is no such attempt.
pub async fn latest(store: &Store, id: &AttemptId) -> Result<Option<Event>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select seq, at, fact from events where attempt = $1 order by seq desc limit 1",
    )
    .bind(id.as_str())
    .fetch_optional(&store.pool)
    .await
    .map_err(store.failed("read an attempt's newest event"))?;
    row.map(|row| row.into_event(id)).transpose()
}

#[cfg(test)]
mod tests;
