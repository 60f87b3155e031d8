//! What is new since a moment: for whoever follows everything that moves. A position only grows,
//! and what is at or before it is never added to, since one writes at a time.

use domain::{AttemptId, Event, Fact, TaskId, Timestamp, VerdictId};
use sqlx::FromRow;

use crate::{Error, Store, attempt, task, verdict};

/// How far somebody has followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Among all attempts' events.
    pub event: i64,
    /// Among the moves of tasks and verdicts.
    pub moved: i64,
}

/// An attempt's event, as one of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    pub position: i64,
    pub attempt: AttemptId,
    pub seq: u64,
    /// None where it is longer than what was asked for.
    pub event: Option<Event>,
}

/// A task or a verdict that was made or moved, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub position: i64,
    pub task: TaskId,
    pub state: String,
    pub verdict: Option<(VerdictId, String)>,
}

/// Where it is now.
pub async fn newest(store: &Store) -> Result<Position, Error> {
    let (event, moved): (i64, i64) = sqlx::query_as(
        "select coalesce((select max(rowid) from events), 0),
                coalesce((select max(position) from moves), 0)",
    )
    .fetch_one(&store.pool)
    .await
    .map_err(store.failed("look for what is new"))?;
    Ok(Position { event, moved })
}

#[derive(FromRow)]
struct GrownRow {
    position: i64,
    attempt: String,
    seq: i64,
    at: i64,
    fact: Option<String>,
}

impl GrownRow {
    fn into_grown(self) -> Result<Grown, Error> {
        let of = attempt::of(&self.attempt);
        let (attempt, seq): (AttemptId, u64) = (of.parse(&self.attempt)?, of.number(self.seq)?);
        let fact: Option<Fact> = self.fact.map(|fact| of.decode(&fact)).transpose()?;
        let at = Timestamp(self.at);
        let event = fact.map(|fact| Event { attempt: attempt.clone(), seq, at, fact });
        Ok(Grown { position: self.position, attempt, seq, event })
    }
}

/// Events of all attempts after a position, in their order, at most `limit`. Those whose facts are
/// longer than `bytes_max` come without them.
pub async fn events(
    store: &Store,
    after: i64,
    limit: u32,
    bytes_max: u32,
) -> Result<Vec<Grown>, Error> {
    let rows: Vec<GrownRow> = sqlx::query_as(
        "select rowid as position, attempt, seq, at,
                case when length(fact) <= $3 then fact end as fact
         from events where rowid > $1 order by rowid limit $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .bind(i64::from(bytes_max))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read what is new in the logs"))?;
    rows.into_iter().map(GrownRow::into_grown).collect()
}

#[derive(FromRow)]
struct MovedRow {
    position: i64,
    task: String,
    state: String,
    verdict: Option<String>,
    verdict_state: Option<String>,
}

impl MovedRow {
    fn into_moved(self) -> Result<Moved, Error> {
        let verdict = self.verdict.zip(self.verdict_state).map(|(id, state)| {
            let of = verdict::of(&id);
            Ok::<_, Error>((of.parse(&id)?, state))
        });
        Ok(Moved {
            position: self.position,
            task: task::of(&self.task).parse(&self.task)?,
            state: self.state,
            verdict: verdict.transpose()?,
        })
    }
}

/// Moves after a position, in their order, at most `limit`.
pub async fn moves(store: &Store, after: i64, limit: u32) -> Result<Vec<Moved>, Error> {
    let rows: Vec<MovedRow> = sqlx::query_as(
        "select moves.position, moves.task, tasks.state, moves.verdict,
                verdicts.state as verdict_state
         from moves join tasks on tasks.id = moves.task
             left join verdicts on verdicts.id = moves.verdict
         where moves.position > $1 order by moves.position limit $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read which tasks have moved"))?;
    rows.into_iter().map(MovedRow::into_moved).collect()
}

#[cfg(test)]
mod tests;
