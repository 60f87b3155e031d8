//! The append-only log of each attempt, numbered from 1 without gaps.

use domain::{AttemptId, Event, Fact, Timestamp};
use sqlx::{AssertSqlSafe, FromRow, QueryBuilder};

use crate::lease::{self, Holder};
use crate::{Error, Store, Transaction, attempt};

/// In one statement, which may have a limited number of parameters.
const ROWS_MAX: usize = 64;

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
    if (1..=ROWS_MAX).contains(&facts.len())
        && let Some(newest) = append_at_once(store, id, at, facts, holder).await?
    {
        return Ok(newest);
    }
    let mut transaction = store.write("append to an attempt's log").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    let newest = append_all_in(&mut transaction, id, at, facts).await?;
    transaction.commit().await?;
    Ok(newest)
}

/// None where nothing was appended, since there is no such attempt or the lease is lost.
async fn append_at_once(
    store: &Store,
    id: &AttemptId,
    at: Timestamp,
    facts: &[Fact],
    holder: Option<&Holder>,
) -> Result<Option<u64>, Error> {
    let of = attempt::of(id.as_str());
    let texts: Vec<String> = facts.iter().map(|fact| of.encode(fact)).collect::<Result<_, _>>()?;
    let places: Vec<String> = (0..texts.len()).map(|at| format!("${}", at + 6)).collect();
    let append = appending(&places);
    let sql = AssertSqlSafe(format!("begin immediate; {append}; commit"));
    let mut transaction = store.ready("append to an attempt's log", &store.writers.durable).await?;
    let mut query = sqlx::query_scalar::<_, i64>(sql)
        .bind(id.as_str())
        .bind(holder.map(Holder::to_string))
        .bind(at.0)
        .bind(i64::try_from(texts.len()).unwrap_or(i64::MAX))
        .bind(facts.iter().any(Fact::is_progress));
    for text in texts {
        query = query.bind(text);
    }
    // All rows: who takes only the first one leaves the rest of the statements undone.
    let newest = query.fetch_all(&mut *transaction.sql).await.map_err(transaction.failed())?;
    transaction.done();
    newest.first().map(|&newest| of.number(newest)).transpose()
}

/// The statements that append `facts`, each an expression, to the log of `$1` at `$3`, if
/// [`lease::HELD`]. `$4` is their count, `$5` says whether one of them is progress. Gives the number
/// of the last one as its only row.
pub(crate) fn appending(facts: &[String]) -> String {
    let held = lease::HELD;
    let update = format!(
        "update attempts set events = events + $4, deaths = case when $5 then 0 else deaths end
         where id = $1 and {held} returning events"
    );
    let inserts = facts.iter().enumerate().map(|(before, fact)| {
        format!(
            "insert into events (attempt, seq, at, fact)
             select $1, events - $4 + 1 + {before}, $3, {fact}
             from attempts where id = $1 and {held}"
        )
    });
    std::iter::once(update).chain(inserts).collect::<Vec<_>>().join("; ")
}

pub(crate) async fn append_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    at: Timestamp,
    fact: &Fact,
) -> Result<u64, Error> {
    append_all_in(transaction, id, at, std::slice::from_ref(fact)).await
}

/// Gives the number of the last one; 0 where there is none. All of them are two statements, each of
/// which costs more on its way than in the database.
async fn append_all_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    at: Timestamp,
    facts: &[Fact],
) -> Result<u64, Error> {
    let of = attempt::of(id.as_str());
    let texts: Vec<String> = facts.iter().map(|fact| of.encode(fact)).collect::<Result<_, _>>()?;
    if texts.is_empty() {
        return Ok(0);
    }
    let count = i64::try_from(facts.len()).unwrap_or(i64::MAX);
    let newest = count_in(transaction, id, count, facts.iter().any(Fact::is_progress)).await?;
    let numbered: Vec<(i64, String)> = (newest - count + 1..).zip(texts).collect();
    for rows in numbered.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new("insert into events (attempt, seq, at, fact) ");
        insert.push_values(rows, |mut row, (seq, text)| {
            row.push_bind(id.as_str()).push_bind(seq).push_bind(at.0).push_bind(text);
        });
        let inserted = insert.build().execute(&mut *transaction.sql).await;
        inserted.map_err(transaction.failed())?;
    }
    of.number(newest)
}

/// Gives the number of the last of `count` new events. What is done by progress no later runner has
/// to do again, so the deaths before it don't count.
async fn count_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    count: i64,
    progress: bool,
) -> Result<i64, Error> {
    let newest: Option<i64> = sqlx::query_scalar(
        "update attempts set events = events + $3, deaths = case when $2 then 0 else deaths end
         where id = $1 returning events",
    )
    .bind(id.as_str())
    .bind(progress)
    .bind(count)
    .fetch_optional(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    newest.ok_or_else(|| attempt::of(id.as_str()).missing())
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
