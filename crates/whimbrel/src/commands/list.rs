//! `whimbrel list`

use anyhow::Result;
use domain::{Attempt, Clock, SystemClock, Task, task};
use engine::Engine;
use serde_json::{Value, json};

use super::delegate::result;
use crate::cli::ListArgs;
use crate::exit::Exit;
use crate::ui;

const PROJECT_CHARS_MAX: usize = 24;
const TEXT_CHARS_MAX: usize = 60;

pub async fn run(args: ListArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    for (task, error) in engine::reconcile::all(&engine).await? {
        let why = ui::safe(&llm::words(&error));
        ui::err(&format!("whimbrel: task {task} can't be moved on: {why}"));
    }
    super::warn_of_space(&engine);
    let filter = store::task::Filter::default();
    let tasks = store::task::list(&engine.store, &filter, args.limit).await?;
    if json {
        for task in &tasks {
            ui::json(&object(&engine, task).await?);
        }
        return Ok(Exit::Ok);
    }
    let mut rows = Vec::new();
    for task in &tasks {
        rows.push(cells(&engine, task).await?);
    }
    if rows.is_empty() {
        ui::out("No tasks yet. Start one: whimbrel delegate \"what is to be done\"");
    } else {
        ui::out(&ui::table(&["TASK", "STATE", "ATTEMPTS", "PROJECT", "AGE", "TEXT"], &rows));
    }
    Ok(Exit::Ok)
}

async fn object(engine: &Engine, task: &Task) -> Result<Value> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let attempts: Vec<Value> = attempts
        .iter()
        .map(|attempt| json!({ "id": attempt.id, "state": attempt.state.name() }))
        .collect();
    Ok(json!({
        "task": task.id, "state": task.state.name(), "text": task.text,
        "project": forge::origin::shown(&project.origin), "created": task.created,
        "attempts": attempts,
    }))
}

async fn cells(engine: &Engine, task: &Task) -> Result<Vec<String>> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    Ok(vec![
        task.id.to_string(),
        state(task, &attempts).to_owned(),
        progress(&attempts),
        ui::line(project.origin.name(), PROJECT_CHARS_MAX),
        ui::age(task.created, SystemClock.now()),
        ui::line(&task.text, TEXT_CHARS_MAX),
    ])
}

/// In the words of whoever looks for what to do next.
fn state(task: &Task, attempts: &[Attempt]) -> &'static str {
    match &task.state {
        task::State::Closed { .. } if result::answer(attempts).is_some() => "answered",
        task::State::Running if result::waits_for_a_person(attempts) => "waits for you",
        other => other.name(),
    }
}

fn progress(attempts: &[Attempt]) -> String {
    let ended = attempts.iter().filter(|attempt| attempt.state.is_ended()).count();
    format!("{ended} of {} ended", attempts.len())
}
