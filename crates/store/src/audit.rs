//! The audit log: lines are added, and never changed or removed.

use domain::Timestamp;
use domain::audit::Entry;
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::{Error, Store};

/// One line as it was kept. Its action is a text: a later version may have written others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// From 1, without gaps: a line that is missing was removed by somebody.
    pub number: u64,
    pub at: Timestamp,
    pub person: String,
    pub via: String,
    pub action: String,
    pub subject: String,
    pub details: String,
}

#[derive(FromRow)]
struct Row {
    number: i64,
    at: i64,
    person: String,
    via: String,
    action: String,
    subject: String,
    details: String,
}

impl Row {
    fn into_kept(self) -> Kept {
        Kept {
            number: self.number.unsigned_abs(),
            at: Timestamp(self.at),
            person: self.person,
            via: self.via,
            action: self.action,
            subject: self.subject,
            details: self.details,
        }
    }
}

pub async fn append(store: &Store, entry: &Entry) -> Result<(), Error> {
    let mut transaction = store.write("write the audit log").await?;
    append_within(&mut transaction.sql, entry).await.map_err(transaction.failed())?;
    transaction.commit().await
}

/// The same, as part of what is recorded.
pub(crate) async fn append_within(
    sql: &mut SqliteConnection,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into audit (at, person, via, action, subject, details)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(entry.at.0)
    .bind(&entry.person)
    .bind(&entry.via)
    .bind(entry.action.as_str())
    .bind(&entry.subject)
    .bind(&entry.details)
    .execute(sql)
    .await
    .map(drop)
}

/// Newest first; those before the line `before`, where it is given.
pub async fn list(store: &Store, before: Option<u64>, limit: u32) -> Result<Vec<Kept>, Error> {
    let before = before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = sqlx::query_as(
        "select number, at, person, via, action, subject, details from audit
         where number < $1 order by number desc limit $2",
    )
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read the audit log"))?;
    Ok(rows.into_iter().map(Row::into_kept).collect())
}

#[cfg(test)]
mod tests {
    use domain::audit::Action;

    use super::*;
    use crate::sample;

    #[tokio::test]
    async fn lines_are_numbered_and_read_backwards() {
        let (_home, store) = sample::store().await;
        for subject in ["a", "b", "c"] {
            let entry = Entry {
                at: sample::NOW,
                person: "ada".into(),
                via: "cli".into(),
                action: Action::Merged,
                subject: subject.into(),
                details: String::new(),
            };
            append(&store, &entry).await.unwrap();
        }
        let shown = |page: Vec<Kept>| -> Vec<(u64, String)> {
            page.into_iter().map(|kept| (kept.number, kept.subject)).collect()
        };
        let newest = shown(list(&store, None, 2).await.unwrap());
        assert_eq!(newest, [(3, "c".into()), (2, "b".into())]);
        assert_eq!(shown(list(&store, Some(2), 2).await.unwrap()), [(1, "a".into())]);
    }
}
