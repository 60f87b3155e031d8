//! Tasks with what a list shows of them: four queries for a page, however many tasks are on it.

use domain::{Attempt, ProjectId, Task, TaskId, Timestamp};
use sqlx::AssertSqlSafe;

use super::Row;
use crate::exchange::Spent;
use crate::{Error, Store, attempt, evidence, exchange};

/// Which tasks are wanted; the default is all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    pub project: Option<&'a ProjectId>,
    /// Who asked.
    pub person: Option<&'a str>,
    /// What is in what was asked for, in whatever case its ASCII letters are.
    pub text: Option<&'a str>,
    /// Names of states, as [`domain::task::State::name`] gives them; empty for all.
    pub states: &'a [&'a str],
    /// Only those that are older than this one.
    pub after: Option<&'a Cursor>,
}

/// Where a page ended: the next one goes on after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub created: Timestamp,
    pub id: TaskId,
}

/// A task, its attempts and what they cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub task: Task,
    /// By number.
    pub tries: Vec<Try>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    pub attempt: Attempt,
    pub spent: Spent,
    /// Whether its evidence holds; none where it has none yet.
    pub holds: Option<bool>,
}

impl Summary {
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.task.created, id: self.task.id.clone() }
    }

    /// Of all attempts together, in millionths of a dollar, as far as prices are known.
    pub fn micros(&self) -> u64 {
        self.tries.iter().map(|each| each.spent.micros).sum()
    }
}

/// Newest first, at most `limit`.
pub async fn summaries(
    store: &Store,
    wanted: Wanted<'_>,
    limit: u32,
) -> Result<Vec<Summary>, Error> {
    let tasks = page(store, wanted, limit).await?;
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id.clone()).collect();
    of(store, tasks, &ids).await
}

async fn of(store: &Store, tasks: Vec<Task>, ids: &[TaskId]) -> Result<Vec<Summary>, Error> {
    let mut attempts = attempt::of_tasks(store, ids).await?;
    let spent = exchange::of_tasks(store, ids).await?;
    let holding = evidence::holding(store, ids).await?;
    let tried = |attempt: Attempt| Try {
        spent: spent.get(&attempt.id).copied().unwrap_or_default(),
        holds: holding.get(&attempt.id).copied(),
        attempt,
    };
    let summary = |task: Task| {
        let attempts = attempts.remove(&task.id).unwrap_or_default();
        Summary { tries: attempts.into_iter().map(tried).collect(), task }
    };
    Ok(tasks.into_iter().map(summary).collect())
}

async fn page(store: &Store, wanted: Wanted<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = sqlx::query_as(AssertSqlSafe(sql(wanted)))
        .bind(wanted.project.map(ProjectId::as_str))
        .bind(wanted.person)
        .bind(wanted.after.map(|cursor| cursor.created.0))
        .bind(wanted.after.map(|cursor| cursor.id.as_str()))
        .bind(i64::from(limit))
        .bind(wanted.text);
    for state in wanted.states {
        query = query.bind(*state);
    }
    let rows: Vec<Row> = query.fetch_all(&store.pool).await.map_err(store.failed("list tasks"))?;
    rows.into_iter().map(Row::into_task).collect()
}

/// A part for each state, so that each is read from its end of an index and no further than it is
/// shown, however many tasks there are in the others. Only what is asked for is in the text: a
/// condition that may be empty would keep the index from being used.
fn sql(wanted: Wanted<'_>) -> String {
    const ORDER: &str = "order by created desc, id desc limit $5";
    let mut conditions = vec!["$1 is $1 and $2 is $2 and $3 is $3 and $4 is $4 and $6 is $6"];
    conditions.extend(wanted.project.map(|_| "project = $1"));
    conditions.extend(wanted.person.map(|_| "person = $2"));
    conditions.extend(wanted.after.map(|_| "(created, id) < ($3, $4)"));
    conditions.extend(wanted.text.map(|_| "instr(lower(text), lower($6)) > 0"));
    let place = conditions.join(" and ");
    if wanted.states.is_empty() {
        return format!("select * from tasks where {place} {ORDER}");
    }
    let part = |number| {
        format!("select * from (select * from tasks where state = ${number} and {place} {ORDER})")
    };
    let parts: Vec<String> = (7..7 + wanted.states.len()).map(part).collect();
    format!("select * from ({}) {ORDER}", parts.join(" union all "))
}

#[cfg(test)]
mod tests;
