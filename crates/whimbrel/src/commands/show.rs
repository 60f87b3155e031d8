//! `whimbrel show TASK|ATTEMPT`

use anyhow::Result;
use domain::{Clock, SystemClock, Task, task};
use serde_json::json;

use super::delegate::result;
use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::find::{self, Subject};
use crate::ui;
use crate::view::{self, Made, View};

pub async fn run(args: ShowArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    super::warn_of_space(&engine);
    match find::subject(&engine, &args.id).await? {
        Subject::Task(task) => {
            // A look also moves on what a killed process left lying.
            let moved = engine::reconcile::task(&engine, &task.id).await;
            if let Err(error) = &moved {
                let why = ui::safe(&llm::words(error));
                ui::err(&format!("whimbrel: task {} can't be moved on: {why}", task.id));
            }
            let view = View::load(&engine, moved.unwrap_or(task)).await?;
            let able = engine::reconcile::can_work(&engine, &view.task.settings);
            show_task(&view, json);
            if !json && view.task.state == task::State::Running && !able {
                cannot_ask(&view.task);
            }
        }
        Subject::Attempt(attempt) => show_attempt(&Made::load(&engine, attempt).await?, json),
    }
    Ok(Exit::Ok)
}

fn cannot_ask(task: &Task) {
    let model = ui::safe(task.settings.model.as_deref().unwrap_or_default());
    ui::err(&format!(
        "whimbrel: what waits is not started from here, since {model} can't be asked with what \
         this shell has set (`whimbrel doctor`)"
    ));
}

pub fn show_task(view: &View, json: bool) {
    let View { task, attempts, pull_request, project: _ } = view;
    if json {
        let mut object = result::object(view);
        object["text"] = json!(task.text);
        object["base"] = json!(task.base);
        object["settings"] = json!(task.settings);
        object["created"] = json!(task.created);
        ui::json(&object);
        return;
    }
    header(view);
    for tried in attempts {
        ui::out(&result::line(tried));
    }
    if let Some(answer) = result::answer(view.attempts()) {
        ui::out(&answer);
    }
    if view::waits_for_a_person(view.attempts()) {
        ui::out(&result::plan_waits(task));
    }
    if let Some(found) = pull_request {
        ui::out(&format!(
            "\nPull request ({}): {}\n  branch {} for {}",
            found.state.name(),
            ui::line(&found.title, 100),
            ui::safe(&found.branch),
            ui::safe(&found.base_branch)
        ));
    }
}

fn header(view: &View) {
    let paint = ui::Paint::stdout();
    let task = &view.task;
    ui::out(&format!("{}  {}", paint.bold(task.id.as_str()), ui::safe(&task.text)));
    let state = match &task.state {
        task::State::Closed { reason } => format!("closed: {}", ui::safe(reason)),
        other => other.name().to_owned(),
    };
    ui::out(&format!(
        "  {state}; {}, {} at {}; {}\n",
        ui::safe(&view.project.origin),
        ui::safe(&task.base.branch),
        task.base.commit.short(),
        ui::age(task.created, SystemClock.now()),
    ));
}

pub fn show_attempt(made: &Made, json: bool) {
    let Made { tried, change, report } = made;
    let attempt = &tried.attempt;
    if json {
        let report = report.as_ref().map(|r| json!({ "title": r.title, "summary": r.summary }));
        let spent = result::spent_object(&tried.spent);
        let object = json!({
            "attempt": attempt, "change": change, "report": report, "spent": spent,
        });
        ui::json(&object);
        return;
    }
    ui::out(result::line(tried).trim_start());
    if let Some(evidence) = &tried.evidence {
        ui::out(&format!("  {}", super::evidence::brief(evidence, 2)));
    }
    if let (Some(started), Some(ended)) = (attempt.started, attempt.ended) {
        ui::out(&format!("  took {}", ui::duration(ended.since_ms(started))));
    }
    if let Some(answer) = result::answer(std::iter::once(attempt)) {
        ui::out(&answer);
    }
    if let Some(report) = report {
        ui::out(&format!("\n{}\n\n{}", ui::safe(&report.title), ui::safe(&report.summary)));
    }
    if let Some(change) = change {
        ui::out("");
        for file in &change.files {
            let lines = |count: Option<u64>| count.map_or("-".to_owned(), |n| n.to_string());
            let (added, removed) = (lines(file.added), lines(file.removed));
            ui::out(&format!("  +{added} -{removed}  {}", ui::safe(&file.path)));
        }
    }
}
