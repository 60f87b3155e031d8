//! One file a command. Each reads its arguments, calls the engine, and prints.

mod attempt;
mod bench;
mod cancel;
mod compare;
mod computer;
mod delegate;
mod diff;
mod doctor;
mod env;
mod evidence;
mod list;
mod logs;
mod pr;
mod show;
mod terminal;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::SystemClock;
use engine::{Engine, Home};

use crate::cli::{Cli, Command};
use crate::exit::Exit;

pub async fn run(cli: Cli) -> Result<Exit> {
    let json = cli.json;
    match cli.command {
        Command::Delegate(args) => delegate::run(args, json).await,
        Command::List(args) => list::run(args, json).await,
        Command::Show(args) => show::run(args, json).await,
        Command::Logs(args) => logs::run(args, json).await,
        Command::Diff(args) => diff::run(args, json).await,
        Command::Compare(args) => compare::run(args, json).await,
        Command::Cancel(args) => cancel::run(args, json).await,
        Command::Pr(command) => pr::run(command, json).await,
        Command::Evidence(args) => evidence::run(args, json).await,
        Command::Env(command) => env::run(command, json).await,
        Command::Computer(command) => computer::run(command, json).await,
        Command::Doctor => doctor::run(json).await,
        Command::Bench(command) => bench::run(command, json).await,
        Command::Attempt(args) => attempt::run(args).await,
    }
}

fn home() -> Result<Home> {
    Ok(Home::from_environment(|name| std::env::var_os(name).map(PathBuf::from))?)
}

/// whimbrel's own executable, which also is a computer's init and an attempt's runner. The
/// kernel's link leads to the file that this process began with, even when an upgrade has put
/// another one in its place: so two versions never work on one attempt's computer.
fn program() -> Result<PathBuf> {
    let same = PathBuf::from("/proc/self/exe");
    if same.exists() {
        return Ok(same);
    }
    std::env::current_exe().context("can't find whimbrel's own executable")
}

async fn open() -> Result<Engine> {
    Ok(Engine::open(home()?, program()?, Arc::new(SystemClock)).await?)
}
