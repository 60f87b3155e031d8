//! `whimbrel compare TASK`

use anyhow::Result;
use domain::attempt::State;
use domain::{Attempt, Task};
use engine::Engine;
use proof::Ranking;
use serde_json::{Value, json};

use super::delegate::result;
use crate::cli::TaskArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: TaskArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let task = find::task(&engine, &args.task).await?;
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let ranking = engine::rank(&engine, &task.id).await?;
    if json {
        ui::json(&object(&engine, &task, &attempts, &ranking).await?);
        return Ok(Exit::Ok);
    }
    let mut rows = Vec::new();
    for attempt in &attempts {
        rows.push(cells(&engine, attempt, &ranking).await?);
    }
    let headings =
        ["ATTEMPT", "RANK", "OUTCOME", "HOLDS", "FIXED", "BROKEN", "ADDED", "LINES", "TIME"];
    ui::out(&ui::table(&headings, &rows));
    if !ranking.why.is_empty() {
        ui::out("");
    }
    for reason in &ranking.why {
        ui::out(&format!("- {}", ui::safe(reason)));
    }
    reasons(&attempts);
    Ok(Exit::Ok)
}

/// Why those without a change have none.
fn reasons(attempts: &[Attempt]) {
    for attempt in attempts {
        let State::Ended { outcome } = &attempt.state else { continue };
        let Some(reason) = outcome.reason() else { continue };
        let reason = ui::safe(&reason).replace('\n', "\n    ");
        ui::out(&format!("\n{}  {}: {reason}", attempt.id, outcome.name()));
    }
}

async fn cells(engine: &Engine, attempt: &Attempt, ranking: &Ranking) -> Result<Vec<String>> {
    let change = store::change::get(&engine.store, &attempt.id).await?;
    let evidence = store::evidence::get(&engine.store, &attempt.id).await?;
    let none = || "-".to_owned();
    let number = |count: Option<usize>| count.map_or_else(none, |count| count.to_string());
    let tests = evidence.as_ref().map(|evidence| &evidence.tests);
    let holds = evidence.as_ref().map(|e| if e.holds() { "yes" } else { "no" });
    let took = attempt.started.zip(attempt.ended).map(|(from, to)| ui::duration(to.since_ms(from)));
    Ok(vec![
        attempt.id.to_string(),
        number(rank(ranking, &attempt.id)),
        outcome(attempt),
        holds.map_or_else(none, str::to_owned),
        number(tests.map(|tests| tests.fixed.len())),
        number(tests.map(|tests| tests.broken.len())),
        number(tests.map(|tests| tests.added.len())),
        change.map_or_else(none, |change| change.lines().to_string()),
        took.unwrap_or_else(none),
    ])
}

/// Counted from 1.
fn rank(ranking: &Ranking, attempt: &domain::AttemptId) -> Option<usize> {
    ranking.order.iter().position(|ranked| ranked == attempt).map(|index| index + 1)
}

fn outcome(attempt: &Attempt) -> String {
    match &attempt.state {
        State::Ended { outcome } => outcome.name().replace('_', " "),
        other => other.name().to_owned(),
    }
}

async fn object(
    engine: &Engine,
    task: &Task,
    attempts: &[Attempt],
    ranking: &Ranking,
) -> Result<Value> {
    let pull_request = result::pull_request(engine, task).await?;
    let mut object = result::object(engine, task, attempts, pull_request.as_ref()).await?;
    object["ranking"] = json!(ranking.order);
    object["why"] = json!(ranking.why);
    Ok(object)
}
