//! An attempt's change, once more beside the log, for who needs only it.

use domain::{AttemptId, Change};

use crate::lease::{self, Holder};
use crate::{Error, Store, attempt};

/// Stores the change. A later one replaces it: a second run harvests again.
pub async fn put(
    store: &Store,
    id: &AttemptId,
    change: &Change,
    holder: Option<&Holder>,
) -> Result<(), Error> {
    let json = attempt::of(id.as_str()).encode(change)?;
    let mut transaction = store.write("store a change").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    sqlx::query(
        "insert into changes (attempt, change) values ($1, $2)
         on conflict (attempt) do update set change = excluded.change",
    )
    .bind(id.as_str())
    .bind(json)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await
}

pub async fn get(store: &Store, id: &AttemptId) -> Result<Option<Change>, Error> {
    let json: Option<String> = sqlx::query_scalar("select change from changes where attempt = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a change"))?;
    json.map(|json| attempt::of(id.as_str()).decode(&json)).transpose()
}

/// What tells the change apart from others on the same base, where that was told once.
pub async fn digest(store: &Store, change: &Change) -> Result<Option<String>, Error> {
    sqlx::query_scalar("select digest from diffs where base = $1 and head = $2")
        .bind(change.base.as_str())
        .bind(change.head.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a diff's digest"))
}

/// Keeps it; it can be told again, so it needn't be on the disk yet.
pub async fn put_digest(store: &Store, change: &Change, digest: &str) -> Result<(), Error> {
    let mut transaction = store.write_lightly("keep a diff's digest").await?;
    sqlx::query(
        "insert into diffs (base, head, digest) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(change.base.as_str())
    .bind(change.head.as_str())
    .bind(digest)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await
}

#[cfg(test)]
mod tests;
