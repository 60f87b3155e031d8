//! Leases: at most one living runner for each attempt. Who lost its lease is told at its next
//! write, so a runner that was only slow can't write beside the one that took over.

use std::fmt;
use std::str::FromStr;

use domain::attempt::State;
use domain::{AttemptId, Fact, Timestamp};

use crate::{Error, Store, Transaction, attempt, event};

/// One runner. The nonce tells apart two processes that were given the same number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    pub process: u32,
    pub nonce: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.process, self.nonce)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no holder of a lease")]
pub struct MalformedHolder(String);

/// Reads what [`fmt::Display`] writes: a runner is told by its starter whose lease it works under.
impl FromStr for Holder {
    type Err = MalformedHolder;

    fn from_str(text: &str) -> Result<Self, MalformedHolder> {
        let malformed = || MalformedHolder(text.to_owned());
        let (process, nonce) = text.split_once('-').ok_or_else(malformed)?;
        Ok(Self {
            process: process.parse().map_err(|_| malformed())?,
            nonce: u64::from_str_radix(nonce, 16).map_err(|_| malformed())?,
        })
    }
}

/// Takes the attempt for `holder` if nobody has it, or whoever had it gave no heartbeat for its
/// `ttl_ms`. Gives the number of this run, from 1; none if it is held or has ended.
pub async fn take(
    store: &Store,
    id: &AttemptId,
    holder: &Holder,
    now: Timestamp,
    ttl_ms: u64,
) -> Result<Option<u32>, Error> {
    let mut transaction = store.write("take an attempt").await?;
    let run = take_in(&mut transaction, id, holder, now, ttl_ms).await?;
    transaction.commit().await?;
    Ok(run)
}

/// The same for several at once, which wait for the disk once. Gives those that were taken.
pub async fn take_all(
    store: &Store,
    wanted: &[(AttemptId, Holder)],
    now: Timestamp,
    ttl_ms: u64,
) -> Result<Vec<AttemptId>, Error> {
    let mut transaction = store.write("take attempts").await?;
    let mut taken = Vec::new();
    for (id, holder) in wanted {
        let run = take_in(&mut transaction, id, holder, now, ttl_ms).await?;
        taken.extend(run.map(|_| id.clone()));
    }
    transaction.commit().await?;
    Ok(taken)
}

async fn take_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    holder: &Holder,
    now: Timestamp,
    ttl_ms: u64,
) -> Result<Option<u32>, Error> {
    match attempt::state_in(transaction, id).await? {
        State::Ended { .. } => return Ok(None),
        State::Queued
        | State::Preparing
        | State::Working
        | State::Paused { .. }
        | State::Proving => {}
    }
    if !insert_in(transaction, id, holder, now, ttl_ms).await? {
        return Ok(None);
    }
    let run = count_run(transaction, id).await?;
    let taken = Fact::Taken { run, process: holder.process };
    event::append_in(transaction, id, now, &taken).await?;
    Ok(Some(run))
}

/// Whether the lease is the holder's now.
async fn insert_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    holder: &Holder,
    now: Timestamp,
    ttl_ms: u64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "insert into leases (attempt, holder, ttl_ms, expires) values ($1, $2, $3, $4)
         on conflict (attempt) do update
             set holder = excluded.holder, ttl_ms = excluded.ttl_ms, expires = excluded.expires
             where leases.expires <= $5",
    )
    .bind(id.as_str())
    .bind(holder.to_string())
    .bind(i64::try_from(ttl_ms).unwrap_or(i64::MAX))
    .bind(now.plus_ms(ttl_ms).0)
    .bind(now.0)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    Ok(done.rows_affected() > 0)
}

async fn count_run(transaction: &mut Transaction, id: &AttemptId) -> Result<u32, Error> {
    let runs: i64 = sqlx::query_scalar(
        "update attempts set runs = runs + 1, deaths = deaths + 1, waits = null
             where id = $1 returning runs",
    )
    .bind(id.as_str())
    .fetch_one(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    attempt::of(id.as_str()).number(runs)
}

/// Takes the lease from a holder that is known to be dead, without waiting for its end. False if it
/// isn't that holder's any more.
pub async fn bury(store: &Store, id: &AttemptId, holder: &Holder) -> Result<bool, Error> {
    let mut transaction = store.write("bury a runner").await?;
    let gone = delete_in(&mut transaction, id, holder).await?;
    transaction.commit().await?;
    Ok(gone)
}

/// Says that the holder lives. It is not forced onto the disk: nothing is lost when a machine that
/// loses its power forgets it. False if the lease isn't its any more: it must stop. A lease that
/// expired but that nobody took is still its own.
pub async fn heartbeat(
    store: &Store,
    id: &AttemptId,
    holder: &Holder,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut transaction = store.ready("renew a lease", &store.writers.light).await?;
    let done =
        sqlx::query("update leases set expires = $3 + ttl_ms where attempt = $1 and holder = $2")
            .bind(id.as_str())
            .bind(holder.to_string())
            .bind(now.0)
            .execute(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    transaction.done();
    Ok(done.rows_affected() > 0)
}

/// Lets go of the attempt. Nothing happens if it isn't the holder's.
pub async fn release(store: &Store, id: &AttemptId, holder: &Holder) -> Result<(), Error> {
    let mut transaction = store.write("release a lease").await?;
    if delete_in(&mut transaction, id, holder).await? {
        sqlx::query("update attempts set deaths = 0 where id = $1")
            .bind(id.as_str())
            .execute(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    }
    transaction.commit().await
}

async fn delete_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    holder: &Holder,
) -> Result<bool, Error> {
    let done = sqlx::query("delete from leases where attempt = $1 and holder = $2")
        .bind(id.as_str())
        .bind(holder.to_string())
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    Ok(done.rows_affected() > 0)
}

/// Attempts that have not ended and whose runner gave no sign of life for too long.
pub async fn expired(store: &Store, now: Timestamp) -> Result<Vec<AttemptId>, Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "select leases.attempt from leases join attempts on attempts.id = leases.attempt
         where leases.expires <= $1 and attempts.state <> 'ended'
         order by leases.expires, leases.attempt",
    )
    .bind(now.0)
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list expired leases"))?;
    ids.iter().map(|id| attempt::of(id).parse(id)).collect()
}

/// The condition of a statement: either no holder is given as `$2`, or it has the lease of `$1`.
pub(crate) const HELD: &str = "($2 is null or exists \
     (select 1 from leases where leases.attempt = $1 and leases.holder = $2))";

/// Where a holder is given, it must have the lease until the transaction ends.
pub(crate) async fn check_in(
    transaction: &mut Transaction,
    id: &AttemptId,
    holder: Option<&Holder>,
) -> Result<(), Error> {
    let Some(holder) = holder else { return Ok(()) };
    let mine: Option<i64> =
        sqlx::query_scalar("select expires from leases where attempt = $1 and holder = $2")
            .bind(id.as_str())
            .bind(holder.to_string())
            .fetch_optional(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    mine.map(|_| ()).ok_or_else(|| Error::LeaseLost { attempt: id.clone() })
}

#[cfg(test)]
mod tests;
