//! `whimbrel evidence verify FILE`: works without a home and without a network.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use proof::seal::{PublicKey, Refusal, Verified, check_logs, verify};
use serde_json::json;

use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::ui;

pub fn run(args: &VerifyArgs, json: bool) -> Result<Exit> {
    let bytes = read(&args.file)?;
    let wanted = args.key.as_deref().map(key).transpose()?;
    match judged(&bytes, wanted.as_ref(), args.logs.as_deref()) {
        Ok(verified) if json => ui::json(&object(&verified, args)),
        Ok(verified) => tell(&verified, args),
        Err(refusal) => return Ok(refuse(&refusal, json)),
    }
    Ok(Exit::Ok)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    if file != Path::new("-") {
        return fs::read(file).with_context(|| format!("can't read {}", file.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("can't read standard input")?;
    Ok(bytes)
}

/// A key's id, or a file with a key.
fn key(typed: &str) -> Result<PublicKey> {
    if let Ok(key) = typed.parse() {
        return Ok(key);
    }
    let text = fs::read_to_string(typed).with_context(|| format!("can't read the key {typed}"))?;
    text.parse().with_context(|| format!("can't use the key {typed}"))
}

fn judged(
    bytes: &[u8],
    wanted: Option<&PublicKey>,
    logs: Option<&Path>,
) -> Result<Verified, Refusal> {
    let verified = verify(bytes, wanted)?;
    if let Some(folder) = logs {
        check_logs(&verified.statement, folder)?;
    }
    Ok(verified)
}

fn refuse(refusal: &Refusal, json: bool) -> Exit {
    let why = ui::safe(&refusal.to_string());
    if json {
        ui::json(&json!({ "verified": false, "refusal": refusal.name(), "error": why }));
    } else {
        ui::err(&format!("{} {why}", ui::Paint::stderr().red("refused:")));
    }
    Exit::Refused
}

fn object(verified: &Verified, args: &VerifyArgs) -> serde_json::Value {
    let predicate = &verified.statement.predicate;
    let logs: Vec<&str> = predicate.logs.iter().map(|log| log.name.as_str()).collect();
    json!({
        "verified": true,
        "key": verified.key.to_string(),
        "key_was_given": args.key.is_some(),
        "logs_were_checked": args.logs.is_some(),
        "attempt": predicate.attempt,
        "base": predicate.evidence.base,
        "head": predicate.evidence.head,
        "signed": predicate.signed,
        "holds": predicate.holds,
        "logs": logs,
        "evidence": predicate.evidence,
    })
}

fn tell(verified: &Verified, args: &VerifyArgs) {
    let paint = ui::Paint::stdout();
    let predicate = &verified.statement.predicate;
    let evidence = &predicate.evidence;
    let holds = if predicate.holds { paint.green("holds") } else { paint.red("doesn't hold") };
    let key = match args.key {
        Some(_) => "the key that you gave".to_owned(),
        None => paint.yellow("the file's own word for who signed it; --key makes sure"),
    };
    let logs = match (&args.logs, predicate.logs.len()) {
        (Some(_), number) => format!("{}, each as it was", ui::count(number, "log")),
        (None, number) => format!("{}, not looked at; --logs does", ui::count(number, "log")),
    };
    ui::out(&format!("{} nothing was changed since it was signed", paint.green("verified:")));
    for (name, value) in [
        ("attempt", predicate.attempt.to_string()),
        ("base", evidence.base.to_string()),
        ("head", evidence.head.to_string()),
        ("signed", ui::utc(predicate.signed)),
        ("key", verified.key.to_string()),
        ("", key),
        ("logs", logs),
        ("evidence", holds),
    ] {
        ui::out(&format!("  {name:<9} {value}"));
    }
    ui::out(&format!("\n{}", super::text::of(evidence)));
}
