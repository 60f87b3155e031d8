//! API tokens. Only their digests are kept; those that were revoked stay, so that the audit log can
//! be understood.

use domain::audit::Entry;
use domain::{Scopes, Timestamp};
use sqlx::FromRow;

use crate::row::Of;
use crate::{Error, Store, audit};

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the token, in hexadecimal.
    pub digest: String,
    /// For people and the audit log; opens nothing.
    pub id: String,
    pub person: String,
    /// What its person calls it.
    pub name: String,
    pub scopes: Scopes,
    pub created: Timestamp,
    /// None where it never does.
    pub expires: Option<Timestamp>,
    /// To the minute or so.
    pub seen: Option<Timestamp>,
    pub revoked: Option<Timestamp>,
}

impl Token {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| expires > now)
    }
}

#[derive(FromRow)]
struct Row {
    digest: String,
    id: String,
    person: String,
    name: String,
    scopes: String,
    created: i64,
    expires: Option<i64>,
    seen: Option<i64>,
    revoked: Option<i64>,
}

impl Row {
    fn into_token(self) -> Result<Token, Error> {
        let of = Of { noun: "token", id: &self.id };
        Ok(Token {
            scopes: of.parse(&self.scopes)?,
            digest: self.digest,
            person: self.person,
            name: self.name,
            created: Timestamp(self.created),
            expires: self.expires.map(Timestamp),
            seen: self.seen.map(Timestamp),
            revoked: self.revoked.map(Timestamp),
            id: self.id,
        })
    }
}

pub async fn put(store: &Store, new: &Token, entry: &Entry) -> Result<(), Error> {
    let mut transaction = store.write("make a token").await?;
    let failed = transaction.failed();
    sqlx::query(
        "insert into tokens (digest, id, person, name, scopes, created, expires)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&new.digest)
    .bind(&new.id)
    .bind(&new.person)
    .bind(&new.name)
    .bind(new.scopes.to_string())
    .bind(new.created.0)
    .bind(new.expires.map(|at| at.0))
    .execute(&mut *transaction.sql)
    .await
    .map_err(&failed)?;
    audit::append_within(&mut transaction.sql, entry).await.map_err(&failed)?;
    transaction.commit().await
}

/// The one of that digest, if it was neither revoked nor is its time over.
pub async fn live(store: &Store, digest: &str, now: Timestamp) -> Result<Option<Token>, Error> {
    let row: Option<Row> = sqlx::query_as("select * from tokens where digest = $1")
        .bind(digest)
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a token"))?;
    let token = row.map(Row::into_token).transpose()?;
    Ok(token.filter(|token| token.is_live(now)))
}

/// All of them, newest first.
pub async fn list(store: &Store, limit: u32) -> Result<Vec<Token>, Error> {
    let rows: Vec<Row> = sqlx::query_as("select * from tokens order by created desc, id limit $1")
        .bind(i64::from(limit))
        .fetch_all(&store.pool)
        .await
        .map_err(store.failed("list tokens"))?;
    rows.into_iter().map(Row::into_token).collect()
}

/// It was used now.
pub async fn seen(store: &Store, digest: &str, now: Timestamp) -> Result<(), Error> {
    let mut transaction = store.write_lightly("keep that a token was used").await?;
    sqlx::query("update tokens set seen = $2 where digest = $1")
        .bind(digest)
        .bind(now.0)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.commit().await
}

/// Whether there was one of that id that wasn't revoked.
pub async fn revoke(store: &Store, id: &str, now: Timestamp, entry: &Entry) -> Result<bool, Error> {
    let mut transaction = store.write("revoke a token").await?;
    let failed = transaction.failed();
    let revoked = sqlx::query("update tokens set revoked = $2 where id = $1 and revoked is null")
        .bind(id)
        .bind(now.0)
        .execute(&mut *transaction.sql)
        .await
        .map_err(&failed)?;
    if revoked.rows_affected() == 0 {
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
    async fn a_token_lives_until_its_time_or_its_end() {
        let (_home, store) = sample::store().await;
        let entry = |action| {
            let (person, subject) = ("ada".into(), "ci".into());
            Entry { at: NOW, person, via: "cli".into(), action, subject, details: String::new() }
        };
        let new = |digest: &str, expires| Token {
            digest: digest.into(),
            id: format!("id of {digest}"),
            person: "ada".into(),
            name: "ci".into(),
            scopes: "read".parse().unwrap(),
            created: NOW,
            expires,
            seen: None,
            revoked: None,
        };
        for (digest, expires) in [("d1", Some(NOW.plus_ms(10))), ("d2", None)] {
            put(&store, &new(digest, expires), &entry(Action::TokenMade)).await.unwrap();
        }
        let is_live =
            async |digest: &str, ms| live(&store, digest, NOW.plus_ms(ms)).await.unwrap().is_some();
        assert!(is_live("d1", 9).await && !is_live("d1", 10).await && is_live("d2", 1_000).await);
        seen(&store, "d2", NOW).await.unwrap();
        let revoked = entry(Action::TokenRevoked);
        assert!(revoke(&store, "id of d2", NOW, &revoked).await.unwrap());
        assert!(!revoke(&store, "id of d2", NOW, &revoked).await.unwrap());
        assert!(!is_live("d2", 0).await && !is_live("id of d1", 0).await);
        assert_eq!(list(&store, 10).await.unwrap().len(), 2);
        assert_eq!(audit::list(&store, None, 10).await.unwrap().len(), 3);
    }
}
