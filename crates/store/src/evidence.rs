//! Evidence: stored once for each attempt.

use std::collections::HashMap;

use domain::{AttemptId, Evidence, TaskId};
use sqlx::SqliteConnection;

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

/// Whether the evidence of these tasks' attempts holds, of those that have some.
pub async fn holding(store: &Store, tasks: &[TaskId]) -> Result<HashMap<AttemptId, bool>, Error> {
    let rows: Vec<(String, bool)> = sqlx::query_as(
        "select attempt, coalesce(holds, false) from json_each($1) as wanted
             join attempts on attempts.task = wanted.value
             join evidence on evidence.attempt = attempts.id",
    )
    .bind(row::list(tasks.iter().map(TaskId::as_str)))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("tell which evidence holds"))?;
    let pair = |(id, holds): (String, bool)| Ok((attempt::of(&id).parse(&id)?, holds));
    rows.into_iter().map(pair).collect()
}

/// Reads what older versions stored, to know whether it holds. What can't be read doesn't.
pub(crate) async fn fill_in_holds(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let ids: Vec<String> = sqlx::query_scalar("select attempt from evidence where holds is null")
        .fetch_all(&mut *connection)
        .await?;
    for id in ids {
        let json: String = sqlx::query_scalar("select evidence from evidence where attempt = $1")
            .bind(&id)
            .fetch_one(&mut *connection)
            .await?;
        let holds = serde_json::from_str(&json).is_ok_and(|read: Evidence| read.holds());
        sqlx::query("update evidence set holds = $2 where attempt = $1")
            .bind(&id)
            .bind(holds)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
