//! Each request is counted once: what the log, the rows and the model's server say agree.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use domain::{AttemptId, Event, Fact};
use store::exchange::{self, Exchange, Scope, State, Tokens};

use crate::chaos::model;
use crate::chaos::plan::Plan;
use crate::chaos::watch::Watch;
use crate::chaos::world::World;

type Logs = BTreeMap<AttemptId, Vec<Event>>;

pub(super) fn check(world: &World, watch: &mut Watch, logs: &Logs, plan: &Plan) -> Result<()> {
    let store = watch.store(world)?;
    let mut all = Vec::new();
    for (id, log) in logs {
        let rows = world.runtime().block_on(exchange::of_attempt(&store, id))?;
        check_one(log, &rows).with_context(|| format!("the requests of {id}"))?;
        all.extend(rows);
    }
    agrees_with_the_server(world, &all)?;
    let lost = all.iter().filter(|row| row.state == State::Lost).count();
    ensure!(!plan.blows.is_empty() || lost == 0, "{lost} requests were lost without a reason");
    let spent = world.runtime().block_on(exchange::spent(&store, Scope::Task(&watch.task)))?;
    let micros: u64 = all.iter().filter_map(|row| row.micros).sum();
    ensure!(spent.micros == micros, "{} micros were spent, {micros} are in rows", spent.micros);
    ensure!(spent.unpriced == 0, "{} requests have no price", spent.unpriced);
    Ok(())
}

fn check_one(log: &[Event], rows: &[Exchange]) -> Result<()> {
    for (row, number) in rows.iter().zip(1..) {
        ensure!(row.number == number, "row {} stands where {number} should", row.number);
        ensure!(row.state != State::Open, "request {number} is open for ever");
    }
    let asked = log.iter().filter(|event| matches!(event.fact, Fact::Asked { .. })).count();
    ensure!(asked == rows.len(), "{asked} requests in the log, {} rows", rows.len());
    let mut spoken = 0;
    for event in log {
        let Fact::Turn { exchange, cost_micros, .. } = &event.fact else { continue };
        let row = rows.iter().find(|row| row.number == *exchange);
        let row = row.with_context(|| format!("turn {exchange} has no row"))?;
        ensure!(row.state == State::Answered, "turn {exchange} is there, its row {:?}", row.state);
        ensure!(row.tokens == used(spoken), "turn {exchange} used {:?}", row.tokens);
        ensure!(row.micros == *cost_micros, "turn {exchange} cost {cost_micros:?}, and {row:?}");
        spoken += 1;
    }
    let answered = rows.iter().filter(|row| row.state == State::Answered);
    for row in answered {
        let known = (0..=spoken).any(|n| row.tokens == used(n));
        ensure!(known, "no turn uses what request {} did: {:?}", row.number, row.tokens);
    }
    Ok(())
}

/// For the `n`-th turn of conversations: answered ≤ received ≤ answered + lost + failed.
fn agrees_with_the_server(world: &World, rows: &[Exchange]) -> Result<()> {
    let mut received: BTreeMap<u64, usize> = BTreeMap::new();
    for request in world.server().requests() {
        *received.entry(request.model_turns() as u64).or_default() += 1;
    }
    let unanswered = rows.iter().filter(|row| row.state != State::Answered).count();
    let mut answered_in_all = 0;
    for (n, came) in &received {
        let is_it = |row: &&Exchange| row.state == State::Answered && row.tokens == used(*n);
        let answered = rows.iter().filter(is_it).count();
        answered_in_all += answered;
        ensure!(
            (answered..=answered + unanswered).contains(came),
            "turn {n} was asked for {came} times, and is counted {answered} times as answered, \
             with {unanswered} unanswered requests in all"
        );
    }
    let came: usize = received.values().sum();
    ensure!(came <= rows.len(), "{came} requests came, and {} are counted", rows.len());
    ensure!(
        answered_in_all + unanswered == rows.len(),
        "{} requests are counted, {answered_in_all} of them answered to some turn, {unanswered} not",
        rows.len()
    );
    Ok(())
}

fn used(n: u64) -> Tokens {
    let usage = model::usage(n);
    Tokens {
        input: usage.input_tokens,
        cached: usage.cached_tokens,
        written: usage.written_tokens,
        output: usage.output_tokens,
        reasoning: usage.reasoning_tokens,
    }
}
