//! Requests to models and what they cost. Each is counted once: opened with an estimate before it
//! leaves, closed with what it came to. Every budget is a sum over these.

use std::collections::HashMap;
use std::str::FromStr;

use domain::{AttemptId, Fact, Task, TaskId, Timestamp};
use sqlx::{AssertSqlSafe, FromRow};

use crate::lease::{self, Holder};
use crate::{Error, Store, Transaction, attempt, event, row};

/// The fact, around the number of the request that was just counted.
const NUMBERED: &str = "$12 || (select max(number) from exchanges where attempt = $1) || $13";

/// A request that is to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// `provider/model`.
    pub model: String,
    pub estimated_input_tokens: u64,
    /// In millionths of a US dollar; none where the price isn't known.
    pub estimated_micros: Option<u64>,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Who answered it.
    pub model: String,
    pub answered: bool,
    pub tokens: Tokens,
    pub micros: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Everything that was read, cached or not.
    pub input: u64,
    pub cached: u64,
    pub written: u64,
    /// Everything that was written, thoughts included.
    pub output: u64,
    pub reasoning: u64,
}

/// Whose requests a sum is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    Attempt(&'a AttemptId),
    Task(&'a TaskId),
    /// Since then.
    Project(&'a domain::ProjectId, Timestamp),
    Person(&'a str, Timestamp),
    Everybody(Timestamp),
}

/// A sum of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u64,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// Of the requests whose price is known.
    pub micros: u64,
    /// Requests that cost an unknown price.
    pub unpriced: u64,
    /// Requests of which only an estimate is known: under way, or lost with their runner.
    pub estimated: u64,
}

impl Spent {
    /// What a budget of tokens counts.
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// Counts a request that is to leave, and says so in the log. Gives its number, from 1.
///
/// # Errors
/// [`Error::LeaseLost`] where the holder has the lease no more.
pub async fn open(
    store: &Store,
    task: &Task,
    id: &AttemptId,
    opening: &Opening,
    now: Timestamp,
    holder: Option<&Holder>,
) -> Result<u32, Error> {
    let of = attempt::of(id.as_str());
    // The number is the database's to say, and stands between two parts of the fact.
    let asked = of.encode(&asked(0, opening))?;
    let (begin, end) = asked.split_once(":0,").unwrap_or_default();
    let held = lease::HELD;
    let append = event::appending(&[NUMBERED.to_owned()]);
    let sql = AssertSqlSafe(format!(
        "begin immediate;
         insert into exchanges
             (attempt, number, task, project, person, at, model, state,
              input_tokens, cached_tokens, written_tokens, output_tokens, reasoning_tokens, micros)
         select $1, next, $6, $7, $8, $3, $9, 'open', $10, 0, 0, 0, 0, $11
         from (select coalesce(max(number), 0) + 1 as next from exchanges where attempt = $1)
         where {held}
         returning number;
         {append};
         commit"
    ));
    let mut transaction = store.ready("count a request", &store.writers.durable).await?;
    let numbers: Vec<i64> = sqlx::query_scalar(sql)
        .bind(id.as_str())
        .bind(holder.map(Holder::to_string))
        .bind(now.0)
        .bind(1)
        .bind(false)
        .bind(task.id.as_str())
        .bind(task.project.as_str())
        .bind(&task.person)
        .bind(&opening.model)
        .bind(signed(opening.estimated_input_tokens))
        .bind(opening.estimated_micros.map(signed))
        .bind(format!("{begin}:"))
        .bind(format!(",{end}"))
        .fetch_all(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.done();
    let number = numbers.first().ok_or_else(|| Error::LeaseLost { attempt: id.clone() })?;
    of.number(*number)
}

fn asked(exchange: u32, opening: &Opening) -> Fact {
    Fact::Asked {
        exchange,
        model: opening.model.clone(),
        estimated_input_tokens: opening.estimated_input_tokens,
    }
}

/// Says what a request came to, once: of one that isn't open nothing changes. It isn't forced onto
/// the disk: the turn that follows is, and with it this.
///
/// # Errors
/// [`Error::LeaseLost`] where the holder has the lease no more.
pub async fn close(
    store: &Store,
    id: &AttemptId,
    number: u32,
    closing: &Closing,
    holder: Option<&Holder>,
) -> Result<(), Error> {
    let mut transaction = store.ready("close a request", &store.writers.light).await?;
    let Tokens { input, cached, written, output, reasoning } = closing.tokens;
    let held = lease::HELD;
    let closed = sqlx::query(AssertSqlSafe(format!(
        "update exchanges set state = $4, model = $5, input_tokens = $6, cached_tokens = $7,
             written_tokens = $8, output_tokens = $9, reasoning_tokens = $10, micros = $11
         where attempt = $1 and number = $3 and state = 'open' and {held}"
    )))
    .bind(id.as_str())
    .bind(holder.map(Holder::to_string))
    .bind(i64::from(number))
    .bind(if closing.answered { "answered" } else { "failed" })
    .bind(&closing.model)
    .bind(signed(input))
    .bind(signed(cached))
    .bind(signed(written))
    .bind(signed(output))
    .bind(signed(reasoning))
    .bind(closing.micros.map(signed))
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    transaction.done();
    if closed.rows_affected() > 0 {
        return Ok(());
    }
    // It wasn't open, or the lease is lost.
    let mut transaction = store.write_lightly("close a request").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    transaction.commit().await
}

/// What was under way when its runner died is lost: it counts by its estimate, and gives how many.
pub async fn lose(store: &Store, id: &AttemptId, holder: Option<&Holder>) -> Result<u64, Error> {
    let mut transaction = store.write("count lost requests").await?;
    lease::check_in(&mut transaction, id, holder).await?;
    let lost = lose_in(&mut transaction, id).await?;
    transaction.commit().await?;
    Ok(lost)
}

/// Nobody closes what is still open when its attempt ends.
pub(crate) async fn lose_in(transaction: &mut Transaction, id: &AttemptId) -> Result<u64, Error> {
    let done =
        sqlx::query("update exchanges set state = 'lost' where attempt = $1 and state = 'open'")
            .bind(id.as_str())
            .execute(&mut *transaction.sql)
            .await
            .map_err(transaction.failed())?;
    Ok(done.rows_affected())
}

/// A request as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Among its attempt's, from 1.
    pub number: u32,
    pub state: State,
    /// An estimate, unless it was answered.
    pub tokens: Tokens,
    /// In millionths of a US dollar; none where the price isn't known.
    pub micros: Option<u64>,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Answered,
    Failed,
    /// Its runner died meanwhile.
    Lost,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state of a request")]
pub struct UnknownState(String);

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        match name {
            "open" => Ok(Self::Open),
            "answered" => Ok(Self::Answered),
            "failed" => Ok(Self::Failed),
            "lost" => Ok(Self::Lost),
            other => Err(UnknownState(other.to_owned())),
        }
    }
}

#[derive(FromRow)]
struct ExchangeRow {
    number: i64,
    state: String,
    input_tokens: i64,
    cached_tokens: i64,
    written_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    micros: Option<i64>,
}

impl ExchangeRow {
    fn into_exchange(self, id: &AttemptId) -> Result<Exchange, Error> {
        let of = attempt::of(id.as_str());
        Ok(Exchange {
            number: of.number(self.number)?,
            state: of.parse(&self.state)?,
            tokens: Tokens {
                input: unsigned(self.input_tokens),
                cached: unsigned(self.cached_tokens),
                written: unsigned(self.written_tokens),
                output: unsigned(self.output_tokens),
                reasoning: unsigned(self.reasoning_tokens),
            },
            micros: self.micros.map(unsigned),
        })
    }
}

/// An attempt's requests, by number.
pub async fn of_attempt(store: &Store, id: &AttemptId) -> Result<Vec<Exchange>, Error> {
    let rows: Vec<ExchangeRow> = sqlx::query_as(
        "select number, state, input_tokens, cached_tokens, written_tokens, output_tokens,
             reasoning_tokens, micros
         from exchanges where attempt = $1 order by number",
    )
    .bind(id.as_str())
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("read an attempt's requests"))?;
    rows.into_iter().map(|row| row.into_exchange(id)).collect()
}

#[derive(FromRow)]
struct Row {
    requests: i64,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    micros: i64,
    unpriced: i64,
    estimated: i64,
}

const SUMS: &str = "count(*) as requests,
         coalesce(sum(input_tokens), 0) as input_tokens,
         coalesce(sum(cached_tokens), 0) as cached_tokens,
         coalesce(sum(output_tokens), 0) as output_tokens,
         coalesce(sum(micros), 0) as micros,
         count(case when micros is null and state <> 'failed' then 1 end) as unpriced,
         count(case when state in ('open', 'lost') then 1 end) as estimated
     from exchanges";

/// What was spent in that scope.
pub async fn spent(store: &Store, scope: Scope<'_>) -> Result<Spent, Error> {
    let (place, key, since) = match scope {
        Scope::Attempt(id) => ("attempt = $1 and at >= $2", id.as_str(), 0),
        Scope::Task(id) => ("task = $1 and at >= $2", id.as_str(), 0),
        Scope::Project(id, since) => ("project = $1 and at >= $2", id.as_str(), since.0),
        Scope::Person(name, since) => ("person = $1 and at >= $2", name, since.0),
        Scope::Everybody(since) => ("$1 = '' and at >= $2", "", since.0),
    };
    let row: Row = sqlx::query_as(AssertSqlSafe(format!("select {SUMS} where {place}")))
        .bind(key)
        .bind(since)
        .fetch_one(&store.pool)
        .await
        .map_err(store.failed("add up what was spent"))?;
    Ok(row.into_spent())
}

impl Row {
    fn into_spent(self) -> Spent {
        Spent {
            requests: unsigned(self.requests),
            input_tokens: unsigned(self.input_tokens),
            cached_tokens: unsigned(self.cached_tokens),
            output_tokens: unsigned(self.output_tokens),
            micros: unsigned(self.micros),
            unpriced: unsigned(self.unpriced),
            estimated: unsigned(self.estimated),
        }
    }
}

#[derive(FromRow)]
struct AttemptRow {
    attempt: String,
    #[sqlx(flatten)]
    sums: Row,
}

/// What these tasks' attempts spent, each of those that spent anything.
pub async fn of_tasks(store: &Store, tasks: &[TaskId]) -> Result<HashMap<AttemptId, Spent>, Error> {
    let rows: Vec<AttemptRow> = sqlx::query_as(AssertSqlSafe(format!(
        "select attempt, {SUMS}, json_each($1) as wanted
         where task = wanted.value group by task, attempt"
    )))
    .bind(row::list(tasks.iter().map(TaskId::as_str)))
    .fetch_all(&store.pool)
    .await
    .map_err(store.failed("add up what tasks spent"))?;
    let pair = |row: AttemptRow| {
        Ok((attempt::of(&row.attempt).parse(&row.attempt)?, row.sums.into_spent()))
    };
    rows.into_iter().map(pair).collect()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
