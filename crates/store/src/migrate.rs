//! Brings a database's schema up to this version: forward only, all of it in one transaction.
//!
//! The schema's version is SQLite's `user_version`, which a transaction covers and which can be
//! read without a lock. (sqlx's own runner takes no lock on SQLite, and a home may be opened for
//! the first time by several processes at once.)

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use crate::error::Context;
use crate::{Error, evidence};

/// In order; the first makes schema 1. One that was released is never edited.
pub(crate) const MIGRATIONS: [&str; 8] = [
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_survive.sql"),
    include_str!("../migrations/0003_examinations.sql"),
    include_str!("../migrations/0004_review.sql"),
    include_str!("../migrations/0005_lists.sql"),
    include_str!("../migrations/0006_cards.sql"),
    include_str!("../migrations/0007_moves.sql"),
    include_str!("../migrations/0008_diffs.sql"),
];

/// The first schema that says of stored evidence whether it holds.
const HOLDS_SINCE: usize = 5;

pub(crate) async fn run(connection: &mut SqliteConnection, path: &Path) -> Result<(), Error> {
    let context = Context { path: path.into(), action: "bring the schema up to date" };
    if version(connection, &context).await? < latest() {
        migrate(connection, &context).await?;
    }
    Ok(())
}

fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("the number of migrations is small")
}

/// The schema's version, if this program knows it.
async fn version(connection: &mut SqliteConnection, context: &Context) -> Result<i64, Error> {
    let found: i64 = sqlx::query_scalar("pragma user_version")
        .fetch_one(connection)
        .await
        .map_err(|source| context.explain(source))?;
    if found > latest() {
        return Err(Error::Newer { path: context.path.to_path_buf(), found, known: latest() });
    }
    Ok(found)
}

async fn migrate(connection: &mut SqliteConnection, context: &Context) -> Result<(), Error> {
    let failed = |source| context.explain(source);
    let mut transaction = connection.begin_with("begin immediate").await.map_err(failed)?;
    // Another process may have migrated while this one waited for the lock.
    let from = usize::try_from(version(&mut transaction, context).await?).unwrap_or(0);
    for sql in &MIGRATIONS[from..] {
        sqlx::raw_sql(*sql).execute(&mut *transaction).await.map_err(failed)?;
    }
    if from < HOLDS_SINCE {
        evidence::fill_in_holds(&mut transaction).await.map_err(failed)?;
    }
    let stamp = AssertSqlSafe(format!("pragma user_version = {}", latest()));
    sqlx::raw_sql(stamp).execute(&mut *transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

#[cfg(test)]
mod tests;
