//! `whimbrel replay ATTEMPT`

use anyhow::Result;
use engine::replay::Replayed;
use llm::OnDeparture;
use serde_json::json;

use crate::cli::ReplayArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: ReplayArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let id = find::attempt(&engine, &args.id).await?;
    let then = if args.keep_going { OnDeparture::GoOn } else { OnDeparture::Stop };
    let replayed = engine::replay::replay(&engine, &id, then).await?;
    if json {
        let departures: Vec<_> = replayed
            .departures
            .iter()
            .map(|one| {
                json!({
                    "exchange": one.exchange, "message": one.message_index,
                    "expected": one.expected, "found": one.found,
                })
            })
            .collect();
        ui::json(&json!({
            "attempt": id, "turns": replayed.turns, "turns_left": replayed.turns_left,
            "ending": replayed.ending, "departures": departures,
        }));
    } else {
        tell(&replayed);
    }
    Ok(if replayed.is_the_same() { Exit::Ok } else { Exit::Unhealthy })
}

fn tell(replayed: &Replayed) {
    let paint = ui::Paint::stdout();
    for departure in &replayed.departures {
        ui::out(&format!("{} {}", paint.red("departs at"), ui::safe(&departure.to_string())));
    }
    let turns = ui::count(replayed.turns, "turn");
    let ending = ui::safe(&replayed.ending);
    if replayed.is_the_same() {
        ui::out(&format!("{} {turns} as recorded; {ending}", paint.green("same:")));
    } else {
        let left = replayed.turns_left;
        ui::out(&format!("{turns} replayed, {left} not asked for; {ending}"));
    }
}
