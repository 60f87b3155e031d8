//! What is tried first: every candidate of every suspicious statement, by suspicion and by how
//! likely its template is. Attempts go different ways: each but the first takes turns between that
//! order and one that its seed has shaken, so that an unlucky seed costs no more than twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tree_sitter::Node;

use crate::candidate::Candidate;
use crate::rank::Ranking;
use crate::source::{self, Source};
use crate::template::{self, Scope};

/// Statements that are edited, the most suspicious ones of all files.
const STATEMENTS_MAX: usize = 250;
/// Candidates of one search.
const CANDIDATES_MAX: usize = 120_000;
/// How far the seed can move a score or a prior: up to e to this power, either way.
const NOISE: f64 = 0.7;
/// A definition's header runs once, before the tests; it is as suspicious as its body, nearly.
const HEADER_SHARE: f64 = 0.7;
/// The same for a value that a module or a class gives a name, and a line that uses the name.
const CONSTANT_SHARE: f64 = 0.8;

/// What ran while modules were imported is not known to be of any test, so of all of them a bit.
const IMPORTED_SHARE: f64 = 0.4;

struct Suspect<'s> {
    source: &'s Source,
    statement: Node<'s>,
    score: f64,
    imported: bool,
}

/// Everything to try, best first. The same seed gives the same order; seed 0 shakes nothing.
pub fn plan(
    sources: &[Source],
    ranking: &Ranking,
    imported: &BTreeMap<String, Vec<u32>>,
    seed: u64,
) -> Vec<Candidate> {
    let strict = order(sources, ranking, imported, 0);
    if seed == 0 {
        return strict;
    }
    take_turns(order(sources, ranking, imported, seed), strict)
}

fn order(
    sources: &[Source],
    ranking: &Ranking,
    imported: &BTreeMap<String, Vec<u32>>,
    seed: u64,
) -> Vec<Candidate> {
    let mut suspects = suspects(sources, ranking, imported);
    for suspect in &mut suspects {
        let place = format!("{}:{}", suspect.source.path, suspect.statement.start_byte());
        suspect.score *= noise(seed, &place);
    }
    suspects.sort_by(|a, b| b.score.total_cmp(&a.score));
    suspects.truncate(STATEMENTS_MAX);
    let mut all = offers(&suspects);
    all.sort_by_cached_key(|candidate| std::cmp::Reverse(weight(candidate, seed)));
    all.truncate(CANDIDATES_MAX);
    all
}

/// One of each in turn, each edit once.
fn take_turns(shaken: Vec<Candidate>, strict: Vec<Candidate>) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut is_new = |candidate: &Candidate| {
        seen.insert((candidate.path.clone(), candidate.range.clone(), candidate.text.clone()))
    };
    let (mut shaken, mut strict) = (shaken.into_iter(), strict.into_iter());
    let mut all = Vec::new();
    loop {
        let turn = (shaken.find(&mut is_new), strict.find(&mut is_new));
        if turn == (None, None) {
            all.truncate(CANDIDATES_MAX);
            return all;
        }
        all.extend(turn.0.into_iter().chain(turn.1));
    }
}

fn offers(suspects: &[Suspect<'_>]) -> Vec<Candidate> {
    let mut scopes: HashMap<(&str, usize), Scope> = HashMap::new();
    let mut all = Vec::new();
    for suspect in suspects {
        let Suspect { source, statement, .. } = *suspect;
        let key = (source.path.as_str(), source::function(statement).id());
        let scope = scopes.entry(key).or_insert_with(|| Scope::of(source, statement));
        let found = template::candidates(source, statement, scope, suspect.score);
        let imported = suspect.imported;
        all.extend(found.into_iter().map(|candidate| Candidate { imported, ..candidate }));
    }
    all
}

/// In millionths, as an order needs whole numbers.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
fn weight(candidate: &Candidate, seed: u64) -> u64 {
    let noise = noise(seed, candidate.template.noun());
    (candidate.score * candidate.prior * noise * 1e6) as u64
}

fn suspects<'s>(
    sources: &'s [Source],
    ranking: &Ranking,
    imported: &BTreeMap<String, Vec<u32>>,
) -> Vec<Suspect<'s>> {
    let mut found = Vec::new();
    for source in sources {
        let early: BTreeSet<u32> =
            imported.get(&source.path).into_iter().flatten().copied().collect();
        for statement in source::statements(source) {
            let imported = runs_early(statement, &early);
            let least =
                if ran_early(statement, &early) { IMPORTED_SHARE * ranking.best() } else { 0.0 };
            let score = score(source, statement, ranking).max(least);
            if score > 0.0 {
                found.push(Suspect { source, statement, score, imported });
            }
        }
    }
    found
}

/// Whether a statement inside of a function ran while modules were imported.
fn runs_early(statement: Node<'_>, early: &BTreeSet<u32>) -> bool {
    let inside = source::function(statement).kind() == "function_definition";
    inside && ran_early(statement, early)
}

/// Definitions and imports run early by their nature.
fn ran_early(statement: Node<'_>, early: &BTreeSet<u32>) -> bool {
    let (first, last) = source::lines(statement);
    let kind = statement.kind();
    let natural = kind.ends_with("_definition") || kind.contains("import");
    !natural && early.range(first..=last).next().is_some()
}

fn score(source: &Source, statement: Node<'_>, ranking: &Ranking) -> f64 {
    let (first, last) = source::lines(statement);
    let ran = ranking.best_within(&source.path, first, last);
    if statement.kind() == "function_definition" {
        return ran.max(HEADER_SHARE * body(source, statement, ranking));
    }
    ran.max(CONSTANT_SHARE * uses(source, statement, ranking))
}

fn body(source: &Source, definition: Node<'_>, ranking: &Ranking) -> f64 {
    let Some(body) = definition.child_by_field_name("body") else { return 0.0 };
    let row = |row: usize| u32::try_from(row + 1).unwrap_or(u32::MAX);
    let (first, last) = (body.start_position().row, body.end_position().row);
    ranking.best_within(&source.path, row(first), row(last))
}

/// The score of the worst line of the file that uses the name which the statement gives a value
/// outside of any function.
fn uses(source: &Source, statement: Node<'_>, ranking: &Ranking) -> f64 {
    let outside = source::function(statement).kind() != "function_definition";
    let assigned = statement.named_child(0).filter(|node| node.kind() == "assignment" && outside);
    let Some(name) = assigned.and_then(|node| node.child_by_field_name("left")) else { return 0.0 };
    let name = source.of(name);
    let used = |line: &u32| {
        source::line(source, *line)
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == name)
    };
    let lines = ranking.lines(&source.path).filter(|(line, _)| used(line));
    lines.map(|(_, score)| score).fold(0.0, f64::max)
}

/// A factor around 1 that depends on the seed and on what it is for; 1 for seed 0.
fn noise(seed: u64, of: &str) -> f64 {
    if seed == 0 {
        return 1.0;
    }
    let mixed = of.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
    let tenths_of_percent = u32::try_from(mixed % 2001).unwrap_or(1000);
    ((f64::from(tenths_of_percent) / 1000.0 - 1.0) * NOISE).exp()
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
