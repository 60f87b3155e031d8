//! `whimbrel list`

use anyhow::Result;
use domain::{Attempt, AttemptId, Clock, SystemClock, Task, TaskId, Timestamp, task};
use engine::Engine;
use serde_json::{Value, json};

use super::delegate::result;
use crate::cli::ListArgs;
use crate::exit::Exit;
use crate::ui;
use crate::view::{self, Place};

const PROJECT_CHARS_MAX: usize = 24;
const TEXT_CHARS_MAX: usize = 60;
/// A closed task that has an answer.
pub const ANSWERED: &str = "answered";
/// A running one that doesn't go on by itself.
pub const WAITS: &str = "waits for you";

pub async fn run(args: ListArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    for (task, error) in engine::reconcile::all(&engine).await? {
        let why = ui::safe(&llm::words(&error));
        ui::err(&format!("whimbrel: task {task} can't be moved on: {why}"));
    }
    super::warn_of_space(&engine);
    let filter = store::task::Filter::default();
    let tasks = store::task::list(&engine.store, &filter, args.limit).await?;
    let mut rows = Vec::new();
    for task in tasks {
        rows.push(Row::load(&engine, task).await?);
    }
    print(&rows, json);
    Ok(Exit::Ok)
}

/// A task in one line.
pub struct Row {
    pub id: TaskId,
    /// The state's name.
    pub state: String,
    /// In the words of whoever looks for what to do next.
    pub shown: String,
    pub text: String,
    pub project: Place,
    pub created: Timestamp,
    /// Each attempt's id, and its state's name.
    pub attempts: Vec<(AttemptId, String)>,
}

impl Row {
    async fn load(engine: &Engine, task: Task) -> Result<Self> {
        let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
        let project = store::project::get(&engine.store, &task.project).await?;
        let named = |attempt: &Attempt| (attempt.id.clone(), attempt.state.name().to_owned());
        Ok(Self {
            state: task.state.name().to_owned(),
            shown: state(&task, &attempts).to_owned(),
            project: Place::of(&project.origin),
            attempts: attempts.iter().map(named).collect(),
            id: task.id,
            text: task.text,
            created: task.created,
        })
    }

    fn object(&self) -> Value {
        let attempt = |(id, state): &(AttemptId, String)| json!({ "id": id, "state": state });
        let attempts: Vec<Value> = self.attempts.iter().map(attempt).collect();
        json!({
            "task": self.id, "state": self.state, "text": self.text,
            "project": self.project.origin, "created": self.created, "attempts": attempts,
        })
    }

    fn cells(&self) -> Vec<String> {
        let ended = self.attempts.iter().filter(|(_, state)| state == "ended").count();
        vec![
            self.id.to_string(),
            self.shown.clone(),
            format!("{ended} of {} ended", self.attempts.len()),
            ui::line(&self.project.name, PROJECT_CHARS_MAX),
            ui::age(self.created, SystemClock.now()),
            ui::line(&self.text, TEXT_CHARS_MAX),
        ]
    }
}

pub fn print(rows: &[Row], json: bool) {
    if json {
        rows.iter().for_each(|row| ui::json(&row.object()));
    } else if rows.is_empty() {
        ui::out("No tasks yet. Start one: whimbrel delegate \"what is to be done\"");
    } else {
        let rows: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
        ui::out(&ui::table(&["TASK", "STATE", "ATTEMPTS", "PROJECT", "AGE", "TEXT"], &rows));
    }
}

fn state(task: &Task, attempts: &[Attempt]) -> &'static str {
    match &task.state {
        task::State::Closed { .. } if result::answer(attempts.iter()).is_some() => ANSWERED,
        task::State::Running if view::waits_for_a_person(attempts.iter()) => WAITS,
        other => other.name(),
    }
}
