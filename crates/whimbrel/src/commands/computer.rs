//! `whimbrel computer run -- CMD…`

use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal};
use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::Result;
use computer::{Backend, Computer, Exec, Output, Snapshot, Spec, Stdin};
use domain::Limits;
use engine::Engine;
use engine::prepare::refused::{self, Refused};
use engine::prepare::{Name, Prepared, Wish};
use serde_json::json;

use super::env::Steps;
use super::terminal;
use crate::cli::{ComputerCommand, ComputerRunArgs};
use crate::exit::{self, Exit};
use crate::ui;

pub async fn run(command: ComputerCommand, json: bool) -> Result<Exit> {
    match command {
        ComputerCommand::Run(args) => run_one(args, json).await,
    }
}

async fn run_one(args: ComputerRunArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let backend = engine.backend().await?;
    let ready = ready(&engine, &backend, &args).await?;
    let Ready { snapshot, spec, _prepared } = ready;
    let exec = Exec::new(args.command).timeout(Duration::from_millis(args.minutes));
    let how = How { terminal: args.tty, json };
    fork_and_run(&backend, &snapshot, spec, exec, how).await
}

/// For whom a command runs.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub terminal: bool,
    pub json: bool,
}

/// In a computer that is gone afterwards. Says which hosts it was refused.
pub async fn fork_and_run(
    backend: &dyn Backend,
    snapshot: &Snapshot,
    spec: Spec,
    exec: Exec,
    how: How,
) -> Result<Exit> {
    let (sink, events) = computer::egress::events(refused::QUEUE_MAX);
    let refused = Refused::collect(events);
    let computer = backend.fork(snapshot, &engine::spec::told(spec, sink)).await?;
    let ran = if how.terminal {
        terminal::attach(&*computer, exec).await.map(exit)
    } else {
        run_to_end(&*computer, exec, how.json).await
    };
    computer.destroy().await?;
    for (_host, why) in refused.last().await {
        ui::err(&ui::safe(&format!("whimbrel: {why}")));
    }
    ran
}

/// With this command's own input and output, until its end or Ctrl-C.
async fn run_to_end(computer: &dyn Computer, exec: Exec, json: bool) -> Result<Exit> {
    let exec = exec.stdin(standard_input()?);
    tokio::select! {
        ran = execute(computer, exec, json) => ran.or_else(|error| not_started(error, json)),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Program(130)),
    }
}

/// What to fork, and how.
struct Ready {
    snapshot: Snapshot,
    spec: Spec,
    /// As long as it is held, the snapshot stays.
    _prepared: Option<Prepared>,
}

async fn ready(engine: &Engine, backend: &dyn Backend, args: &ComputerRunArgs) -> Result<Ready> {
    let spec = spec(engine, args)?;
    if let Some(repo) = &args.repo {
        return repository(engine, backend, repo, spec).await;
    }
    let image = args.image.clone().unwrap_or_default();
    let mut steps = Steps::new(true);
    let mut tell = |progress| steps.tell(progress);
    let snapshot = engine::prepare::bare(engine, backend, &image, &mut tell).await?;
    Ok(Ready { snapshot, spec, _prepared: None })
}

fn spec(engine: &Engine, args: &ComputerRunArgs) -> Result<Spec> {
    let limits = Limits {
        wall_ms: args.minutes,
        memory_bytes: args.memory,
        disk_bytes: args.disk,
        cpu_millis: args.cpus,
        ..Limits::default()
    };
    let (network, egress) = (args.network.clone(), engine.config.egress(&engine.home)?);
    Ok(engine::spec::by_hand(Spec { limits, egress, ..Spec::default() }, network))
}

/// The clean snapshot of the repository's current commit.
async fn repository(
    engine: &Engine,
    backend: &dyn Backend,
    repo: &str,
    spec: Spec,
) -> Result<Ready> {
    let (mirror, project) = engine::delegate::project(engine, repo).await?;
    let commit = mirror.fetch().await?.base(None)?.commit;
    let environment = engine::explain::at(&mirror, &commit).await?;
    let wish = Wish {
        project: &project,
        mirror: &mirror,
        commit: &commit,
        environment: &environment,
        limits: environment.limits,
        without_setup: false,
        renew: false,
        until: Name::Commit,
    };
    let mut steps = Steps::new(true);
    let mut tell = |progress| steps.tell(progress);
    let prepared = engine::prepare::prepare(engine, backend, &wish, &mut tell).await?;
    let (snapshot, env): (_, BTreeMap<_, _>) =
        (prepared.snapshot.clone(), environment.variables.clone());
    Ok(Ready { snapshot, spec: Spec { env, ..spec }, _prepared: Some(prepared) })
}

/// A pipe or a file goes in as it is; a terminal doesn't, since whoever has it could type on it.
fn standard_input() -> Result<Stdin> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(Stdin::Null);
    }
    Ok(Stdin::Fd(stdin.as_fd().try_clone_to_owned()?))
}

async fn execute(computer: &dyn Computer, exec: Exec, json: bool) -> Result<Exit> {
    if json {
        let ran = computer.run(exec).await?;
        let object = json!({
            "exit": ran.status.code(),
            "status": name(ran.status),
            "duration_ms": u64::try_from(ran.duration.as_millis()).unwrap_or(u64::MAX),
            "stdout": ran.stdout.text(),
            "stderr": ran.stderr.text(),
            "dropped_bytes": ran.stdout.dropped_bytes + ran.stderr.dropped_bytes,
        });
        ui::json(&object);
        return Ok(exit(ran.status));
    }
    let mut execution = computer.exec(exec).await?;
    while let Some(piece) = execution.next().await {
        match piece {
            Output::Stdout(bytes) => ui::out_bytes(&bytes),
            Output::Stderr(bytes) => ui::err_bytes(&bytes),
        }
    }
    let status = execution.wait().await?.status;
    explain(status);
    Ok(exit(status))
}

/// A program that isn't there, or isn't one, has the status that a shell gives for it.
fn not_started(error: anyhow::Error, json: bool) -> Result<Exit> {
    let Some(computer::Error::Exec { source, .. }) = error.downcast_ref() else {
        return Err(error);
    };
    let code = match source.kind() {
        ErrorKind::NotFound => 127,
        ErrorKind::PermissionDenied => 126,
        _ => return Err(error),
    };
    exit::report(&error, json);
    Ok(Exit::Program(code))
}

fn exit(status: computer::Status) -> Exit {
    Exit::Program(u8::try_from(status.code() & 0xff).unwrap_or(u8::MAX))
}

/// For programs; what it was exactly is in `exit`.
fn name(status: computer::Status) -> &'static str {
    match status {
        computer::Status::Exited(_) => "exited",
        computer::Status::Signalled(_) => "signalled",
        computer::Status::OutOfTime => "out_of_time",
        computer::Status::OutOfMemory => "out_of_memory",
        computer::Status::OutOfDisk => "out_of_disk",
    }
}

fn explain(status: computer::Status) {
    match status {
        computer::Status::OutOfTime => ui::err("whimbrel: stopped, its time was over (--minutes)"),
        computer::Status::OutOfMemory => ui::err("whimbrel: killed, out of memory (--memory)"),
        computer::Status::OutOfDisk => ui::err("whimbrel: killed, out of disk (--disk)"),
        computer::Status::Exited(_) | computer::Status::Signalled(_) => {}
    }
}
