//! Requests that may come twice: whoever asks gives each a key, and the same key is answered the
//! same. A request without an answer is under way, or its server has died over it.

use domain::Timestamp;
use sqlx::FromRow;

use crate::{Error, Store};

/// So many old ones are forgotten with each new one, so that they go as fast as they come.
const FORGOTTEN_MAX: i64 = 16;

/// A person's key, and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub person: &'a str,
    pub key: &'a str,
    /// Of method, path and body.
    pub digest: &'a str,
}

/// A request as it was first asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub digest: String,
    /// When it was first asked.
    pub at: Timestamp,
    /// None while there is no answer.
    pub answer: Option<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// How the server wrote it.
    pub text: String,
}

#[derive(FromRow)]
struct Row {
    digest: String,
    at: i64,
    status: Option<i64>,
    answer: Option<String>,
}

impl Row {
    fn into_known(self) -> Known {
        let answer = self
            .status
            .zip(self.answer)
            .map(|(status, text)| Answer { status: u16::try_from(status).unwrap_or(500), text });
        Known { digest: self.digest, at: Timestamp(self.at), answer }
    }
}

/// Keeps the request unless its key is known, and gives what is known of it. What was first asked
/// before `oldest` is forgotten.
pub async fn begin(
    store: &Store,
    asked: Asked<'_>,
    now: Timestamp,
    oldest: Timestamp,
) -> Result<Known, Error> {
    let mut transaction = store.write("keep a request").await?;
    sqlx::query(
        "delete from requests where (person = $1 and key = $2 and at < $3) or (person, key) in
             (select person, key from requests where at < $3 order by at limit $4)",
    )
    .bind(asked.person)
    .bind(asked.key)
    .bind(oldest.0)
    .bind(FORGOTTEN_MAX)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    sqlx::query(
        "insert into requests (person, key, digest, at) values ($1, $2, $3, $4)
         on conflict (person, key) do nothing",
    )
    .bind(asked.person)
    .bind(asked.key)
    .bind(asked.digest)
    .bind(now.0)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    let row: Row = sqlx::query_as(
        "select digest, at, status, answer from requests where person = $1 and key = $2",
    )
    .bind(asked.person)
    .bind(asked.key)
    .fetch_one(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await?;
    Ok(row.into_known())
}

/// Keeps the answer, the first one.
pub async fn answer(store: &Store, asked: Asked<'_>, answer: &Answer) -> Result<(), Error> {
    let mut transaction = store.write("keep a request's answer").await?;
    sqlx::query(
        "update requests set status = $4, answer = $5
         where person = $1 and key = $2 and digest = $3 and status is null",
    )
    .bind(asked.person)
    .bind(asked.key)
    .bind(asked.digest)
    .bind(i64::from(answer.status))
    .bind(&answer.text)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await
}

/// Forgets a request that has no answer, so that it may be asked anew.
pub async fn forget(store: &Store, asked: Asked<'_>) -> Result<(), Error> {
    let mut transaction = store.write("forget a request").await?;
    sqlx::query("delete from requests where person = $1 and key = $2 and status is null")
        .bind(asked.person)
        .bind(asked.key)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.commit().await
}

#[cfg(test)]
mod tests;
