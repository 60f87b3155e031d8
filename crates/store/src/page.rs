//! Lists that are read a page at a time, newest first. A page goes on after the last row of the one
//! before, so that nothing is skipped or told twice, whatever is added meanwhile.

use domain::{AttemptId, ProjectId, PullRequest, TaskId, Timestamp, Verdict};

use crate::{Error, Store, pull_request, verdict};

/// The last row of a page.
#[derive(Debug, Clone, Copy)]
pub struct After<'a> {
    pub at: Timestamp,
    pub id: &'a str,
}

/// Which pull requests are wanted; the default is all.
#[derive(Debug, Clone, Copy, Default)]
pub struct PullRequests<'a> {
    pub project: Option<&'a ProjectId>,
    /// A state's name.
    pub state: Option<&'a str>,
    pub after: Option<After<'a>>,
}

pub async fn pull_requests(
    store: &Store,
    wanted: PullRequests<'_>,
    limit: u32,
) -> Result<Vec<PullRequest>, Error> {
    let rows: Vec<pull_request::Row> = sqlx::query_as(
        "select * from pull_requests
         where (cast($1 as text) is null or project = $1)
           and (cast($2 as text) is null or state = $2)
           and (cast($3 as bigint) is null or (created, id) < ($3, $4))
         order by created desc, id desc limit $5",
    )
    .bind(wanted.project.map(ProjectId::as_str))
    .bind(wanted.state)
    .bind(wanted.after.map(|after| after.at.0))
    .bind(wanted.after.map(|after| after.id))
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list pull requests"))?;
    rows.into_iter().map(pull_request::Row::into_pull_request).collect()
}

/// Which verdicts are wanted; the default is all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verdicts<'a> {
    pub task: Option<&'a TaskId>,
    pub attempt: Option<&'a AttemptId>,
    pub person: Option<&'a str>,
    /// A state's name.
    pub state: Option<&'a str>,
    pub after: Option<After<'a>>,
}

pub async fn verdicts(
    store: &Store,
    wanted: Verdicts<'_>,
    limit: u32,
) -> Result<Vec<Verdict>, Error> {
    let rows: Vec<verdict::Row> = sqlx::query_as(
        "select * from verdicts
         where (cast($1 as text) is null or task = $1)
           and (cast($2 as text) is null or attempt = $2)
           and (cast($3 as text) is null or person = $3)
           and (cast($4 as text) is null or state = $4)
           and (cast($5 as bigint) is null or (at, id) < ($5, $6))
         order by at desc, id desc limit $7",
    )
    .bind(wanted.task.map(TaskId::as_str))
    .bind(wanted.attempt.map(AttemptId::as_str))
    .bind(wanted.person)
    .bind(wanted.state)
    .bind(wanted.after.map(|after| after.at.0))
    .bind(wanted.after.map(|after| after.id))
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("list verdicts"))?;
    rows.into_iter().map(verdict::Row::into_verdict).collect()
}

#[cfg(test)]
mod tests;
