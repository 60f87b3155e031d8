//! `whimbrel env build`

use anyhow::Result;
use engine::prepare::{Name, Wish};
use serde_json::json;

use super::{Ground, Steps};
use crate::cli::env::{EnvBuildArgs, StepName};
use crate::commands;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: EnvBuildArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let ground = Ground::find(&engine, &args.at).await?;
    let backend = engine.backend()?;
    let wish =
        Wish { renew: args.no_cache, until: name(args.step), ..ground.wish(args.without_setup) };
    let mut steps = Steps::new(false);
    let mut tell = |progress| steps.tell(progress);
    let building = engine::prepare::prepare(&engine, &backend, &wish, &mut tell);
    let prepared = tokio::select! {
        prepared = building => prepared?,
        _ = tokio::signal::ctrl_c() => return Ok(Exit::Program(130)),
    };
    if json {
        ui::json(&json!({ "key": prepared.id.as_str(), "steps": prepared.steps }));
    } else {
        ui::out(prepared.id.as_str());
    }
    Ok(Exit::Ok)
}

pub fn name(step: StepName) -> Name {
    match step {
        StepName::Base => Name::Base,
        StepName::Setup => Name::Setup,
        StepName::Commit => Name::Commit,
    }
}
