//! What happened in a range of time, counted: each function is one query, read from an index by when
//! it happened, and grouped before it leaves the database. What it means is the engine's.

use domain::{Day, ProjectId, Timestamp};
use sqlx::FromRow;

use crate::row::Of;
use crate::{Error, Store};

/// Pull requests that one look at their waits and costs reads; who decides more in one range sees the
/// latest of them.
pub const DECIDED_MAX: u32 = 100_000;

/// From `since` until just before `until`, of one project or of all.
#[derive(Debug, Clone, Copy)]
pub struct Range<'a> {
    pub since: Timestamp,
    pub until: Timestamp,
    pub project: Option<&'a ProjectId>,
}

/// Pull requests that were opened: whose task it was, and when.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Offered {
    pub person: String,
    /// Days since 1970 in UTC.
    pub day: i64,
    pub count: i64,
}

/// By person and day.
pub async fn offered(store: &Store, range: Range<'_>) -> Result<Vec<Offered>, Error> {
    sqlx::query_as(
        "select tasks.person, pull_requests.created / $4 as day, count(*) as count
         from pull_requests
             join attempts on attempts.id = pull_requests.attempt
             join tasks on tasks.id = attempts.task
         where pull_requests.created >= $1 and pull_requests.created < $2
           and (cast($3 as text) is null or pull_requests.project = $3)
         group by tasks.person, day order by tasks.person, day",
    )
    .bind(range.since.0)
    .bind(range.until.0)
    .bind(range.project.map(ProjectId::as_str))
    .bind(Day::MS)
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("count what was offered"))
}

/// A pull request that was merged or closed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Decided {
    pub person: String,
    pub agent: String,
    pub model: Option<String>,
    pub created: i64,
    pub ended: i64,
    pub merged: bool,
    /// What all attempts of its task cost, in millionths of a dollar, as far as prices are known.
    pub micros: i64,
}

/// The latest first, at most [`DECIDED_MAX`].
pub async fn decided(store: &Store, range: Range<'_>) -> Result<Vec<Decided>, Error> {
    sqlx::query_as(
        "select tasks.person, json_extract(tasks.settings, '$.agent') as agent,
             json_extract(tasks.settings, '$.model') as model,
             pull_requests.created, pull_requests.ended,
             pull_requests.state = 'merged' as merged,
             (select coalesce(sum(micros), 0) from exchanges where task = tasks.id) as micros
         from pull_requests
             join attempts on attempts.id = pull_requests.attempt
             join tasks on tasks.id = attempts.task
         where pull_requests.ended >= $1 and pull_requests.ended < $2
           and (cast($3 as text) is null or pull_requests.project = $3)
         order by pull_requests.ended desc, pull_requests.id limit $4",
    )
    .bind(range.since.0)
    .bind(range.until.0)
    .bind(range.project.map(ProjectId::as_str))
    .bind(i64::from(DECIDED_MAX))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list what was decided"))
}

/// Attempts that ended in the same way.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Ended {
    pub agent: String,
    pub model: Option<String>,
    /// As [`domain::attempt::Outcome`] is written.
    pub outcome: String,
    /// None where there is no evidence.
    pub holds: Option<bool>,
    pub count: i64,
}

pub async fn ended(store: &Store, range: Range<'_>) -> Result<Vec<Ended>, Error> {
    sqlx::query_as(
        "select json_extract(tasks.settings, '$.agent') as agent,
             json_extract(tasks.settings, '$.model') as model,
             json_extract(attempts.state_json, '$.outcome.outcome') as outcome,
             evidence.holds, count(*) as count
         from attempts join tasks on tasks.id = attempts.task
             left join evidence on evidence.attempt = attempts.id
         where attempts.ended >= $1 and attempts.ended < $2
           and (cast($3 as text) is null or tasks.project = $3)
         group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    )
    .bind(range.since.0)
    .bind(range.until.0)
    .bind(range.project.map(ProjectId::as_str))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("count how attempts ended"))
}

/// What requests to models cost.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Cost {
    pub agent: String,
    pub model: Option<String>,
    /// In millionths of a dollar, of the requests whose price is known.
    pub micros: i64,
    pub requests: i64,
    /// Requests whose price isn't known.
    pub unpriced: i64,
}

/// Of the requests that left in the range, whatever became of them.
pub async fn costs(store: &Store, range: Range<'_>) -> Result<Vec<Cost>, Error> {
    sqlx::query_as(
        "select json_extract(tasks.settings, '$.agent') as agent,
             json_extract(tasks.settings, '$.model') as model,
             sum(spent.micros) as micros, sum(spent.requests) as requests,
             sum(spent.unpriced) as unpriced
         from (select task, coalesce(sum(micros), 0) as micros, count(*) as requests,
                   count(case when micros is null and state <> 'failed' then 1 end) as unpriced
               from exchanges
               where at >= $1 and at < $2 and (cast($3 as text) is null or project = $3)
               group by task) as spent
             join tasks on tasks.id = spent.task
         group by 1, 2 order by 1, 2",
    )
    .bind(range.since.0)
    .bind(range.until.0)
    .bind(range.project.map(ProjectId::as_str))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("add up what was spent"))
}

/// Verdicts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Said {
    pub person: String,
    /// `approve`, `reject`, `feedback`.
    pub kind: String,
    /// Why it was rejected; none for the other kinds.
    pub reason: Option<String>,
    pub count: i64,
}

/// What persons said, without what they took back.
pub async fn said(store: &Store, range: Range<'_>) -> Result<Vec<Said>, Error> {
    sqlx::query_as(
        "select verdicts.person, verdicts.kind,
             json_extract(verdicts.said, '$.reason') as reason, count(*) as count
         from verdicts join tasks on tasks.id = verdicts.task
         where verdicts.at >= $1 and verdicts.at < $2 and verdicts.state <> 'withdrawn'
           and (cast($3 as text) is null or tasks.project = $3)
         group by 1, 2, 3 order by 1, 2, 3",
    )
    .bind(range.since.0)
    .bind(range.until.0)
    .bind(range.project.map(ProjectId::as_str))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("count verdicts"))
}

/// What a list of projects shows of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    pub project: ProjectId,
    pub tasks: u64,
    /// Attempts at work, and attempts that wait for their turn.
    pub running: u64,
    pub queued: u64,
    /// Pull requests that wait for a person, and what became of the others.
    pub open: u64,
    pub merged: u64,
    pub closed: u64,
    /// When a task was last given.
    pub last: Option<Timestamp>,
}

#[derive(FromRow)]
struct ActivityRow {
    project: String,
    tasks: i64,
    running: i64,
    queued: i64,
    open: i64,
    merged: i64,
    closed: i64,
    last: Option<i64>,
}

impl ActivityRow {
    fn into_activity(self) -> Result<Activity, Error> {
        let of = Of { noun: "project", id: &self.project };
        Ok(Activity {
            project: of.parse(&self.project)?,
            tasks: of.number(self.tasks)?,
            running: of.number(self.running)?,
            queued: of.number(self.queued)?,
            open: of.number(self.open)?,
            merged: of.number(self.merged)?,
            closed: of.number(self.closed)?,
            last: self.last.map(Timestamp),
        })
    }
}

/// Of each project, the one that was last busy first.
pub async fn activity(store: &Store) -> Result<Vec<Activity>, Error> {
    let rows: Vec<ActivityRow> = sqlx::query_as(
        "with busy as (
             select tasks.project, sum(attempts.state = 'queued') as queued,
                 sum(attempts.state <> 'queued') as running
             from attempts join tasks on tasks.id = attempts.task
             where attempts.state in ('queued', 'preparing', 'working', 'paused', 'proving')
             group by tasks.project),
         offers as (
             select project, sum(state = 'open') as open, sum(state = 'merged') as merged,
                 sum(state = 'closed') as closed
             from pull_requests group by project),
         given as (
             select project, count(*) as tasks, max(created) as last from tasks group by project)
         select projects.id as project, coalesce(given.tasks, 0) as tasks,
             coalesce(busy.running, 0) as running, coalesce(busy.queued, 0) as queued,
             coalesce(offers.open, 0) as open, coalesce(offers.merged, 0) as merged,
             coalesce(offers.closed, 0) as closed, given.last
         from projects left join given on given.project = projects.id
             left join busy on busy.project = projects.id
             left join offers on offers.project = projects.id
         order by given.last desc, projects.id",
    )
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("tell how busy projects are"))?;
    rows.into_iter().map(ActivityRow::into_activity).collect()
}

#[cfg(test)]
mod tests;
