//! One file a command. Each reads its arguments, calls the engine, and prints.

pub mod ask;
mod attach;
mod attempt;
mod audit;
mod bench;
pub mod cancel;
mod checkout;
pub mod compare;
mod computer;
mod decide;
pub mod delegate;
pub mod diff;
mod doctor;
mod env;
pub mod evidence;
mod examine;
mod feed;
mod film;
mod gc;
mod link;
pub mod list;
mod login;
pub mod logs;
mod numbers;
pub mod plan;
pub mod pr;
mod replay;
mod serve;
pub mod show;
pub mod steer;
mod terminal;
mod token;
pub mod verdict;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::SystemClock;
use engine::{Engine, Home};

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::remote;

pub async fn run(cli: Cli) -> Result<Exit> {
    let cli = match remote::run(cli).await? {
        Ok(exit) => return Ok(exit),
        Err(cli) => cli,
    };
    let json = cli.json;
    match cli.command {
        Command::Delegate(args) => delegate::run(args, json).await,
        Command::Ask(args) => ask::run(args, json).await,
        Command::List(args) => list::run(args, json).await,
        Command::Show(args) => show::run(args, json).await,
        Command::Logs(args) => logs::run(args, json).await,
        Command::Diff(args) => diff::run(args, json).await,
        Command::Compare(args) => compare::run(args, json).await,
        Command::Steer(args) => steer::run(args, json).await,
        Command::Attach(args) => attach::run(args, json).await,
        Command::Plan(args) => plan::run(args, json).await,
        Command::Checkout(args) => checkout::run(args, json).await,
        Command::Replay(args) => replay::run(args, json).await,
        Command::Login(args) => login::run(args, json).await,
        Command::Logout(args) => login::out(&args, json),
        Command::Serve(args) => serve::run(args, json).await,
        Command::Link(args) => link::run(args, json).await,
        Command::Token(command) => token::run(command, json).await,
        Command::Audit(args) => audit::run(&args, json).await,
        Command::Numbers(args) => numbers::run(args, json).await,
        Command::Gc(args) => gc::run(args, json).await,
        Command::Cancel(args) => cancel::run(args, json).await,
        Command::Pr(command) => pr::run(command, json).await,
        Command::Feed => feed::run(json).await,
        Command::Approve(args) => verdict::approve(args, json).await,
        Command::Reject(args) => verdict::reject(args, json).await,
        Command::Feedback(args) => verdict::feedback(args, json).await,
        Command::Evidence(args) => evidence::run(args, json).await,
        Command::Film(args) => film::run(args, json).await,
        Command::Env(command) => env::run(command, json).await,
        Command::Computer(command) => computer::run(command, json).await,
        Command::Doctor => doctor::run(json).await,
        Command::Bench(command) => bench::run(command, json).await,
        Command::Attempt(args) => attempt::run(args).await,
        Command::Examine(args) => examine::run(args).await,
        Command::Decide(args) => decide::run(args).await,
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
    Ok(Engine::open(home()?, program()?, Arc::new(SystemClock), person()).await?)
}

/// In whose name this is done: whoever `WHIMBREL_PERSON` names, else the machine's user.
fn person() -> String {
    const NAME_CHARS_MAX: usize = 100;
    let named = ["WHIMBREL_PERSON", "USER", "LOGNAME"].into_iter();
    let named = named.filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| format!("uid {}", nix::unistd::getuid()));
    crate::ui::line(&name, NAME_CHARS_MAX)
}

/// Says so where a full disk is what everything waits for.
fn warn_of_space(engine: &Engine) {
    if let Some(text) = engine.lacks_space() {
        crate::ui::err(&format!("whimbrel: {}", crate::ui::safe(&text)));
    }
}

/// Whatever was left to do goes on when this command has ended.
async fn leave_to_the_engine(engine: &Engine) {
    if let Err(error) = engine::serve::ensure(engine).await {
        let why = crate::ui::safe(&llm::words(&error));
        crate::ui::err(&format!("whimbrel: no engine can be started in the background: {why}"));
    }
}
