//! `whimbrel pr list|show|diff|merge|close`

use anyhow::Result;
use domain::{Clock, Commit, PullRequest, SystemClock};
use engine::pull_request::Progress;
use serde_json::json;

use super::delegate::result::pull_request_object;
use crate::cli::{PrArgs, PrCloseArgs, PrCommand};
use crate::exit::Exit;
use crate::{find, ui};

pub const LISTED_MAX: u32 = 100;
const TITLE_CHARS_MAX: usize = 60;

pub async fn run(command: PrCommand, json: bool) -> Result<Exit> {
    match command {
        PrCommand::List => list(json).await,
        PrCommand::Show(args) => show(args, json).await,
        PrCommand::Diff(args) => diff(args, json).await,
        PrCommand::Merge(args) => merge(args, json).await,
        PrCommand::Close(args) => close(args, json).await,
    }
}

async fn list(json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let found = store::pull_request::list(&engine.store, None, LISTED_MAX).await?;
    print_list(&found, json);
    Ok(Exit::Ok)
}

pub fn print_list(found: &[PullRequest], json: bool) {
    if json {
        found.iter().for_each(|one| ui::json(&object(one)));
    } else if found.is_empty() {
        ui::out("No pull requests yet.");
    } else {
        let rows: Vec<Vec<String>> = found.iter().map(cells).collect();
        ui::out(&ui::table(&["ID", "STATE", "AGE", "BASE", "TITLE"], &rows));
    }
}

fn cells(found: &PullRequest) -> Vec<String> {
    vec![
        found.id.to_string(),
        found.state.name().to_owned(),
        ui::age(found.created, SystemClock.now()),
        ui::line(&found.base_branch, 24),
        ui::line(&found.title, TITLE_CHARS_MAX),
    ]
}

fn object(found: &PullRequest) -> serde_json::Value {
    let mut object = pull_request_object(found);
    object["state"] = json!(found.state.name());
    object["attempt"] = json!(found.attempt);
    object
}

async fn show(args: PrArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let found = find::pull_request(&engine, &args.id).await?;
    print(&found, json);
    Ok(Exit::Ok)
}

pub fn print(found: &PullRequest, json: bool) {
    if json {
        ui::json(&object(found));
        return;
    }
    let paint = ui::Paint::stdout();
    ui::out(&paint.bold(&ui::safe(&found.title)));
    ui::out(&paint.dim(&format!(
        "{}: {} into {}, {}, commit {}\n",
        found.state.name(),
        ui::safe(&found.branch),
        ui::safe(&found.base_branch),
        ui::age(found.created, SystemClock.now()),
        found.head.short(),
    )));
    let body = ui::safe(&found.body);
    ui::out(&if ui::is_terminal() { unfolded(&body) } else { body });
}

/// Nothing folds in a terminal: what would be folded stands under a heading, and what is bold is
/// bold.
fn unfolded(body: &str) -> String {
    let lines = body.lines().filter(|line| *line != "</details>").map(|line| {
        let folded = line.strip_prefix("<details><summary>");
        match folded.and_then(|rest| rest.strip_suffix("</summary>")) {
            Some(summary) => ui::Paint::stdout().bold(summary),
            None => ui::marked(line),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn diff(args: PrArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let found = find::pull_request(&engine, &args.id).await?;
    let change = store::change::get(&engine.store, &found.attempt).await?;
    let change = change.ok_or_else(|| anyhow::anyhow!("the change is not in the store"))?;
    super::diff::print(&engine, &found.attempt, &change, json).await?;
    Ok(Exit::Ok)
}

async fn merge(args: PrArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let found = find::pull_request(&engine, &args.id).await?;
    let commit = engine::pull_request::merge(&engine, &found, &mut |progress| match progress {
        Progress::Proving { base } => ui::err(&format!(
            "{} has moved to {}; running the checks on the merge …",
            ui::safe(&found.base_branch),
            base.short()
        )),
    })
    .await?;
    merged(&found, &commit, json);
    Ok(Exit::Ok)
}

pub fn merged(found: &PullRequest, commit: &Commit, json: bool) {
    if json {
        ui::json(&json!({ "id": found.id, "state": "merged", "commit": commit }));
    } else {
        let base = ui::safe(&found.base_branch);
        ui::out(&format!("Merged into {base} as {}.", commit.short()));
    }
}

async fn close(args: PrCloseArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let found = find::pull_request(&engine, &args.id).await?;
    engine::pull_request::close(&engine, &found, &args.reason).await?;
    closed(&found, json);
    Ok(Exit::Ok)
}

pub fn closed(found: &PullRequest, json: bool) {
    if json {
        ui::json(&json!({ "id": found.id, "state": "closed" }));
    } else {
        ui::out(&format!("Closed. Branch {} is deleted.", ui::safe(&found.branch)));
    }
}
