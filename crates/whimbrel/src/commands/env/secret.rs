//! `whimbrel env secret …`: a value goes in without being shown, and never comes out.

use std::io::{IsTerminal, Read};

use anyhow::{Context, Result, bail};
use engine::Engine;
use engine::secret::{self, Listed, Scope, Source};

use crate::cli::env::{SecretCommand, SecretNameArgs, SecretSetArgs};
use crate::commands::{self, terminal};
use crate::exit::Exit;
use crate::ui;

/// More than any key.
const VALUE_BYTES_MAX: u64 = 1024 * 1024;

pub async fn run(command: SecretCommand, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    match command {
        SecretCommand::Set(args) => set(&engine, args, json).await,
        SecretCommand::List => list(&engine, json).await,
        SecretCommand::Remove(args) => remove(&engine, &args, json).await,
    }
}

async fn scope(engine: &Engine, which: &SecretNameArgs) -> Result<Scope> {
    if which.all_projects {
        return Ok(Scope::All);
    }
    let (_mirror, project) = engine::delegate::project(engine, &which.repo).await?;
    Ok(Scope::Project(project.id))
}

async fn set(engine: &Engine, args: SecretSetArgs, json: bool) -> Result<Exit> {
    let scope = scope(engine, &args.which).await?;
    let name = &args.which.name;
    let source = match args.from_env {
        Some(variable) => Source::Variable(variable),
        None => Source::Stored(value(name)?),
    };
    secret::keep(engine, &scope, name, &source).await?;
    tell(&args.which, json, "set");
    Ok(Exit::Ok)
}

/// Typed without an echo, or all of standard input without its last line break.
fn value(name: &str) -> Result<String> {
    if std::io::stdin().is_terminal() {
        return terminal::ask(&format!("{}: ", ui::safe(name)));
    }
    let mut value = String::new();
    let mut input = std::io::stdin().take(VALUE_BYTES_MAX + 1);
    input.read_to_string(&mut value).context("can't read the secret from standard input")?;
    if value.len() as u64 > VALUE_BYTES_MAX {
        bail!("the secret is longer than {VALUE_BYTES_MAX} bytes");
    }
    let trimmed = value.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(trimmed.unwrap_or(&value).to_owned())
}

fn tell(which: &SecretNameArgs, json: bool, done: &str) {
    if json {
        ui::json(&serde_json::json!({ "name": which.name, "done": done }));
    } else {
        let whose = match which.repo.as_str() {
            _ if which.all_projects => "all projects",
            "." => "this repository",
            repo => repo,
        };
        ui::err(&format!("{} is {done} for {}", ui::safe(&which.name), ui::safe(whose)));
    }
}

async fn remove(engine: &Engine, which: &SecretNameArgs, json: bool) -> Result<Exit> {
    let scope = scope(engine, which).await?;
    if !secret::forget(engine, &scope, &which.name).await? {
        bail!("there is no secret {:?} there; `whimbrel env secret list` shows all", which.name);
    }
    tell(which, json, "removed");
    Ok(Exit::Ok)
}

async fn list(engine: &Engine, json: bool) -> Result<Exit> {
    let listed = secret::list(&engine.home)?;
    if json {
        listed.iter().try_for_each(|secret| {
            ui::json(&serde_json::to_value(secret)?);
            Ok::<(), serde_json::Error>(())
        })?;
        return Ok(Exit::Ok);
    }
    if listed.is_empty() {
        ui::err("No secrets yet; `whimbrel env secret set NAME` stores one.");
        return Ok(Exit::Ok);
    }
    let mut rows = Vec::new();
    for secret in listed {
        rows.push(row(engine, secret).await);
    }
    ui::out(&ui::table(&["NAME", "VALUE FROM", "FOR"], &rows));
    Ok(Exit::Ok)
}

async fn row(engine: &Engine, secret: Listed) -> Vec<String> {
    let whose = match secret.scope {
        Scope::All => "all projects".into(),
        Scope::Project(id) => match store::project::get(&engine.store, &id).await {
            Ok(project) => ui::safe(&forge::origin::shown(&project.origin)),
            Err(_) => format!("project {id}, which is gone"),
        },
    };
    let from = secret.variable.map_or("the store".into(), |name| format!("${}", ui::safe(&name)));
    vec![ui::safe(&secret.name), from, whose]
}
