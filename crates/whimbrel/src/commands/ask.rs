//! `whimbrel ask "QUESTION"`

use anyhow::{Context, Result};
use domain::TaskId;
use domain::task::{AgentName, Mode};
use engine::delegate::Request;
use serde_json::json;

use super::delegate;
use crate::cli::AskArgs;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: AskArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let detach = args.detach;
    let delegated = engine::delegate::delegate(&engine, request(args)?).await?;
    let id = &delegated.task.id;
    let started = engine::reconcile::task(&engine, id).await;
    started.with_context(|| format!("the question {id} is stored but can't be started"))?;
    super::leave_to_the_engine(&engine).await;
    if !json {
        delegate::introduce_here(&engine, &delegated).await?;
    }
    if !detach {
        return delegate::wait_for(&engine, id, json).await;
    }
    goodbye(id, json);
    Ok(Exit::Ok)
}

pub fn goodbye(id: &TaskId, json: bool) {
    if json {
        ui::json(&json!({ "task": id }));
    } else {
        ui::out(&format!("`whimbrel show {id}` prints the answer when it is there."));
    }
}

fn request(args: AskArgs) -> Result<Request> {
    Ok(Request {
        text: delegate::text(args.text)?,
        repo: args.repo,
        base: args.base,
        attempts: Some(1),
        agent: Some(AgentName::Native),
        model: args.model,
        wall_ms: args.minutes,
        mode: Some(Mode::Ask),
        usd_micros: args.usd,
        with_changes: args.with_changes,
        ..Request::default()
    })
}
