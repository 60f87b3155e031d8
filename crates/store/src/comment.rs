//! Comments on lines. Whoever wrote one edits and removes it, until it is sent.

use domain::comment::{Place, Side};
use domain::{AttemptId, Comment, CommentId, Timestamp};
use sqlx::FromRow;

use crate::row::Of;
use crate::{Error, Store, Transaction};

#[derive(FromRow)]
struct Row {
    id: String,
    attempt: String,
    person: String,
    at: i64,
    path: String,
    side: String,
    line: i64,
    text: String,
    sent: Option<i64>,
}

impl Row {
    fn into_comment(self) -> Result<Comment, Error> {
        let of = of(&self.id);
        let side = if self.side == Side::Old.as_str() { Side::Old } else { Side::New };
        let line = u32::try_from(self.line).unwrap_or_default();
        Ok(Comment {
            id: of.parse(&self.id)?,
            attempt: of.parse(&self.attempt)?,
            person: self.person,
            at: Timestamp(self.at),
            place: Place { path: self.path, side, line },
            text: self.text,
            sent: self.sent.map(Timestamp),
        })
    }
}

fn of(id: &str) -> Of<'_> {
    Of { noun: "comment", id }
}

/// Keeps it, unless the person has `waiting_max` comments on the attempt that weren't sent; whether
/// it was kept.
pub async fn put(store: &Store, new: &Comment, waiting_max: u32) -> Result<bool, Error> {
    let mut transaction = store.write("keep a comment").await?;
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from comments where attempt = $1 and person = $2 and sent is null",
    )
    .bind(new.attempt.as_str())
    .bind(&new.person)
    .fetch_one(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    if waiting >= i64::from(waiting_max) {
        return Ok(false);
    }
    sqlx::query(
        "insert into comments (id, attempt, person, at, path, side, line, text)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.as_str())
    .bind(new.attempt.as_str())
    .bind(&new.person)
    .bind(new.at.0)
    .bind(&new.place.path)
    .bind(new.place.side.as_str())
    .bind(i64::from(new.place.line))
    .bind(&new.text)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await?;
    Ok(true)
}

pub async fn get(store: &Store, id: &CommentId) -> Result<Comment, Error> {
    let row: Option<Row> = sqlx::query_as("select * from comments where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a comment"))?;
    row.ok_or_else(|| of(id.as_str()).missing())?.into_comment()
}

/// Those on one attempt's change, oldest first.
pub async fn of_attempt(store: &Store, id: &AttemptId) -> Result<Vec<Comment>, Error> {
    let rows: Vec<Row> =
        sqlx::query_as("select * from comments where attempt = $1 order by at, id")
            .bind(id.as_str())
            .fetch_all(&store.pool)
            .await
            .map_err(store.failed("list comments"))?;
    rows.into_iter().map(Row::into_comment).collect()
}

/// Changes what it says.
///
/// # Errors
/// [`Error::Conflict`] where it is somebody else's, or was sent.
pub async fn edit(store: &Store, id: &CommentId, person: &str, text: &str) -> Result<(), Error> {
    let mut transaction = store.write("edit a comment").await?;
    open_to(&mut transaction, id, person).await?;
    sqlx::query("update comments set text = $2 where id = $1")
        .bind(id.as_str())
        .bind(text)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.commit().await
}

/// Removes it; errors as of [`edit`].
pub async fn remove(store: &Store, id: &CommentId, person: &str) -> Result<(), Error> {
    let mut transaction = store.write("remove a comment").await?;
    open_to(&mut transaction, id, person).await?;
    sqlx::query("delete from comments where id = $1")
        .bind(id.as_str())
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.commit().await
}

async fn open_to(transaction: &mut Transaction, id: &CommentId, person: &str) -> Result<(), Error> {
    let row: Option<Row> = sqlx::query_as("select * from comments where id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    let comment = row.ok_or_else(|| of(id.as_str()).missing())?.into_comment()?;
    if comment.sent.is_some() {
        return Err(of(id.as_str()).conflict("unsent", "sent"));
    }
    if comment.person != person {
        return Err(of(id.as_str()).conflict("yours", "somebody else's"));
    }
    Ok(())
}

/// Says of these that they were sent. Those that were before stay as they are.
pub async fn sent(store: &Store, ids: &[CommentId], at: Timestamp) -> Result<(), Error> {
    let mut transaction = store.write("send comments").await?;
    for id in ids {
        sqlx::query("update comments set sent = $2 where id = $1 and sent is null")
            .bind(id.as_str())
            .bind(at.0)
            .execute(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    }
    transaction.commit().await
}

#[cfg(test)]
mod tests;
