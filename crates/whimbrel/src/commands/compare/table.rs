//! Attempts beside each other: a row each where a terminal is wide enough, else a column each.

use domain::evidence::{Evidence, Weight};

use super::facts::Facts;
use crate::ui::{self, Paint};

/// For rows.
const WIDE: usize = 108;
const NONE: &str = "–";
const GAP: &str = "  ";

/// A text and how it looks; widths are measured without colours.
struct Cell {
    text: String,
    look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Good,
    Doubtful,
    Bad,
    Dim,
    Bold,
}

impl Cell {
    fn new(text: impl Into<String>, look: Look) -> Self {
        Self { text: text.into(), look }
    }

    fn none() -> Self {
        Self::new(NONE, Look::Dim)
    }

    /// At least so wide, and painted.
    fn shown(&self, width: usize, paint: Paint) -> String {
        let text = format!("{:<width$}", self.text);
        match self.look {
            Look::Plain => text,
            Look::Good => paint.green(&text),
            Look::Doubtful => paint.yellow(&text),
            Look::Bad => paint.red(&text),
            Look::Dim => paint.dim(&text),
            Look::Bold => paint.bold(&text),
        }
    }
}

/// A heading, and what stands below it.
type Told = (&'static str, fn(&Facts) -> Cell);

/// What is told of each attempt, in this order.
const TOLD: [Told; 13] = [
    ("ATTEMPT", |facts| Cell::new(facts.number.to_string(), Look::Bold)),
    ("RANK", rank),
    ("STATE", |facts| Cell::new(&facts.state, Look::Plain)),
    ("HOLDS", holds),
    ("CHECKS", checks),
    ("FIXED", |facts| tests(facts, |evidence| evidence.tests.fixed.len(), Look::Good)),
    ("BROKEN", |facts| tests(facts, |evidence| evidence.tests.broken.len(), Look::Bad)),
    ("ADDED", added),
    ("MUTANTS", mutants),
    ("FINDINGS", findings),
    ("SIZE", size),
    ("COST", cost),
    ("TIME", |facts| {
        facts.took_ms.map_or_else(Cell::none, |ms| Cell::new(ui::duration(ms), Look::Plain))
    }),
];

pub fn table(facts: &[Facts], width: usize, paint: Paint) -> String {
    let has_groups = facts.iter().filter_map(|facts| facts.group).count() > 1;
    let mut told = TOLD.to_vec();
    if has_groups {
        told.push(("ALIKE", group));
    }
    if width >= WIDE { rows(facts, &told, paint) } else { columns(facts, &told, width, paint) }
}

fn rows(facts: &[Facts], told: &[Told], paint: Paint) -> String {
    let mut lines = vec![String::new(); facts.len() + 1];
    for (heading, cell) in told {
        let cells: Vec<Cell> = facts.iter().map(cell).collect();
        let width = widest(&cells).max(heading.len());
        let heading = Cell::new(*heading, Look::Dim);
        for (line, cell) in lines.iter_mut().zip(std::iter::once(&heading).chain(&cells)) {
            line.push_str(&cell.shown(width, paint));
            line.push_str(GAP);
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// As many attempts beside each other as fit, and the others below.
fn columns(facts: &[Facts], told: &[Told], width: usize, paint: Paint) -> String {
    let label = told.iter().map(|(heading, _)| heading.len()).max().unwrap_or(0);
    let columns: Vec<Vec<Cell>> =
        facts.iter().map(|facts| told.iter().map(|(_, cell)| cell(facts)).collect()).collect();
    let widest = columns.iter().map(|cells| widest(cells)).max().unwrap_or(0);
    let fit = (width.saturating_sub(label) / (widest + GAP.len())).max(1);
    let blocks = columns.chunks(fit).map(|block| {
        let line = |(index, (heading, _)): (usize, &Told)| {
            let heading = Cell::new(heading.to_lowercase(), Look::Dim).shown(label, paint);
            let cells = block.iter().map(|cells| cells[index].shown(widest, paint));
            std::iter::once(heading)
                .chain(cells)
                .collect::<Vec<_>>()
                .join(GAP)
                .trim_end()
                .to_owned()
        };
        told.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

fn widest(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.text.chars().count()).max().unwrap_or(0)
}

fn rank(facts: &Facts) -> Cell {
    match facts.rank {
        Some(1) if facts.eligible => Cell::new("1", Look::Good),
        Some(rank) if facts.eligible => Cell::new(rank.to_string(), Look::Plain),
        Some(rank) => Cell::new(rank.to_string(), Look::Dim),
        None => Cell::none(),
    }
}

fn holds(facts: &Facts) -> Cell {
    match &facts.evidence {
        Some(evidence) if evidence.holds() => Cell::new("yes", Look::Good),
        Some(evidence) if evidence.breaks() => Cell::new("breaks", Look::Bad),
        Some(evidence) if evidence.cheats().next().is_some() => Cell::new("cheats", Look::Bad),
        Some(_) => Cell::new("no", Look::Doubtful),
        None => Cell::none(),
    }
}

fn checks(facts: &Facts) -> Cell {
    match facts.checks() {
        None | Some((_, 0)) => Cell::none(),
        Some((passed, all)) => {
            let look = if passed == all { Look::Good } else { Look::Bad };
            Cell::new(format!("{passed} of {all}"), look)
        }
    }
}

fn tests(facts: &Facts, count: fn(&Evidence) -> usize, look: Look) -> Cell {
    match facts.evidence.as_ref().map(count) {
        None => Cell::none(),
        Some(0) => Cell::new("0", Look::Dim),
        Some(count) => Cell::new(count.to_string(), look),
    }
}

/// `2, 1 r→g`: of the added ones that pass, those that the base's code fails.
fn added(facts: &Facts) -> Cell {
    match facts.added() {
        None => Cell::none(),
        Some((0, _)) => Cell::new("0", Look::Dim),
        Some((added, 0)) => Cell::new(added.to_string(), Look::Plain),
        Some((added, red_green)) => Cell::new(format!("{added}, {red_green} r→g"), Look::Good),
    }
}

fn mutants(facts: &Facts) -> Cell {
    let Some(mutation) = facts.evidence.as_ref().map(|evidence| &evidence.mutation) else {
        return Cell::none();
    };
    match (mutation.caught, mutation.tried) {
        (_, 0) => Cell::none(),
        (caught, tried) => {
            let look = if caught == tried { Look::Good } else { Look::Doubtful };
            Cell::new(format!("{caught} of {tried}"), look)
        }
    }
}

fn findings(facts: &Facts) -> Cell {
    match facts.worst() {
        None if facts.evidence.is_none() => Cell::none(),
        None => Cell::new("none", Look::Dim),
        Some((count, Weight::Note)) => Cell::new(ui::count(count, "note"), Look::Plain),
        Some((count, Weight::Warning)) => Cell::new(ui::count(count, "warning"), Look::Doubtful),
        Some((count, Weight::Objection)) => Cell::new(ui::count(count, "objection"), Look::Bad),
    }
}

/// `2f +10 −3`
fn size(facts: &Facts) -> Cell {
    match (&facts.change, facts.lines()) {
        (Some(change), Some((added, removed))) => {
            Cell::new(format!("{}f +{added} −{removed}", change.files.len()), Look::Plain)
        }
        (_, _) => Cell::none(),
    }
}

fn cost(facts: &Facts) -> Cell {
    let spent = &facts.spent;
    match (spent.requests, spent.unpriced) {
        (0, _) => Cell::none(),
        (_, 0) => Cell::new(engine::budget::usd(spent.micros), Look::Plain),
        (_, _) => Cell::new(format!("{} tok", thousands(spent.tokens())), Look::Plain),
    }
}

fn thousands(tokens: u64) -> String {
    match tokens {
        0..10_000 => tokens.to_string(),
        10_000..10_000_000 => format!("{}k", tokens / 1_000),
        _ => format!("{}M", tokens / 1_000_000),
    }
}

/// A letter for each group of attempts that behave the same.
fn group(facts: &Facts) -> Cell {
    const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    match facts.group {
        None => Cell::none(),
        Some(index) => match LETTERS.get(index) {
            Some(letter) => Cell::new(char::from(*letter), Look::Plain),
            None => Cell::new((index + 1).to_string(), Look::Plain),
        },
    }
}

#[cfg(test)]
mod tests;
