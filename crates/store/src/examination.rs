//! Cross-examinations: kept after each step, so that whoever goes on after a death repeats none.

use domain::{Examination, TaskId};
use sqlx::FromRow;

use crate::{Error, Store, task};

/// An examination, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub examination: Examination,
    /// Processes that have begun with it.
    pub begun: u32,
    pub done: bool,
}

#[derive(FromRow)]
struct Row {
    begun: i64,
    examination: String,
    done: bool,
}

/// What is known of these heads of the task.
pub async fn get(store: &Store, id: &TaskId, heads: &str) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select begun, examination, done from examinations where task = $1 and heads = $2",
    )
    .bind(id.as_str())
    .bind(heads)
    .fetch_optional(&store.pool)
    .await
    .map_err(store.failed("read a cross-examination"))?;
    row.map(|row| {
        let of = task::of(id.as_str());
        Ok(Stored {
            examination: of.decode(&row.examination)?,
            begun: of.number(row.begun)?,
            done: row.done,
        })
    })
    .transpose()
}

/// Counts a process that begins with it, and gives what is known so far: `new`, where nothing is.
pub async fn begin(
    store: &Store,
    id: &TaskId,
    heads: &str,
    new: &Examination,
) -> Result<Stored, Error> {
    let of = task::of(id.as_str());
    let mut transaction = store.write("begin a cross-examination").await?;
    let row: Row = sqlx::query_as(
        "insert into examinations (task, heads, begun, examination, done)
         values ($1, $2, 1, $3, false)
         on conflict (task, heads) do update set begun = examinations.begun + 1
         returning begun, examination, done",
    )
    .bind(id.as_str())
    .bind(heads)
    .bind(of.encode(new)?)
    .fetch_one(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await?;
    Ok(Stored {
        examination: of.decode(&row.examination)?,
        begun: of.number(row.begun)?,
        done: row.done,
    })
}

/// Keeps what is known now. One that is done stays as it is: a ranking rests on it.
pub async fn put(
    store: &Store,
    id: &TaskId,
    heads: &str,
    examination: &Examination,
    done: bool,
) -> Result<(), Error> {
    let json = task::of(id.as_str()).encode(examination)?;
    let mut transaction = store.write("store a cross-examination").await?;
    sqlx::query(
        "update examinations set examination = $3, done = $4
         where task = $1 and heads = $2 and not done",
    )
    .bind(id.as_str())
    .bind(heads)
    .bind(json)
    .bind(done)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await
}

#[cfg(test)]
mod tests;
