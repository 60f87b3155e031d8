//! The same commands on a server's tasks instead of this machine's: each asks the API, and prints
//! with what the command prints with here. Knows no engine and no store.

mod ask;
mod attempts;
pub mod client;
mod delegate;
mod find;
mod place;
mod pull_requests;
mod read;
mod stream;
mod tasks;
pub mod token;
mod verdicts;
mod wait;

use anyhow::Result;

pub use self::client::Client;
pub use self::place::Place;
use crate::cli::{Cli, Command, EvidenceCommand};
use crate::exit::Exit;
use crate::ui;

/// Names a server where `--server` doesn't.
pub const SERVER: &str = "WHIMBREL_SERVER";

/// Runs the command on a server, where one was named. Gives it back where it belongs here.
pub async fn run(cli: Cli) -> Result<Result<Exit, Cli>> {
    let named = std::env::var(SERVER).ok().filter(|server| !server.is_empty());
    let Some(server) = cli.server.clone().or_else(|| named.clone()) else { return Ok(Err(cli)) };
    match belongs(&cli.command) {
        // The variable is a shell's, and such a command is never about a server.
        Belongs::ToThisMachine if cli.server.is_none() => return Ok(Err(cli)),
        Belongs::ToThisMachine => return Ok(Ok(misplaced("it is about this machine", cli.json))),
        Belongs::ToTheHome(instead) => return Ok(Ok(misplaced(instead, cli.json))),
        Belongs::Anywhere => {}
    }
    let place: Place = server.parse()?;
    let client = Client::new(&place, token::of(&place)?)?;
    Ok(Ok(on(&client, cli.command, cli.json).await?))
}

/// To what a command can be said.
enum Belongs {
    Anywhere,
    ToThisMachine,
    /// To a home's own files, so not from afar. What to do instead.
    ToTheHome(&'static str),
}

fn belongs(command: &Command) -> Belongs {
    match command {
        Command::Delegate(_)
        | Command::Ask(_)
        | Command::List(_)
        | Command::Show(_)
        | Command::Logs(_)
        | Command::Diff(_)
        | Command::Compare(_)
        | Command::Steer(_)
        | Command::Plan(_)
        | Command::Cancel(_)
        | Command::Approve(_)
        | Command::Reject(_)
        | Command::Feedback(_)
        | Command::Pr(_) => Belongs::Anywhere,
        Command::Evidence(args) => match args.command {
            None => Belongs::Anywhere,
            Some(EvidenceCommand::Verify(_)) => Belongs::ToThisMachine,
            Some(EvidenceCommand::Key) => Belongs::ToTheHome(
                "a key that came from the server would prove nothing about the server: get it from \
                 whoever runs it",
            ),
        },
        Command::Attach(_) => Belongs::ToTheHome("use `logs -f` and `steer`"),
        Command::Checkout(_) => {
            Belongs::ToTheHome("fetch the pull request's branch, or apply what `diff` prints")
        }
        Command::Replay(_) => Belongs::ToTheHome("the record is on the server: run it there"),
        Command::Link(_) | Command::Token(_) => {
            Belongs::ToTheHome("who gets in is said on the server, or on its page /access")
        }
        Command::Audit(_) => Belongs::ToTheHome("open its page /access, or run it there"),
        Command::Gc(_) => Belongs::ToTheHome("the files are the server's: run it there"),
        Command::Feed => Belongs::ToTheHome("open its page /feed"),
        Command::Film(_) => {
            Belongs::ToTheHome("open its address /films/ATTEMPT.mp4, or run it there")
        }
        Command::Numbers(_) => Belongs::ToTheHome("open its page /numbers"),
        Command::Env(_) => Belongs::ToTheHome("use the server's pages, or run it there"),
        Command::Computer(_)
        | Command::Serve(_)
        | Command::Login(_)
        | Command::Logout(_)
        | Command::Doctor
        | Command::Bench(_)
        | Command::Attempt(_)
        | Command::Decide(_)
        | Command::Examine(_) => Belongs::ToThisMachine,
    }
}

fn misplaced(instead: &str, json: bool) -> Exit {
    let text = format!("this command can't be said to a server: {instead}");
    if json {
        ui::json(&serde_json::json!({ "error": text, "causes": [] }));
    } else {
        ui::err(&format!("{} {text}", ui::Paint::stderr().red("error:")));
    }
    Exit::Usage
}

async fn on(client: &Client, command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::Delegate(args) => delegate::run(client, args, json).await,
        Command::Ask(args) => ask::run(client, args, json).await,
        Command::List(args) => tasks::list(client, &args, json).await,
        Command::Show(args) => tasks::show(client, &args, json).await,
        Command::Compare(args) => tasks::compare(client, &args, json).await,
        Command::Cancel(args) => tasks::cancel(client, &args, json).await,
        Command::Logs(args) => attempts::logs(client, &args, json).await,
        Command::Diff(args) => attempts::diff(client, &args.id, json).await,
        Command::Steer(args) => attempts::steer(client, args, json).await,
        Command::Plan(args) => attempts::plan(client, &args, json).await,
        Command::Evidence(args) => attempts::evidence(client, &args, json).await,
        Command::Approve(args) => verdicts::approve(client, &args, json).await,
        Command::Reject(args) => verdicts::reject(client, args, json).await,
        Command::Feedback(args) => verdicts::feedback(client, args, json).await,
        Command::Pr(command) => pull_requests::run(client, command, json).await,
        Command::Attach(_)
        | Command::Checkout(_)
        | Command::Replay(_)
        | Command::Gc(_)
        | Command::Link(_)
        | Command::Token(_)
        | Command::Audit(_)
        | Command::Feed
        | Command::Film(_)
        | Command::Numbers(_)
        | Command::Env(_)
        | Command::Computer(_)
        | Command::Serve(_)
        | Command::Login(_)
        | Command::Logout(_)
        | Command::Doctor
        | Command::Bench(_)
        | Command::Attempt(_)
        | Command::Decide(_)
        | Command::Examine(_) => Ok(misplaced("it is about a machine", json)),
    }
}
