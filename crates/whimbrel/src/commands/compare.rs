//! `whimbrel compare TASK`

mod facts;
mod matrix;
mod table;

use anyhow::{Context, Result, bail};
use domain::attempt::State;
use domain::{Commit, Task, TaskId};
use engine::Engine;
use forge::{Diff, Mirror};
use serde_json::{Value, json};

use self::facts::Facts;
use super::delegate::result;
use super::diff::{DIFF_BYTES_MAX, changed_nothing};
use crate::cli::CompareArgs;
use crate::exit::Exit;
use crate::view::{Beside, View};
use crate::{find, ui};

/// All that is known of a task's attempts beside each other.
struct Comparison {
    beside: Beside,
    /// Ranked ones first; the rest as they were made.
    facts: Vec<Facts>,
}

impl Comparison {
    fn of(beside: Beside) -> Self {
        let tried = beside.view.attempts.iter().zip(&beside.changes);
        let facts = tried.map(|(tried, change)| Facts::of(tried, change.clone(), &beside.ranking));
        let mut facts: Vec<Facts> = facts.collect();
        facts.sort_by_key(|facts| (facts.rank.unwrap_or(usize::MAX), facts.number));
        Self { beside, facts }
    }
}

pub async fn run(args: CompareArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let task = find::task(&engine, &args.task).await?;
    if let [from, to] = args.diff[..] {
        let diff = difference(&engine, &task, from, to).await?;
        show_difference(&task.id, (from, to), &diff, json);
        return Ok(Exit::Ok);
    }
    print(Beside::load(&engine, task).await?, json);
    Ok(Exit::Ok)
}

pub fn print(beside: Beside, json: bool) {
    let comparison = Comparison::of(beside);
    match json {
        true => ui::json(&object(&comparison)),
        false => show(&comparison),
    }
}

fn show(comparison: &Comparison) {
    let paint = ui::Paint::stdout();
    let Comparison { beside, facts } = comparison;
    let Beside { view, changes: _, ranking, examination, is_examined } = beside;
    let task = &view.task;
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
    reasons(view, width);
}

/// Why those without a change have none.
fn reasons(view: &View, width: usize) {
    let ended = view.attempts().filter_map(|attempt| match &attempt.state {
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

fn object(comparison: &Comparison) -> Value {
    let Comparison { beside, facts } = comparison;
    let Beside { view, changes: _, ranking, examination, is_examined } = beside;
    let mut object = result::object(view);
    object["ranking"] = json!(ranking.order);
    object["eligible"] = json!(ranking.eligible);
    object["groups"] = json!(ranking.groups);
    object["why"] = json!(ranking.why);
    object["compared"] = facts.iter().map(Facts::object).collect();
    object["examination"] = json!(examination);
    object["being_examined"] = json!(is_examined);
    object
}

async fn difference(engine: &Engine, task: &Task, from: u32, to: u32) -> Result<Diff> {
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let (a, b) = (head(engine, task, from).await?, head(engine, task, to).await?);
    Ok(mirror.diff(&a, &b, DIFF_BYTES_MAX).await?)
}

pub fn show_difference(task: &TaskId, (from, to): (u32, u32), diff: &Diff, json: bool) {
    if json {
        let text = String::from_utf8_lossy(&diff.bytes);
        ui::json(&json!({ "task": task, "from": from, "to": to, "diff": text, "cut": diff.cut }));
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
        None => bail!(changed_nothing(&attempt.id)),
    }
}
