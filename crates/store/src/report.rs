//! What an agent says of its work. Not evidence.

use domain::AttemptId;

use crate::lease::{self, Holder};
use crate::{Error, Store};

/// The agent's last words. Not evidence.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Report {
    pub title: String,
    pub summary: String,
}

/// Stores the report. A later one replaces it, as with the change.
pub async fn put(
    store: &Store,
    id: &AttemptId,
    report: &Report,
    holder: Option<&Holder>,
) -> Result<(), Error> {
    let mut transaction = store.write("store a report").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    sqlx::query(
        "insert into reports (attempt, title, summary) values ($1, $2, $3)
         on conflict (attempt) do update set title = excluded.title, summary = excluded.summary",
    )
    .bind(id.as_str())
    .bind(&report.title)
    .bind(&report.summary)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await
}

pub async fn get(store: &Store, id: &AttemptId) -> Result<Option<Report>, Error> {
    sqlx::query_as("select title, summary from reports where attempt = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a report"))
}

#[cfg(test)]
mod tests;
