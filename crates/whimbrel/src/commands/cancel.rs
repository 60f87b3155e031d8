//! `whimbrel cancel TASK`

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::{Task, TaskId, task};
use engine::Engine;
use serde_json::json;

use crate::cli::CancelArgs;
use crate::exit::Exit;
use crate::{find, ui};

/// How long the runners get to see that they are cancelled. Their leases are shorter.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

pub async fn run(args: CancelArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let task = find::task(&engine, &args.task).await?;
    if !task.state.is_moving() {
        bail!(nothing_to_cancel(&task));
    }
    engine::cancel::cancel(&engine, &task.id).await?;
    let left = until_ended(&engine, &task.id).await?;
    let state = store::task::get(&engine.store, &task.id).await?.state;
    cancelled(&task.id, &state, left, json)
}

pub fn nothing_to_cancel(task: &Task) -> String {
    format!("task {} is {} already; there is nothing to cancel", task.id, task.state.name())
}

/// Says so; it is an error where some attempts are still running.
pub fn cancelled(task: &TaskId, state: &task::State, left: usize, json: bool) -> Result<Exit> {
    if json {
        ui::json(&json!({ "task": task, "state": state.name() }));
    } else if matches!(state, task::State::Offered { .. }) {
        ui::out(&format!("Cancelled what followed; {task} is offered as before."));
    } else {
        ui::out(&format!("Cancelled task {task}."));
    }
    if left > 0 {
        bail!("{} still running; they end when they look at the task", ui::count(left, "attempt"));
    }
    Ok(Exit::Ok)
}

/// Waits until every attempt of a resting task has ended, but not for ever. Gives how many haven't.
pub async fn until_ended(engine: &Engine, task: &TaskId) -> Result<usize> {
    let started = Instant::now();
    loop {
        engine::cancel::sweep(engine, task).await?;
        let attempts = store::attempt::of_task(&engine.store, task).await?;
        let left = attempts.iter().filter(|attempt| !attempt.state.is_ended()).count();
        if left == 0 || started.elapsed() > WAIT_MAX {
            // What the last one's end made possible.
            engine::cancel::sweep(engine, task).await?;
            return Ok(left);
        }
        tokio::time::sleep(POLL).await;
    }
}
