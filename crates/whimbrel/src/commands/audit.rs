//! `whimbrel audit`: who decided what.

use anyhow::Result;
use serde_json::json;
use store::audit::Kept;

use crate::cli::AuditArgs;
use crate::exit::Exit;
use crate::ui;

/// Details are cut to this in the table; `--json` has all of them.
const DETAILS_CHARS_MAX: usize = 60;

pub async fn run(args: &AuditArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let kept = store::audit::list(&engine.store, None, args.limit).await?;
    if json {
        kept.iter().for_each(|line| ui::json(&object(line)));
        return Ok(Exit::Ok);
    }
    let now = engine.clock.now();
    let row = |line: &Kept| {
        vec![
            line.number.to_string(),
            ui::age(line.at, now),
            ui::safe(&line.person),
            ui::safe(&line.via),
            ui::safe(&line.action),
            ui::line(&line.subject, DETAILS_CHARS_MAX),
            ui::line(&line.details, DETAILS_CHARS_MAX),
        ]
    };
    let rows: Vec<Vec<String>> = kept.iter().map(row).collect();
    ui::out(&ui::table(&["NR", "WHEN", "WHO", "VIA", "DID", "TO", "DETAILS"], &rows));
    Ok(Exit::Ok)
}

fn object(line: &Kept) -> serde_json::Value {
    json!({
        "number": line.number,
        "at": line.at,
        "person": line.person,
        "via": line.via,
        "action": line.action,
        "subject": line.subject,
        "details": line.details,
    })
}
