//! `whimbrel gc`: removes what old attempts left.

use anyhow::Result;
use engine::gc::{self, Item, Kind, Rule};
use serde_json::json;

use crate::cli::GcArgs;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: GcArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let rule = if args.all { Rule::everything() } else { Rule::of(&engine) };
    let cleaned = gc::clean(&engine, rule, args.dry_run).await?;
    if json {
        let mut object = json!(cleaned);
        object["dry_run"] = json!(args.dry_run);
        ui::json(&object);
        return Ok(Exit::Ok);
    }
    let rows: Vec<Vec<String>> = cleaned
        .removed
        .iter()
        .map(|item| row(item, if args.dry_run { "would go" } else { "removed" }))
        .chain(cleaned.kept.iter().map(|item| row(item, "kept")))
        .collect();
    if !rows.is_empty() {
        ui::out(&ui::table(&["", "OF", "WHAT", "SIZE", "WHY"], &rows));
    }
    let verb = if args.dry_run { "would be freed" } else { "freed" };
    ui::out(&format!("{} {verb}.", ui::size(cleaned.bytes())));
    Ok(Exit::Ok)
}

fn row(item: &Item, verb: &str) -> Vec<String> {
    let what = match item.kind {
        Kind::Computer => "computer",
        Kind::Records => "records",
        Kind::Change => "change",
        Kind::Film => "films",
    };
    let Item { kind: _, of, bytes, why } = item;
    vec![verb.into(), ui::safe(of), what.into(), ui::size(*bytes), ui::safe(why)]
}
