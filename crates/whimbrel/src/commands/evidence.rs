//! `whimbrel evidence TASK|ATTEMPT`

mod text;

use std::path::Component;

use anyhow::{Context, Result, bail};
use domain::AttemptId;
use engine::Engine;
use serde_json::json;

use crate::cli::EvidenceArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: EvidenceArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, &args.id).await?;
    match args.log {
        Some(name) => log(&engine, &attempt, &name, json),
        None => show(&engine, &attempt, json).await,
    }
}

async fn show(engine: &Engine, attempt: &AttemptId, json: bool) -> Result<Exit> {
    let evidence = store::evidence::get(&engine.store, attempt).await?;
    let Some(evidence) = evidence else {
        bail!("attempt {attempt} has no evidence: only a change has (`whimbrel show {attempt}`)");
    };
    if json {
        let holds = evidence.holds();
        let object = json!({ "attempt": attempt, "holds": holds, "evidence": evidence });
        ui::json(&object);
        return Ok(Exit::Ok);
    }
    let paint = ui::Paint::stdout();
    let verdict = if evidence.holds() { paint.green("holds") } else { paint.red("doesn't hold") };
    ui::out(&format!("Evidence of attempt {attempt}: {verdict}\n"));
    ui::out(&text::of(&evidence));
    if let Some(check) = evidence.checks.first() {
        let log = ui::safe(&check.head.log);
        ui::out(&format!("\nA full log: whimbrel evidence {attempt} --log {log}"));
    }
    Ok(Exit::Ok)
}

fn log(engine: &Engine, attempt: &AttemptId, name: &str, json: bool) -> Result<Exit> {
    let path = std::path::Path::new(name);
    let plain = matches!(path.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    if !plain || path.extension().is_none_or(|extension| extension != "log") {
        bail!("{name:?} is no log's name; `whimbrel evidence {attempt}` lists them");
    }
    let file = engine.home.attempt(attempt).join(path);
    let bytes = std::fs::read(&file).with_context(|| {
        format!("attempt {attempt} has no log {name:?}; `whimbrel evidence {attempt}` lists them")
    })?;
    if json {
        let text = String::from_utf8_lossy(&bytes);
        ui::json(&json!({ "attempt": attempt, "log": name, "text": text }));
    } else if ui::is_terminal() {
        ui::out(&ui::safe(&String::from_utf8_lossy(&bytes)));
    } else {
        ui::out_bytes(&bytes);
    }
    Ok(Exit::Ok)
}
