//! `whimbrel compare TASK`

mod facts;
mod matrix;
mod table;

use anyhow::{Context, Result, bail};
use domain::attempt::State;
use domain::{Attempt, Commit, Examination, Task};
use engine::Engine;
use forge::Mirror;
use proof::Ranking;
use serde_json::{Value, json};

use self::facts::Facts;
use super::delegate::result;
use crate::cli::CompareArgs;
use crate::exit::Exit;
use crate::{find, ui};

/// The longest diff that is printed.
const DIFF_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// All that is known of a task's attempts beside each other.
struct Comparison {
    task: Task,
    attempts: Vec<Attempt>,
    facts: Vec<Facts>,
    ranking: Ranking,
    examination: Examination,
    /// The examination is under way.
    is_examined: bool,
}

pub async fn run(args: CompareArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let task = find::task(&engine, &args.task).await?;
    if let [from, to] = args.diff[..] {
        diff(&engine, &task, from, to, json).await?;
        return Ok(Exit::Ok);
    }
    let comparison = load(&engine, task).await?;
    if json {
        ui::json(&object(&engine, &comparison).await?);
        return Ok(Exit::Ok);
    }
    show(&comparison);
    Ok(Exit::Ok)
}

async fn load(engine: &Engine, task: Task) -> Result<Comparison> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let (ranking, examination) = engine::ranked(engine, &task.id).await?;
    let mut facts = Vec::new();
    for attempt in &attempts {
        facts.push(Facts::load(engine, attempt, &ranking).await?);
    }
    // Ranked ones first; the rest as they were made.
    facts.sort_by_key(|facts| (facts.rank.unwrap_or(usize::MAX), facts.number));
    let is_examined = engine.fleet.is_examined(&task.id)?;
    Ok(Comparison { task, attempts, facts, ranking, examination, is_examined })
}

fn show(comparison: &Comparison) {
    let paint = ui::Paint::stdout();
    let Comparison { task, attempts, facts, ranking, examination, is_examined } = comparison;
    let width = ui::width();
    ui::out(&format!(
        "{}  {}",
        paint.bold(task.id.as_str()),
        ui::line(&task.text, width.max(40) - 12)
    ));
    ui::out("");
    ui::out(&table::table(facts, width, paint));
    if *is_examined {
        let text = "The attempts' tests are being run on each other's code; the order may change.";
        ui::out(&format!("\n{}", paint.yellow(text)));
    }
    if let Some(matrix) = matrix::matrix(examination, paint) {
        ui::out(&format!("\n{}\n{matrix}", paint.bold("Whose tests on whose code")));
    }
    if let Some(first) = ranking.order.first() {
        let title = match ranking.eligible.contains(first) {
            true => format!("Why attempt {} is first", first.number()),
            false => "Why none is offered".into(),
        };
        ui::out(&format!("\n{}", paint.bold(&title)));
    }
    for reason in &ranking.why {
        ui::out(&format!("• {}", ui::wrapped_to(width, &ui::flat(reason), 2)));
    }
    reasons(attempts, width);
}

/// Why those without a change have none.
fn reasons(attempts: &[Attempt], width: usize) {
    let ended = attempts.iter().filter_map(|attempt| match &attempt.state {
        State::Ended { outcome } => Some((attempt, outcome, outcome.reason()?)),
        State::Queued
        | State::Preparing
        | State::Working
        | State::Paused { .. }
        | State::Proving => None,
    });
    for (attempt, outcome, reason) in ended {
        let name = outcome.name().replace('_', " ");
        let text = format!("attempt {}: {name}: {}", attempt.id.number(), ui::safe(&reason));
        for (index, line) in text.lines().enumerate() {
            let mark = if index == 0 { "• " } else { "  " };
            ui::out(&format!("{mark}{}", ui::wrapped_to(width, line, 2)));
        }
    }
}

async fn object(engine: &Engine, comparison: &Comparison) -> Result<Value> {
    let Comparison { task, attempts, facts, ranking, examination, is_examined } = comparison;
    let pull_request = result::pull_request(engine, task).await?;
    let mut object = result::object(engine, task, attempts, pull_request.as_ref()).await?;
    object["ranking"] = json!(ranking.order);
    object["eligible"] = json!(ranking.eligible);
    object["groups"] = json!(ranking.groups);
    object["why"] = json!(ranking.why);
    object["compared"] = facts.iter().map(Facts::object).collect();
    object["examination"] = json!(examination);
    object["being_examined"] = json!(is_examined);
    Ok(object)
}

async fn diff(engine: &Engine, task: &Task, from: u32, to: u32, json: bool) -> Result<()> {
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let (a, b) = (head(engine, task, from).await?, head(engine, task, to).await?);
    let diff = mirror.diff(&a, &b, DIFF_BYTES_MAX).await?;
    if json {
        let text = String::from_utf8_lossy(&diff.bytes);
        ui::json(
            &json!({ "task": task.id, "from": from, "to": to, "diff": text, "cut": diff.cut }),
        );
    } else if diff.bytes.is_empty() {
        ui::err(&format!("Attempts {from} and {to} come to the same."));
    } else if ui::is_terminal() {
        ui::out(ui::paint_diff(&String::from_utf8_lossy(&diff.bytes)).trim_end());
    } else {
        // Piped, it is data, byte for byte.
        ui::out_bytes(&diff.bytes);
    }
    if diff.cut {
        let mib = DIFF_BYTES_MAX / domain::limits::MIB;
        ui::err(&format!("whimbrel: the diff is longer than {mib} MiB and was cut"));
    }
    Ok(())
}

/// What the attempt came to: its change's commit.
async fn head(engine: &Engine, task: &Task, number: u32) -> Result<Commit> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let found = attempts.iter().find(|attempt| attempt.id.number() == number);
    let attempt = found.with_context(|| {
        format!("task {} has no attempt {number}, but {}", task.id, attempts.len())
    })?;
    match store::change::get(&engine.store, &attempt.id).await? {
        Some(change) => Ok(change.head),
        None => bail!("attempt {} has changed nothing (`whimbrel show {0}`)", attempt.id),
    }
}
