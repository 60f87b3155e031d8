//! Links that let somebody in once. Of what is in a link only the digest is kept.

use domain::audit::Entry;
use domain::{Scopes, Timestamp};
use sqlx::FromRow;

use crate::row::Of;
use crate::session::{self, Session};
use crate::{Error, Store, audit};

/// Links that were used, or whose time is over, are forgotten after so long: 7 days.
const KEEP_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// A link, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// SHA-256 of the code, in hexadecimal.
    pub digest: String,
    /// Whoever uses it acts in this name.
    pub person: String,
    pub scopes: Scopes,
    pub created: Timestamp,
    pub expires: Timestamp,
}

#[derive(FromRow)]
struct Row {
    digest: String,
    person: String,
    scopes: String,
    created: i64,
    expires: i64,
}

impl Row {
    fn into_invitation(self) -> Result<Invitation, Error> {
        let of = Of { noun: "link", id: &self.digest[..8.min(self.digest.len())] };
        Ok(Invitation {
            scopes: of.parse(&self.scopes)?,
            created: Timestamp(self.created),
            expires: Timestamp(self.expires),
            person: self.person,
            digest: self.digest,
        })
    }
}

/// Keeps a new one, and forgets old ones.
pub async fn make(store: &Store, new: &Invitation, entry: &Entry) -> Result<(), Error> {
    let mut transaction = store.write("make a link").await?;
    let failed = transaction.failed();
    sqlx::query("delete from invitations where expires < $1")
        .bind(new.created.0.saturating_sub_unsigned(KEEP_MS))
        .execute(&mut *transaction.sql)
        .await
        .map_err(&failed)?;
    sqlx::query(
        "insert into invitations (digest, person, scopes, created, expires)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(&new.digest)
    .bind(&new.person)
    .bind(new.scopes.to_string())
    .bind(new.created.0)
    .bind(new.expires.0)
    .execute(&mut *transaction.sql)
    .await
    .map_err(&failed)?;
    audit::append_within(&mut transaction.sql, entry).await.map_err(&failed)?;
    transaction.commit().await
}

/// The one of that digest, if it can still be used.
pub async fn usable(
    store: &Store,
    digest: &str,
    now: Timestamp,
) -> Result<Option<Invitation>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select digest, person, scopes, created, expires from invitations
         where digest = $1 and used is null and expires > $2",
    )
    .bind(digest)
    .bind(now.0)
    .fetch_optional(&store.pool)
    .await
    .map_err(store.failed("read a link"))?;
    row.map(Row::into_invitation).transpose()
}

/// Those that can still be used, newest first.
pub async fn list(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<Invitation>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select digest, person, scopes, created, expires from invitations
         where used is null and expires > $1 order by created desc limit $2",
    )
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list links"))?;
    rows.into_iter().map(Row::into_invitation).collect()
}

/// Uses it up, and begins the session. False where somebody was faster, or its time is over:
/// then nothing was done.
pub async fn use_up(
    store: &Store,
    digest: &str,
    session: &Session,
    entry: &Entry,
) -> Result<bool, Error> {
    let mut transaction = store.write("use a link").await?;
    let failed = transaction.failed();
    let used = sqlx::query(
        "update invitations set used = $2 where digest = $1 and used is null and expires > $2",
    )
    .bind(digest)
    .bind(session.created.0)
    .execute(&mut *transaction.sql)
    .await
    .map_err(&failed)?;
    if used.rows_affected() == 0 {
        return Ok(false);
    }
    session::insert(&mut transaction.sql, session).await.map_err(&failed)?;
    audit::append_within(&mut transaction.sql, entry).await.map_err(&failed)?;
    transaction.commit().await?;
    Ok(true)
}

/// Ends it before it was used. Whether there was one.
pub async fn withdraw(
    store: &Store,
    digest: &str,
    now: Timestamp,
    entry: &Entry,
) -> Result<bool, Error> {
    let mut transaction = store.write("end a link").await?;
    let failed = transaction.failed();
    let ended = sqlx::query(
        "update invitations set expires = $2 where digest = $1 and used is null and expires > $2",
    )
    .bind(digest)
    .bind(now.0)
    .execute(&mut *transaction.sql)
    .await
    .map_err(&failed)?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    audit::append_within(&mut transaction.sql, entry).await.map_err(&failed)?;
    transaction.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests;
