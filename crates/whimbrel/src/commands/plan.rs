//! `whimbrel plan ID`: shows a plan, and approves it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::attempt::{Pause, State};
use domain::{Attempt, AttemptId};
use engine::Engine;
use serde_json::json;

use crate::cli::PlanArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: PlanArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let id = find::attempt(&engine, &args.id).await?;
    let attempt = store::attempt::get(&engine.store, &id).await?;
    let plan = engine::steer::plan(&engine, &id).await?;
    let Some(plan) = plan else { bail!(none(&id)) };
    let edited = edited(&args, &plan)?;
    if args.approve || edited.is_some() {
        return approve(&engine, &attempt, edited, json).await;
    }
    let waits = attempt.state == State::Paused { until: None, why: Pause::Plan };
    print(&id, &plan, waits, json);
    Ok(Exit::Ok)
}

pub fn none(attempt: &AttemptId) -> String {
    format!("attempt {attempt} has made no plan (yet)")
}

/// The plan that the person approves instead.
pub fn edited(args: &PlanArgs, plan: &str) -> Result<Option<String>> {
    match (&args.file, args.edit) {
        (Some(file), _) => Ok(Some(read(file)?)),
        (None, true) => Ok(Some(edit(plan)?)),
        (None, false) => Ok(None),
    }
}

pub fn print(id: &AttemptId, plan: &str, waits: bool, json: bool) {
    if json {
        ui::json(&json!({ "attempt": id, "plan": plan, "waits": waits }));
        return;
    }
    ui::out(&ui::safe(plan.trim_end()));
    if waits {
        ui::err(&format!(
            "\nIt waits for you: `whimbrel plan {id} --approve`, `--edit`, or say what to change \
             with `whimbrel steer {id} \"…\"`."
        ));
    }
}

async fn approve(
    engine: &Engine,
    attempt: &Attempt,
    edited: Option<String>,
    json: bool,
) -> Result<Exit> {
    engine::steer::approve(engine, attempt, edited).await?;
    engine::reconcile::task(engine, &attempt.id.task()).await?;
    super::leave_to_the_engine(engine).await;
    approved(&attempt.id, json);
    Ok(Exit::Ok)
}

pub fn approved(id: &AttemptId, json: bool) {
    if json {
        ui::json(&json!({ "attempt": id, "approved": true }));
    } else {
        ui::out(&format!("Attempt {id} works by it. `whimbrel attach {id}` follows it."));
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        return super::delegate::text("-".into());
    }
    std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}

/// What the person made of the plan, in their own editor.
fn edit(plan: &str) -> Result<String> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
    let editor = editor.context("set VISUAL or EDITOR to your editor, or use --file")?;
    let folder = tempfile::tempdir().context("can't make a folder for the plan")?;
    let path: PathBuf = folder.path().join("plan.md");
    std::fs::write(&path, plan).context("can't write the plan for your editor")?;
    let status = run_editor(&editor, &path)?;
    if !status.success() {
        bail!("the editor ended with {status}; nothing was approved");
    }
    let edited = read(&path)?;
    if edited.trim().is_empty() {
        bail!("the plan is empty; nothing was approved");
    }
    Ok(edited)
}

/// As git does: the variable is a command of the shell's, the file its argument.
#[expect(clippy::disallowed_methods, reason = "the person's own editor")]
fn run_editor(editor: &str, path: &Path) -> Result<std::process::ExitStatus> {
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(path);
    command.status().with_context(|| format!("can't start the editor {editor:?}"))
}
