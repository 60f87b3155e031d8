//! `ask "QUESTION"`, on a server.

use anyhow::Result;
use domain::task::{AgentName, Mode};
use web::api::wire::task::NewTask;

use super::client::Client;
use super::{delegate, read, wait};
use crate::cli::AskArgs;
use crate::commands::{ask, delegate as shown};
use crate::exit::Exit;

pub async fn run(client: &Client, args: AskArgs, json: bool) -> Result<Exit> {
    let (project, repo) = delegate::place(client, &args.repo, args.with_changes).await?;
    let new = NewTask {
        text: shown::text(args.text)?,
        project,
        repo,
        base: args.base,
        mode: Some(Mode::Ask),
        attempts: Some(1),
        agent: Some(AgentName::Native),
        model: args.model,
        minutes: args.minutes.map(delegate::minutes),
        usd: args.usd.map(delegate::usd),
        ..NewTask::default()
    };
    let (details, notes) = delegate::begin(client, new).await?;
    let task = read::task(&details)?;
    if !json {
        shown::introduce(&task, &details.task.project_name, &notes);
    }
    if !args.detach {
        return wait::for_task(client, &task.id, json).await;
    }
    ask::goodbye(&task.id, json);
    Ok(Exit::Ok)
}
