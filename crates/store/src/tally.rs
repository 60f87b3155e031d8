//! How much there is of what: for whoever draws curves of it.

use sqlx::FromRow;

use crate::{Error, Store};

/// States' names and how many are in them, and sums.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    pub tasks: Vec<(String, u64)>,
    pub attempts: Vec<(String, u64)>,
    pub pull_requests: Vec<(String, u64)>,
    /// What was said, what became of it, and how often.
    pub verdicts: Vec<(String, String, u64)>,
    /// Queued attempts that wait for room, a key, or the like.
    pub waiting: u64,
    pub events: u64,
    /// What models cost, in millionths of a US dollar, where the price is known.
    pub micros: u64,
    pub requests: u64,
}

#[derive(FromRow)]
struct Row {
    noun: String,
    kind: String,
    state: String,
    count: i64,
}

/// All in one look, so that the figures fit each other.
const ALL: &str = "
    select 'task' as noun, '' as kind, state, count(*) as count from tasks group by state
    union all select 'attempt', '', state, count(*) from attempts group by state
    union all select 'pull_request', '', state, count(*) from pull_requests group by state
    union all select 'verdict', kind, state, count(*) from verdicts group by kind, state
    union all select 'waiting', '', '', count(*) from attempts
        where state = 'queued' and waits is not null
    union all select 'events', '', '', coalesce(sum(events), 0) from attempts
    union all select 'micros', '', '', coalesce(sum(micros), 0) from exchanges
    union all select 'requests', '', '', count(*) from exchanges";

pub async fn all(store: &Store) -> Result<Tally, Error> {
    let rows: Vec<Row> = sqlx::query_as(ALL)
        .fetch_all(&store.pool)
        .await
        .map_err(store.failed("count what there is"))?;
    let mut tally = Tally::default();
    for Row { noun, kind, state, count } in rows {
        let count = count.unsigned_abs();
        match noun.as_str() {
            "task" => tally.tasks.push((state, count)),
            "attempt" => tally.attempts.push((state, count)),
            "pull_request" => tally.pull_requests.push((state, count)),
            "verdict" => tally.verdicts.push((kind, state, count)),
            "waiting" => tally.waiting = count,
            "events" => tally.events = count,
            "micros" => tally.micros = count,
            _requests => tally.requests = count,
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[tokio::test]
    async fn everything_is_counted_by_its_state() {
        let (_home, store, _task) = sample::store_with_task(3).await;
        let tally = all(&store).await.unwrap();
        assert_eq!(tally.tasks, [("open".into(), 1)]);
        assert_eq!(tally.attempts, [("queued".into(), 3)]);
        assert_eq!((tally.verdicts.len(), tally.events, tally.micros), (0, 3, 0));
    }
}
