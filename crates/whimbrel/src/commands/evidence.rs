//! `whimbrel evidence TASK|ATTEMPT|PR`, `whimbrel evidence key`, `whimbrel evidence verify FILE`

mod text;
mod verify;

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail};
use domain::{AttemptId, Evidence};
use engine::Engine;
use serde_json::json;

pub use self::text::brief;
use crate::cli::{EvidenceArgs, EvidenceCommand};
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: EvidenceArgs, json: bool) -> Result<Exit> {
    let id = match (&args.command, &args.id) {
        // Before anything is opened: it needs no home.
        (Some(EvidenceCommand::Verify(verify)), _) => return verify::run(verify, json),
        (Some(EvidenceCommand::Key), _) => return key(json).await,
        (None, Some(id)) => id,
        (None, None) => bail!("name a task, an attempt or a pull request"),
    };
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, find::without_branch(id)).await?;
    if let Some(folder) = &args.logs {
        let evidence = stored(&engine, &attempt).await?;
        let logs = engine::evidence::logs(&engine, &attempt, &evidence)?;
        write_logs(logs.iter().map(|log| (log.name.as_str(), log.bytes.as_slice())), folder)?;
    }
    match (&args.log, args.signed) {
        (Some(name), _) => log(&engine, &attempt, name, json),
        (None, true) => signed(&engine, &attempt).await,
        (None, false) => show(&engine, &attempt, json).await,
    }
}

async fn key(json: bool) -> Result<Exit> {
    let key = engine::evidence::key(&super::open().await?).await?.public();
    if json {
        ui::json(&json!({ "id": key.to_string(), "pem": key.pem() }));
    } else {
        ui::err(&format!("key {key}"));
        ui::out(key.pem().trim_end());
    }
    Ok(Exit::Ok)
}

async fn stored(engine: &Engine, attempt: &AttemptId) -> Result<Evidence> {
    let evidence = store::evidence::get(&engine.store, attempt).await?;
    evidence.with_context(|| none(attempt))
}

pub fn none(attempt: &AttemptId) -> String {
    format!("attempt {attempt} has no evidence: only a change has (`whimbrel show {attempt}`)")
}

async fn show(engine: &Engine, attempt: &AttemptId, json: bool) -> Result<Exit> {
    print(attempt, &stored(engine, attempt).await?, json);
    Ok(Exit::Ok)
}

pub fn print(attempt: &AttemptId, evidence: &Evidence, json: bool) {
    if json {
        let holds = evidence.holds();
        let objections = evidence.objections();
        ui::json(&json!({
            "attempt": attempt,
            "holds": holds,
            "objections": objections,
            "evidence": evidence,
        }));
        return;
    }
    let paint = ui::Paint::stdout();
    let verdict = if evidence.holds() { paint.green("holds") } else { paint.red("doesn't hold") };
    let title = paint.bold(&format!("Evidence of attempt {attempt}:"));
    ui::out(&format!("{title} {verdict}\n"));
    ui::out(&text::of(evidence));
    if let Some(check) = evidence.checks.first() {
        let log = ui::safe(&check.head.log);
        ui::out(&format!("\nA full log: whimbrel evidence {attempt} --log {log}"));
        ui::out(&format!("Signed:     whimbrel evidence {attempt} --signed > evidence.json"));
    }
}

/// The envelope's very bytes, since each of them counts.
async fn signed(engine: &Engine, attempt: &AttemptId) -> Result<Exit> {
    match engine::evidence::envelope(engine, attempt).await? {
        Some(bytes) => ui::out_bytes(&bytes),
        None => drop(stored(engine, attempt).await?),
    }
    Ok(Exit::Ok)
}

/// Each log's name and what is in it.
pub fn write_logs<'a>(
    logs: impl ExactSizeIterator<Item = (&'a str, &'a [u8])>,
    folder: &Path,
) -> Result<()> {
    let shown = || folder.display().to_string();
    fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", shown()))?;
    let count = logs.len();
    for (name, bytes) in logs {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("can't write {}", path.display()))?;
    }
    ui::err(&format!("{} in {}", ui::count(count, "log"), shown()));
    Ok(())
}

/// Refuses what can't be a log's name: it leads to a file.
pub fn check_log_name(attempt: &AttemptId, name: &str) -> Result<()> {
    let path = Path::new(name);
    let plain = matches!(path.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    if !plain || path.extension().is_none_or(|extension| extension != "log") {
        bail!("{name:?} is no log's name; `whimbrel evidence {attempt}` lists them");
    }
    Ok(())
}

fn log(engine: &Engine, attempt: &AttemptId, name: &str, json: bool) -> Result<Exit> {
    check_log_name(attempt, name)?;
    let file = engine.home.attempt(attempt).join(name);
    let bytes = fs::read(&file).with_context(|| {
        format!("attempt {attempt} has no log {name:?}; `whimbrel evidence {attempt}` lists them")
    })?;
    print_log(attempt, name, &bytes, json);
    Ok(Exit::Ok)
}

pub fn print_log(attempt: &AttemptId, name: &str, bytes: &[u8], json: bool) {
    if json {
        let text = String::from_utf8_lossy(bytes);
        ui::json(&json!({ "attempt": attempt, "log": name, "text": text }));
    } else if ui::is_terminal() {
        ui::out(&ui::safe(&String::from_utf8_lossy(bytes)));
    } else {
        ui::out_bytes(bytes);
    }
}
