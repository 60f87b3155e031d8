//! `whimbrel env build`

use anyhow::Result;
use engine::prepare::{Failure, Name, Wish};
use serde_json::json;

use super::{Ground, Steps};
use crate::cli::env::{EnvBuildArgs, StepName};
use crate::commands;
use crate::exit::Exit;
use crate::ui;

/// As a shell shows a program that was interrupted: 128 + SIGINT.
const INTERRUPTED: u8 = 130;
/// The operation failed.
const FAILED: u8 = 1;

pub async fn run(args: EnvBuildArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let ground = Ground::find(&engine, &args.at).await?;
    let backend = engine.backend().await?;
    let wish =
        Wish { renew: args.no_cache, until: name(args.step), ..ground.wish(args.without_setup) };
    let mut steps = Steps::new(false);
    let mut hear = |progress| steps.tell(progress);
    let building = engine::prepare::prepare(&engine, &backend, &wish, &mut hear);
    let prepared = tokio::select! {
        prepared = building => prepared,
        _ = tokio::signal::ctrl_c() => return Ok(Exit::Program(INTERRUPTED)),
    };
    let prepared = match prepared {
        Err(engine::Error::Step(failure)) if !json => return Ok(tell(&failure)),
        other => other?,
    };
    if json {
        ui::json(&json!({ "key": prepared.id.as_str(), "steps": prepared.steps }));
    } else {
        ui::out(prepared.id.as_str());
    }
    Ok(Exit::Ok)
}

/// Its output is on the screen already.
fn tell(failure: &Failure) -> Exit {
    let error = ui::Paint::stderr().red("error:");
    let (headline, advice) = (ui::safe(&failure.headline()), ui::safe(&failure.advice()));
    ui::err(&format!("{error} {headline}\n{advice}"));
    Exit::Program(FAILED)
}

pub fn name(step: StepName) -> Name {
    match step {
        StepName::Base => Name::Base,
        StepName::Setup => Name::Setup,
        StepName::Commit => Name::Commit,
    }
}
