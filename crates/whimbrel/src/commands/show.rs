//! `whimbrel show TASK|ATTEMPT`

use anyhow::Result;
use domain::{Attempt, Clock, SystemClock, Task, task};
use engine::Engine;
use serde_json::json;

use super::delegate::result;
use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::find::{self, Subject};
use crate::ui;

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
            show_task(&engine, &moved.unwrap_or(task), json).await?;
        }
        Subject::Attempt(attempt) => show_attempt(&engine, &attempt, json).await?,
    }
    Ok(Exit::Ok)
}

async fn show_task(engine: &Engine, task: &Task, json: bool) -> Result<()> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let pull_request = result::pull_request(engine, task).await?;
    if json {
        let mut object = result::object(engine, task, &attempts, pull_request.as_ref()).await?;
        object["text"] = json!(task.text);
        object["base"] = json!(task.base);
        object["settings"] = json!(task.settings);
        object["created"] = json!(task.created);
        ui::json(&object);
        return Ok(());
    }
    header(engine, task).await?;
    for attempt in &attempts {
        ui::out(&result::line(engine, attempt).await?);
    }
    if let Some(answer) = result::answer(&attempts) {
        ui::out(&answer);
    }
    if result::waits_for_a_person(&attempts) {
        ui::out(&result::plan_waits(task));
    }
    let able = engine::reconcile::can_work(engine, &task.settings);
    if task.state == task::State::Running && !able {
        let model = ui::safe(task.settings.model.as_deref().unwrap_or_default());
        ui::err(&format!(
            "whimbrel: what waits is not started from here, since {model} can't be asked with \
             what this shell has set (`whimbrel doctor`)"
        ));
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
    Ok(())
}

async fn header(engine: &Engine, task: &Task) -> Result<()> {
    let paint = ui::Paint::stdout();
    let project = store::project::get(&engine.store, &task.project).await?;
    ui::out(&format!("{}  {}", paint.bold(task.id.as_str()), ui::safe(&task.text)));
    let state = match &task.state {
        task::State::Closed { reason } => format!("closed: {}", ui::safe(reason)),
        other => other.name().to_owned(),
    };
    ui::out(&format!(
        "  {state}; {}, {} at {}; {}\n",
        ui::safe(&forge::origin::shown(&project.origin)),
        ui::safe(&task.base.branch),
        task.base.commit.short(),
        ui::age(task.created, SystemClock.now()),
    ));
    Ok(())
}

async fn show_attempt(engine: &Engine, attempt: &Attempt, json: bool) -> Result<()> {
    let change = store::change::get(&engine.store, &attempt.id).await?;
    let report = store::report::get(&engine.store, &attempt.id).await?;
    if json {
        let report = report.map(|r| json!({ "title": r.title, "summary": r.summary }));
        let spent = result::spent_object(&result::spent(engine, attempt).await?);
        let object = json!({
            "attempt": attempt, "change": change, "report": report, "spent": spent,
        });
        ui::json(&object);
        return Ok(());
    }
    ui::out(result::line(engine, attempt).await?.trim_start());
    if let Some(evidence) = store::evidence::get(&engine.store, &attempt.id).await? {
        ui::out(&format!("  {}", super::evidence::brief(&evidence, 2)));
    }
    if let (Some(started), Some(ended)) = (attempt.started, attempt.ended) {
        ui::out(&format!("  took {}", ui::duration(ended.since_ms(started))));
    }
    if let Some(answer) = result::answer(std::slice::from_ref(attempt)) {
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
    Ok(())
}
