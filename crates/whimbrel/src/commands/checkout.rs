//! `whimbrel checkout ID [DIR]`: an attempt's change in a work tree of its own.

use std::path::PathBuf;

use anyhow::{Context, Result};
use domain::AttemptId;
use domain::project::Origin;
use serde_json::json;

use crate::cli::CheckoutArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: CheckoutArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, &args.id).await?;
    let change = store::change::get(&engine.store, &attempt).await?;
    let change = change.with_context(|| format!("attempt {attempt} has no change"))?;
    let task = store::task::get(&engine.store, &attempt.task()).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let dir = match args.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => beside(&project.origin, &attempt)?,
    };
    let branch = args.branch.unwrap_or_else(|| format!("whimbrel/{attempt}"));
    let mirror = forge::Mirror::open(engine.home.path(), &project).await?;
    let made = forge::Local::new(mirror).checkout(&change.head, &branch, &dir).await?;
    for note in &made.notes {
        ui::err(&format!("{} {}", ui::Paint::stderr().yellow("note:"), ui::safe(note)));
    }
    if json {
        let object =
            json!({ "attempt": attempt, "folder": dir, "branch": branch, "head": change.head });
        ui::json(&object);
    } else {
        ui::out(&format!("{} is at {} on branch {branch}.", attempt, dir.display()));
    }
    Ok(Exit::Ok)
}

/// `../NAME-ATTEMPT` as seen from the repository, or in the current folder for one that is elsewhere.
fn beside(origin: &Origin, attempt: &AttemptId) -> Result<PathBuf> {
    let name = format!("{}-{attempt}", origin.name());
    let here = || std::env::current_dir().context("can't tell the current folder");
    match origin {
        Origin::Path(path) => {
            let path = PathBuf::from(path);
            Ok(path.parent().map_or(here()?, PathBuf::from).join(name))
        }
        Origin::Url(_) => Ok(here()?.join(name)),
    }
}
