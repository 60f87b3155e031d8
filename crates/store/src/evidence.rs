//! Evidence: stored once for each attempt.

use std::collections::HashMap;

use domain::{AttemptId, Evidence, TaskId};
use sqlx::FromRow;

use crate::lease::{self, Holder};
use crate::{Error, Store, attempt, row};

/// Stores the evidence, unless the attempt has some: the first is what was ranked, so it stays.
/// Whether this one was stored.
pub async fn put(
    store: &Store,
    id: &AttemptId,
    evidence: &Evidence,
    holder: Option<&Holder>,
) -> Result<bool, Error> {
    let json = attempt::of(id.as_str()).encode(evidence)?;
    let mut transaction = store.write("store evidence").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    let done = sqlx::query(
        "insert into evidence (attempt, evidence, holds) values ($1, $2, $3)
         on conflict (attempt) do nothing",
    )
    .bind(id.as_str())
    .bind(json)
    .bind(evidence.holds())
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await?;
    Ok(done.rows_affected() > 0)
}

pub async fn get(store: &Store, id: &AttemptId) -> Result<Option<Evidence>, Error> {
    let json: Option<String> =
        sqlx::query_scalar("select evidence from evidence where attempt = $1")
            .bind(id.as_str())
            .fetch_optional(&store.pool)
            .await
            .map_err(store.failed("read evidence"))?;
    json.map(|json| attempt::of(id.as_str()).decode(&json)).transpose()
}

#[derive(FromRow)]
struct Holding {
    attempt: String,
    holds: Option<bool>,
    /// Only where it has to be read to know whether it holds.
    evidence: Option<String>,
}

/// Whether the evidence of these tasks' attempts holds, of those that have some.
pub async fn holding(store: &Store, tasks: &[TaskId]) -> Result<HashMap<AttemptId, bool>, Error> {
    let rows: Vec<Holding> = sqlx::query_as(
        "select attempt, holds, case when holds is null then evidence end as evidence
         from json_each($1) as wanted
             join attempts on attempts.task = wanted.value
             join evidence on evidence.attempt = attempts.id",
    )
    .bind(row::list(tasks.iter().map(TaskId::as_str)))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("tell which evidence holds"))?;
    rows.into_iter().map(Holding::into_pair).collect()
}

impl Holding {
    fn into_pair(self) -> Result<(AttemptId, bool), Error> {
        let of = attempt::of(&self.attempt);
        let holds = match (self.holds, &self.evidence) {
            (Some(holds), _) => holds,
            (None, Some(json)) => of.decode::<Evidence>(json)?.holds(),
            (None, None) => false,
        };
        Ok((of.parse(&self.attempt)?, holds))
    }
}

#[cfg(test)]
mod tests;
