//! `whimbrel delegate "TEXT"`

pub mod progress;
pub mod result;

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::{Task, TaskId};
use engine::Engine;
use engine::delegate::{Delegated, Request};
use serde_json::json;

use self::progress::Progress;
use crate::cli::DelegateArgs;
use crate::exit::Exit;
use crate::ui;
use crate::view::{self, View};

/// As a shell shows a program that was interrupted: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Events read at once; what is more comes with the next look.
const EVENTS_MAX: u32 = 500;
/// How often a waiting command looks at its task.
const POLL: Duration = Duration::from_millis(250);

pub async fn run(args: DelegateArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let wait = args.wait;
    let delegated = engine::delegate::delegate(&engine, request(args)?).await?;
    let id = &delegated.task.id;
    let started = engine::reconcile::task(&engine, id).await;
    let task = started.with_context(|| {
        format!("task {id} is stored but can't be started; `whimbrel show {id}` tries it again")
    })?;
    super::leave_to_the_engine(&engine).await;
    if !json || wait {
        introduce_here(&engine, &delegated).await?;
    }
    if !wait {
        goodbye(&task, json);
        return Ok(Exit::Ok);
    }
    wait_for(&engine, &task.id, json).await
}

/// Shows how it goes until the task needs a person, and then what has come of it.
pub async fn wait_for(engine: &Engine, id: &TaskId, json: bool) -> Result<Exit> {
    tokio::select! {
        rested = until_rest(engine, id) => {
            Ok(result::tell(&View::load(engine, rested?).await?, json))
        }
        _ = tokio::signal::ctrl_c() => {
            Ok(interrupted(id))
        }
    }
}

/// The waiting was ended by the person, and nothing else.
pub fn interrupted(id: &TaskId) -> Exit {
    ui::err(&format!("\nNo longer waiting. {}", on_its_own(id)));
    Exit::Program(INTERRUPTED)
}

/// As typed, or all of standard input for `-`.
pub fn text(typed: String) -> Result<String> {
    if typed != "-" {
        return Ok(typed);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("can't read standard input")?;
    Ok(text)
}

fn request(args: DelegateArgs) -> Result<Request> {
    Ok(Request {
        text: text(args.text)?,
        repo: args.repo,
        base: args.base,
        attempts: args.attempts,
        agent: args.agent,
        model: args.model,
        wall_ms: args.minutes,
        memory_bytes: args.memory,
        seed: args.seed,
        without_setup: args.without_setup,
        mode: None,
        plan_first: args.plan,
        enough: args.enough,
        with_changes: args.with_changes,
        usd_micros: args.usd,
        tokens: args.tokens,
        id: None,
    })
}

pub async fn introduce_here(engine: &Engine, delegated: &Delegated) -> Result<()> {
    let project = store::project::get(&engine.store, &delegated.task.project).await?;
    introduce(&delegated.task, project.origin.name(), &delegated.notes);
    Ok(())
}

/// Says on standard error what begins, so that standard output stays data.
pub fn introduce(task: &Task, project: &str, notes: &[String]) {
    let paint = ui::Paint::stderr();
    let settings = &task.settings;
    ui::err(&format!(
        "Task {}: {} by {} on {}, from {} at {}.",
        paint.bold(task.id.as_str()),
        ui::count(settings.attempts as usize, "attempt"),
        settings.model.as_deref().map_or(settings.agent.as_str(), |model| model),
        ui::safe(project),
        ui::safe(&task.base.branch),
        task.base.commit.short(),
    ));
    for note in notes {
        ui::err(&format!("{} {}", paint.yellow("note:"), ui::safe(note)));
    }
}

pub fn goodbye(task: &Task, json: bool) {
    if json {
        ui::out(&json!({ "task": task.id, "state": task.state.name() }).to_string());
    } else {
        ui::out(&on_its_own(&task.id));
    }
}

fn on_its_own(id: &TaskId) -> String {
    format!(
        "It goes on in the background. `whimbrel logs -f {id}` follows it, `whimbrel show {id}` \
         says how it is, `whimbrel cancel {id}` ends it."
    )
}

async fn waits_for_a_person(engine: &Engine, task: &Task) -> Result<bool> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    Ok(view::waits_for_a_person(attempts.iter())
        || engine::verdict::awaits_approval(engine, task).await?)
}

async fn update(progress: &mut Progress, engine: &Engine, id: &TaskId) -> Result<()> {
    progress.add(&store::attempt::of_task(&engine.store, id).await?);
    for (attempt, seen) in progress.shown() {
        let events = store::event::since(&engine.store, &attempt, seen, EVENTS_MAX).await?;
        events.iter().for_each(|event| progress.tell(event));
    }
    Ok(())
}

/// Moves the task on and shows how it goes, until it needs a person or is over.
async fn until_rest(engine: &Engine, id: &TaskId) -> Result<Task> {
    let mut progress = Progress::new();
    update(&mut progress, engine, id).await?;
    let mut told_of_space = false;
    loop {
        let full = engine.lacks_space().is_some();
        if full && !told_of_space {
            super::warn_of_space(engine);
        }
        told_of_space = full;
        let moved = engine::reconcile::task(engine, id).await;
        // What can't be stored now is moved on when there is space again.
        let task = match moved {
            Err(_for_space) if full => store::task::get(&engine.store, id).await?,
            moved => moved?,
        };
        update(&mut progress, engine, id).await?;
        if !task.state.is_moving() || waits_for_a_person(engine, &task).await? {
            // Cancelled attempts take a moment to end, and how they did is part of the answer.
            super::cancel::until_ended(engine, id).await?;
            progress.finish();
            return Ok(task);
        }
        tokio::time::sleep(POLL).await;
    }
}
