//! `whimbrel numbers`

use anyhow::{Result, bail};
use domain::Project;
use engine::Engine;
use engine::numbers::{Cost, Named, Numbers, Person, Share, Wish, Worker};
use serde_json::Value;

use crate::cli::NumbersArgs;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: NumbersArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let project = match &args.project {
        Some(typed) => Some(find(&engine, typed).await?),
        None => None,
    };
    let wish = Wish { days: args.days, project: project.as_ref().map(|project| &project.id) };
    let numbers = engine::numbers::gather(&engine, wish).await?;
    if json {
        let mut object = serde_json::to_value(&numbers)?;
        object["project"] = project.map_or(Value::Null, |project| project.id.as_str().into());
        ui::json(&object);
    } else {
        ui::out(&text(&numbers));
    }
    Ok(Exit::Ok)
}

/// By its id, its name, or its origin, without asking the origin.
async fn find(engine: &Engine, typed: &str) -> Result<Project> {
    let projects = store::project::list(&engine.store).await?;
    let known = |project: &&Project| {
        project.id.as_str() == typed
            || project.origin.name() == typed
            || project.origin.as_str() == typed
    };
    let found: Vec<&Project> = projects.iter().filter(known).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => bail!("there is no project {typed:?}: {}", names(projects.iter())),
        _ => bail!("several projects are called {typed:?}: {}", names(found.into_iter())),
    }
}

/// Projects that an error names.
const NAMED_MAX: usize = 10;

fn names<'a>(projects: impl Iterator<Item = &'a Project>) -> String {
    let name = |project: &Project| format!("{} ({})", ui::safe(project.origin.name()), project.id);
    let names: Vec<String> = projects.take(NAMED_MAX).map(name).collect();
    if names.is_empty() { "none is known yet".into() } else { names.join(", ") }
}

fn text(numbers: &Numbers) -> String {
    let mut parts = vec![summary(numbers)];
    if !numbers.persons.is_empty() {
        let rows: Vec<_> = numbers.persons.iter().map(person).collect();
        let headings =
            ["PERSON", "OPENED", "MERGED", "CLOSED", "RATE", "APPROVED", "REJECTED", "FEEDBACK"];
        parts.push(ui::table(&headings, &rows));
    }
    if !numbers.workers.is_empty() {
        let rows: Vec<_> = numbers.workers.iter().map(worker).collect();
        let headings =
            ["AGENT", "MODEL", "ATTEMPTS", "HOLDS", "MERGED", "CLOSED", "RATE", "SPENT", "EACH"];
        parts.push(ui::table(&headings, &rows));
    }
    parts.extend(ranked("ATTEMPTS ENDED", &numbers.outcomes));
    parts.extend(ranked("REJECTED FOR", &numbers.rejections));
    parts.join("\n\n")
}

fn summary(numbers: &Numbers) -> String {
    let (total, evidence) = (numbers.total, numbers.evidence);
    let mut lines = vec![
        format!("{} to {}, by days in UTC", numbers.first, numbers.last),
        format!(
            "pull requests: {} opened, {} merged, {} closed; {} of those decided were merged",
            total.offered,
            total.merged,
            total.closed,
            percent(total.merge_rate())
        ),
    ];
    if let Some(waits) = &numbers.waits {
        lines.push(format!(
            "from opened to decided: half within {}, nine of ten within {}",
            ui::duration(waits.p50_ms),
            ui::duration(waits.p90_ms)
        ));
    }
    lines.push(cost(numbers.cost));
    lines.push(format!("evidence that holds: {} of {}", evidence.part, evidence.of));
    lines.join("\n")
}

fn cost(cost: Cost) -> String {
    let mut line = format!("models: {} for {} requests", usd(cost.micros), cost.requests);
    if let Some(each) = cost.micros_per_merged {
        line.push_str(&format!(", {} for each merged change", usd(each)));
    }
    if cost.unpriced > 0 {
        line.push_str(&format!("; the price of {} isn't known", cost.unpriced));
    }
    line
}

fn person(person: &Person) -> Vec<String> {
    let name = if person.name.is_empty() { "?" } else { &person.name };
    let (count, said) = (person.count, person.said);
    let mut cells = vec![ui::safe(name)];
    cells.extend([count.offered, count.merged, count.closed].map(|number| number.to_string()));
    cells.push(percent(count.merge_rate()));
    cells.extend([said.approved, said.rejected, said.feedback].map(|number| number.to_string()));
    cells
}

fn worker(worker: &Worker) -> Vec<String> {
    let rate = Share { part: worker.merged, of: worker.merged + worker.closed };
    vec![
        worker.agent.clone(),
        worker.model.as_deref().map_or("-".into(), ui::safe),
        worker.attempts.to_string(),
        percent(worker.evidence),
        worker.merged.to_string(),
        worker.closed.to_string(),
        percent(rate),
        usd(worker.cost.micros),
        worker.cost.micros_per_merged.map_or("-".into(), usd),
    ]
}

fn ranked(heading: &str, named: &[Named]) -> Option<String> {
    let row = |each: &Named| vec![ui::safe(&each.name), each.count.to_string()];
    let rows: Vec<_> = named.iter().map(row).collect();
    (!rows.is_empty()).then(|| ui::table(&[heading, ""], &rows))
}

fn percent(share: Share) -> String {
    share.percent().map_or("-".into(), |percent| format!("{percent} %"))
}

/// To the hundredth of a cent, as most requests cost less than one.
fn usd(micros: u64) -> String {
    format!("${}.{:04}", micros / 1_000_000, micros % 1_000_000 / 100)
}

#[cfg(test)]
mod tests {
    use domain::Day;
    use engine::numbers::{Count, OnDay, Waits};

    use super::*;

    #[test]
    fn the_summary_says_what_is_known() {
        let count = Count { offered: 4, merged: 3, closed: 1 };
        let mut numbers = Numbers {
            first: Day(20_780),
            last: Day(20_786),
            total: count,
            days: vec![OnDay { day: Day(20_786), count }],
            persons: vec![],
            waits: None,
            cost: Cost::default(),
            workers: vec![],
            outcomes: vec![Named { name: "changed".into(), count: 9 }],
            rejections: vec![],
            evidence: Share { part: 8, of: 9 },
        };
        let before = text(&numbers);
        assert!(before.starts_with("2026-11-23 to 2026-11-29, by days in UTC\n"), "{before}");
        assert!(before.contains("75 % of those decided were merged"), "{before}");
        assert!(!before.contains("half within") && !before.contains("PERSON"), "{before}");

        numbers.waits = Some(Waits {
            decided: 4,
            shortest_ms: 1,
            p25_ms: 1,
            p50_ms: 60_000,
            p75_ms: 1,
            p90_ms: 7_200_000,
            longest_ms: 1,
        });
        numbers.cost = Cost {
            micros: 1_230_000,
            requests: 12,
            unpriced: 2,
            micros_per_merged: Some(410_000),
            own_micros_per_merged: None,
        };
        let after = text(&numbers);
        assert!(after.contains("$0.4100 for each merged change; the price of 2"), "{after}");
        assert!(after.contains("half within"), "{after}");
    }
}
