//! Evidence: stored once for each attempt.

use domain::{AttemptId, Evidence};

use crate::lease::{self, Holder};
use crate::{Error, Store, attempt};

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
        "insert into evidence (attempt, evidence) values ($1, $2) on conflict (attempt) do nothing",
    )
    .bind(id.as_str())
    .bind(json)
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

#[cfg(test)]
mod tests;
