//! `whimbrel env list`, `prune` and `check`: what was made, and what may go.

use anyhow::{Result, bail};
use engine::prepare::{self, Age, Kept, Listed};
use serde_json::json;

use crate::cli::env::{EnvCheckArgs, EnvListArgs, EnvPruneArgs};
use crate::commands;
use crate::exit::Exit;
use crate::ui;

const DAY_MS: u64 = 24 * 60 * 60_000;
/// What nobody used for so long goes, where nothing else is said.
const OLD_MS: u64 = 30 * DAY_MS;
const KEY_CHARS: usize = 12;

pub async fn list(args: EnvListArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let backend = engine.backend().await?;
    let backend = backend.namespaces()?;
    let mut listed = prepare::snapshots(&engine, backend).await?;
    if let Some(repo) = &args.repo {
        let (_mirror, project) = engine::delegate::project(&engine, repo).await?;
        listed.retain(|snapshot| snapshot.project.as_ref() == Some(&project.id));
    }
    if json {
        for snapshot in &listed {
            ui::json(&serde_json::to_value(snapshot)?);
        }
        return Ok(Exit::Ok);
    }
    if listed.is_empty() {
        ui::err("No snapshots yet; `whimbrel env build` makes one.");
        return Ok(Exit::Ok);
    }
    let now = engine.clock.now();
    let rows: Vec<Vec<String>> = listed.iter().map(|snapshot| row(snapshot, now)).collect();
    let headings = ["KEY", "PROJECT", "COMMIT", "STEP", "SIZE", "MADE", "USED", ""];
    ui::out(&ui::table(&headings, &rows));
    Ok(Exit::Ok)
}

fn row(snapshot: &Listed, now: domain::Timestamp) -> Vec<String> {
    let age = |then: Option<domain::Timestamp>| {
        then.map_or_else(|| "?".to_owned(), |then| ui::age(then, now))
    };
    let project = snapshot.origin.as_deref().map_or("?", |origin| {
        origin.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or(origin)
    });
    vec![
        short(&snapshot.key),
        ui::safe(project),
        snapshot.commit.as_ref().map_or("?".into(), |commit| commit.short().to_owned()),
        snapshot.step.map_or("?".into(), |step| step.to_string()),
        ui::size(snapshot.bytes),
        age(snapshot.created),
        age(snapshot.used),
        if snapshot.whole { String::new() } else { "layers are missing".into() },
    ]
}

fn short(key: &str) -> String {
    key.chars().take(KEY_CHARS).collect()
}

pub async fn prune(args: EnvPruneArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let backend = engine.backend().await?;
    let backend = backend.namespaces()?;
    let default = args.max_size.is_none().then_some(OLD_MS);
    let age = Age { older_than_ms: args.older_than.or(default), bytes_max: args.max_size };
    let pruned = prepare::prune(&engine, backend, age, args.dry_run).await?;
    if json {
        ui::json(&json!({ "dry_run": args.dry_run, "pruned": pruned }));
        return Ok(Exit::Ok);
    }
    let verb = if args.dry_run { "would go" } else { "gone" };
    for snapshot in &pruned.removed {
        let origin = snapshot.origin.as_deref().unwrap_or("an image, or of a project that is gone");
        ui::out(&format!("{verb}: {} of {}", short(&snapshot.key), ui::safe(origin)));
    }
    for (snapshot, why) in &pruned.kept {
        let why = match why {
            Kept::InUse => "a computer is made of it",
            Kept::Needed => "an unfinished attempt needs it",
        };
        ui::err(&format!("stays: {}, {why}", short(&snapshot.key)));
    }
    let (count, size) = (pruned.removed.len(), ui::size(pruned.bytes));
    ui::out(&format!("{} {verb}, {size} of files", ui::count(count, "snapshot")));
    Ok(Exit::Ok)
}

pub async fn check(args: EnvCheckArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let backend = engine.backend().await?;
    let backend = backend.namespaces()?;
    let listed = prepare::snapshots(&engine, backend).await?;
    let prefix = args.key.as_deref().unwrap_or_default();
    let chosen: Vec<&Listed> = listed.iter().filter(|s| s.key.starts_with(prefix)).collect();
    if chosen.is_empty() && args.key.is_some() {
        bail!("no snapshot's key begins with {prefix:?}; `whimbrel env list` shows all");
    }
    let mut sound = true;
    for snapshot in chosen {
        let flaws = prepare::check(backend, &snapshot.key).await?;
        sound &= flaws.is_empty();
        if json {
            ui::json(&json!({ "key": snapshot.key, "flaws": flaws }));
        } else {
            tell_check(snapshot, &flaws);
        }
    }
    Ok(if sound { Exit::Ok } else { Exit::Unhealthy })
}

fn tell_check(snapshot: &Listed, flaws: &[computer::namespaces::Flaw]) {
    use computer::namespaces::Flaw;
    let paint = ui::Paint::stdout();
    let key = short(&snapshot.key);
    if flaws.is_empty() {
        ui::out(&format!("{} {key}", paint.green("✓")));
    }
    for flaw in flaws {
        let words = match flaw {
            Flaw::Absent { layer } => format!("layer {} isn't there", short(layer)),
            Flaw::Changed { layer, .. } => format!("layer {} was changed", short(layer)),
        };
        let remedy = "`whimbrel env build --no-cache` makes another";
        ui::out(&format!("{} {key}: {words}; {remedy}", paint.red("✗")));
    }
}
