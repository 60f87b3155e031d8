//! Browsers that are signed in. Of the cookie only the digest is kept.

use domain::audit::Entry;
use domain::{Scopes, Timestamp};
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::row::Of;
use crate::{Error, Store, audit};

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie, in hexadecimal.
    pub digest: String,
    /// For people and the audit log; opens nothing.
    pub id: String,
    pub person: String,
    pub scopes: Scopes,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// To the minute or so.
    pub seen: Timestamp,
    /// What the person would know it by.
    pub device: String,
}

#[derive(FromRow)]
struct Row {
    digest: String,
    id: String,
    person: String,
    scopes: String,
    created: i64,
    expires: i64,
    seen: i64,
    device: String,
}

impl Row {
    fn into_session(self) -> Result<Session, Error> {
        let of = Of { noun: "session", id: &self.id };
        Ok(Session {
            scopes: of.parse(&self.scopes)?,
            digest: self.digest,
            person: self.person,
            created: Timestamp(self.created),
            expires: Timestamp(self.expires),
            seen: Timestamp(self.seen),
            device: self.device,
            id: self.id,
        })
    }
}

/// Part of using a link up. Sessions that are over are forgotten by the way.
pub(crate) async fn insert(sql: &mut SqliteConnection, new: &Session) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where expires <= $1")
        .bind(new.created.0)
        .execute(&mut *sql)
        .await?;
    sqlx::query(
        "insert into sessions (digest, id, person, scopes, created, expires, seen, device)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&new.digest)
    .bind(&new.id)
    .bind(&new.person)
    .bind(new.scopes.to_string())
    .bind(new.created.0)
    .bind(new.expires.0)
    .bind(new.seen.0)
    .bind(&new.device)
    .execute(sql)
    .await
    .map(drop)
}

/// The one whose cookie has that digest, if its time isn't over.
pub async fn live(store: &Store, digest: &str, now: Timestamp) -> Result<Option<Session>, Error> {
    let row: Option<Row> =
        sqlx::query_as("select * from sessions where digest = $1 and expires > $2")
            .bind(digest)
            .bind(now.0)
            .fetch_optional(&store.pool)
            .await
            .map_err(store.failed("read a session"))?;
    row.map(Row::into_session).transpose()
}

/// Those whose time isn't over, last seen first.
pub async fn list(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<Session>, Error> {
    let rows: Vec<Row> =
        sqlx::query_as("select * from sessions where expires > $1 order by seen desc, id limit $2")
            .bind(now.0)
            .bind(i64::from(limit))
            .fetch_all(&store.pool)
            .await
            .map_err(store.failed("list sessions"))?;
    rows.into_iter().map(Row::into_session).collect()
}

/// It was used now, and lives until `expires`.
pub async fn seen(
    store: &Store,
    digest: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    let mut transaction = store.write_lightly("keep that a session was used").await?;
    sqlx::query("update sessions set seen = $2, expires = $3 where digest = $1 and expires > $2")
        .bind(digest)
        .bind(now.0)
        .bind(expires.0)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.commit().await
}

/// Whether there was one of that id.
pub async fn end(store: &Store, id: &str, entry: &Entry) -> Result<bool, Error> {
    let mut transaction = store.write("end a session").await?;
    let failed = transaction.failed();
    let ended = sqlx::query("delete from sessions where id = $1")
        .bind(id)
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
mod tests {
    use domain::audit::Action;

    use super::*;
    use crate::sample::{self, NOW};

    #[tokio::test]
    async fn a_session_slides_and_ends() {
        let (_home, store) = sample::store().await;
        let new = Session {
            digest: "d".into(),
            id: "s".into(),
            person: "ada".into(),
            scopes: Scopes::all(),
            created: NOW,
            expires: NOW.plus_ms(100),
            seen: NOW,
            device: "Firefox".into(),
        };
        let mut transaction = store.write("test").await.unwrap();
        insert(&mut transaction.sql, &new).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(live(&store, "d", NOW.plus_ms(99)).await.unwrap(), Some(new));
        assert_eq!(live(&store, "d", NOW.plus_ms(100)).await.unwrap(), None);
        assert_eq!(live(&store, "s", NOW).await.unwrap(), None, "an id opens nothing");

        seen(&store, "d", NOW.plus_ms(50), NOW.plus_ms(150)).await.unwrap();
        assert!(live(&store, "d", NOW.plus_ms(120)).await.unwrap().is_some());
        seen(&store, "d", NOW.plus_ms(200), NOW.plus_ms(300)).await.unwrap();
        let late = live(&store, "d", NOW.plus_ms(220)).await.unwrap();
        assert_eq!(late, None, "what is over doesn't begin again");

        let (person, subject) = ("ada".into(), "s".into());
        let (via, action) = ("session s".into(), Action::SignedOut);
        let entry = Entry { at: NOW, person, via, action, subject, details: String::new() };
        assert!(end(&store, "s", &entry).await.unwrap());
        assert!(!end(&store, "s", &entry).await.unwrap());
        assert_eq!(live(&store, "d", NOW).await.unwrap(), None);
    }
}
