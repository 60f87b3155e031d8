//! `whimbrel env shell`: a terminal in a fork of a project's environment, which is thrown away.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Result;
use computer::Exec;
use engine::prepare::Wish;

use super::{Ground, Steps, build};
use crate::cli::env::EnvShellArgs;
use crate::commands;
use crate::commands::computer::{How, fork_and_run};
use crate::exit::Exit;
use crate::ui;

/// As long as anybody sits before a shell.
const TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The shell that people like, where it is there.
const SHELL: &str = "if command -v bash >/dev/null; then exec bash; else exec sh; fi";

pub async fn run(args: EnvShellArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let ground = Ground::find(&engine, &args.at).await?;
    let backend = engine.backend().await?;
    let wish = Wish { until: build::name(args.step), ..ground.wish(args.without_setup) };
    let mut steps = Steps::new(true);
    let mut tell = |progress| steps.tell(progress);
    let prepared = engine::prepare::prepare(&engine, &backend, &wish, &mut tell).await?;
    let limits = ground.environment.limits;
    let mut spec = engine::spec::of_work(&engine, &ground.environment, limits)?;
    if let Some(network) = args.network {
        spec = engine::spec::by_hand(spec, network);
    }
    let how = How { terminal: !json && std::io::stdin().is_terminal(), json };
    if how.terminal {
        introduce(&ground);
    }
    let exec = exec(args.command).timeout(TIME_MAX);
    fork_and_run(&backend, &prepared.snapshot, spec, exec, how).await
}

fn exec(command: Vec<String>) -> Exec {
    if command.is_empty() { Exec::shell(SHELL) } else { Exec::new(command) }
}

fn introduce(ground: &Ground) {
    let name = ui::safe(ground.project.origin.name());
    let line = format!("{name} at {}; what you do here is thrown away.", ground.commit.short());
    ui::err(&ui::Paint::stderr().dim(&line));
}
