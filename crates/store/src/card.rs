//! What cards are made of, in few queries however many cards there are: what waits for a person,
//! all that is known of those attempts, and what was rejected before.

use domain::project::{Origin, Settings};
use domain::verdict::{Reason, Said};
use domain::{AttemptId, Change, Evidence, ProjectId, Task, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use crate::row::Of;
use crate::{Error, Store, attempt, task};

/// A task that may wait for a person's decision of its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub task: Task,
    pub origin: Origin,
    pub settings: Settings,
}

#[derive(FromRow)]
struct WaitingRow {
    #[sqlx(flatten)]
    task: task::Row,
    project_origin: String,
    project_settings: String,
}

/// Those that are decided or offered, oldest first. Where approvals only open pull requests, an open
/// one waits for nobody here. (Settings are written by us alone, and so have no blanks.)
pub async fn waiting(store: &Store, limit: u32) -> Result<Vec<Waiting>, Error> {
    let rows: Vec<WaitingRow> = sqlx::query_as(
        "select tasks.*, projects.origin as project_origin, projects.settings as project_settings
         from tasks join projects on projects.id = tasks.project
         where tasks.state = 'decided'
            or tasks.state = 'offered' and projects.settings not like '%\"approval\":\"offer\"%'
         order by tasks.created, tasks.id limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list what waits for a person"))?;
    let waiting = |row: WaitingRow| {
        let task = row.task.into_task()?;
        let of = Of { noun: "project", id: task.project.as_str() };
        let (origin, settings) =
            (of.decode(&row.project_origin)?, of.decode(&row.project_settings)?);
        Ok(Waiting { origin, settings, task })
    };
    rows.into_iter().map(waiting).collect()
}

/// What is known of an attempt that changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub attempt: AttemptId,
    pub follows: Option<AttemptId>,
    pub ended: Option<Timestamp>,
    pub change: Change,
    pub evidence: Evidence,
    /// The agent's words.
    pub title: String,
    pub summary: String,
    /// What its requests cost, in millionths of a US dollar; none where it made none.
    pub micros: Option<u64>,
    /// None where nobody has told it apart yet.
    pub patch: Option<String>,
}

#[derive(FromRow)]
struct KnownRow {
    id: String,
    follows: Option<String>,
    ended: Option<i64>,
    change: String,
    evidence: String,
    title: Option<String>,
    summary: Option<String>,
    micros: Option<i64>,
    digest: Option<String>,
}

impl KnownRow {
    fn into_known(self) -> Result<Known, Error> {
        let of = attempt::of(&self.id);
        Ok(Known {
            attempt: of.parse(&self.id)?,
            follows: self.follows.map(|id| of.parse(&id)).transpose()?,
            ended: self.ended.map(Timestamp),
            change: of.decode(&self.change)?,
            evidence: of.decode(&self.evidence)?,
            title: self.title.unwrap_or_default(),
            summary: self.summary.unwrap_or_default(),
            micros: self.micros.map(|micros| of.number(micros)).transpose()?,
            patch: self.digest,
        })
    }
}

/// Of each of the attempts that has a change and evidence.
pub async fn known(store: &Store, attempts: &[AttemptId]) -> Result<Vec<Known>, Error> {
    let mut query = QueryBuilder::new(
        "select attempts.id, attempts.follows, attempts.ended, changes.change, evidence.evidence,
             reports.title, reports.summary, patches.digest,
             (select sum(exchanges.micros) from exchanges
              where exchanges.attempt = attempts.id) as micros
         from attempts join changes on changes.attempt = attempts.id
             join evidence on evidence.attempt = attempts.id
             left join reports on reports.attempt = attempts.id
             left join patches on patches.attempt = attempts.id
         where attempts.id in (",
    );
    let mut list = query.separated(", ");
    attempts.iter().for_each(|id| {
        list.push_bind(id.as_str());
    });
    query.push(")");
    let rows: Vec<KnownRow> = query
        .build_query_as()
        .fetch_all(&store.pool)
        .await
        .map_err(store.failed("read what cards show"))?;
    rows.into_iter().map(KnownRow::into_known).collect()
}

/// Keeps what tells the attempt's change apart.
pub async fn put_patch(store: &Store, id: &AttemptId, digest: &str) -> Result<(), Error> {
    let mut transaction = store.write("keep a patch's digest").await?;
    sqlx::query(
        "insert into patches (attempt, digest) values ($1, $2)
         on conflict (attempt) do update set digest = excluded.digest",
    )
    .bind(id.as_str())
    .bind(digest)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.commit().await
}

/// A change that somebody rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub project: ProjectId,
    pub attempt: AttemptId,
    /// What the task asked for.
    pub text: String,
    pub reason: Reason,
    pub patch: Option<String>,
}

#[derive(FromRow)]
struct RejectedRow {
    project: String,
    attempt: String,
    text: String,
    said: String,
    digest: Option<String>,
}

/// All that was rejected, the newest first, at most `limit`.
pub async fn rejected(store: &Store, limit: u32) -> Result<Vec<Rejected>, Error> {
    let rows: Vec<RejectedRow> = sqlx::query_as(
        "select tasks.project, verdicts.attempt, tasks.text, verdicts.said, patches.digest
         from verdicts join tasks on tasks.id = verdicts.task
             left join patches on patches.attempt = verdicts.attempt
         where verdicts.state = 'carried_out' and verdicts.kind = 'reject'
         order by verdicts.at desc, verdicts.id limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list what was rejected"))?;
    let mut rejected = Vec::new();
    for row in rows {
        let of = attempt::of(&row.attempt);
        let Said::Reject { reason, words: _ } = of.decode(&row.said)? else { continue };
        rejected.push(Rejected {
            project: of.parse(&row.project)?,
            attempt: of.parse(&row.attempt)?,
            reason,
            text: row.text,
            patch: row.digest,
        });
    }
    Ok(rejected)
}
