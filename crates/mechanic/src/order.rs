//! What is tried first: every edit of every suspicious statement, by suspicion and by what the
//! catalogue says it costs. Attempts go different ways: each but the first takes turns between that
//! order and one that its seed has shaken, so that an unlucky seed costs no more than twice.

use std::collections::{BTreeSet, HashMap, HashSet};

use syntax::edit::{Edit, Hints, Replacement, repairs};
use syntax::{Field, Node, Parsed, Role, Scope};

use crate::baseline::Baseline;
use crate::candidate::Candidate;
use crate::mention::Mentions;

/// Statements that are edited, the most suspicious ones of all files.
const STATEMENTS_MAX: usize = 250;
/// Candidates of one search.
const CANDIDATES_MAX: usize = 120_000;
/// How far the seed can move a suspicion or a cost: up to e to this power, either way.
const NOISE: f64 = 0.7;
/// A definition's header runs once, before the tests; it is as suspicious as its body, nearly.
const HEADER_SHARE: f64 = 0.7;
/// The same for a value that a module or a class gives a name, and a line that uses the name.
const CONSTANT_SHARE: f64 = 0.8;
/// What ran while modules were imported is not known to be of any test, so of all of them a bit.
const IMPORTED_SHARE: f64 = 0.4;

/// What is known of where to look.
pub struct Clues<'c> {
    pub sources: &'c [Parsed],
    pub baseline: &'c Baseline,
    pub mentions: &'c Mentions,
    pub hints: &'c Hints,
}

struct Suspect<'s> {
    source: &'s Parsed,
    statement: Node<'s>,
    suspicion: f64,
    imported: bool,
}

/// Everything to try, best first. The same seed gives the same order; seed 0 shakes nothing.
pub fn plan(clues: &Clues<'_>, seed: u64) -> Vec<Candidate> {
    let strict = order(clues, 0);
    if seed == 0 {
        return strict;
    }
    take_turns(order(clues, seed), strict)
}

fn order(clues: &Clues<'_>, seed: u64) -> Vec<Candidate> {
    let mut suspects = suspects(clues);
    for suspect in &mut suspects {
        let place = format!("{}:{}", suspect.source.path, suspect.statement.start());
        suspect.suspicion *= noise(seed, &place).exp();
    }
    suspects.sort_by(|a, b| b.suspicion.total_cmp(&a.suspicion));
    suspects.truncate(STATEMENTS_MAX);
    let mut all = offers(&suspects, clues.hints);
    let shaken = |one: &Candidate| one.score() + noise(seed, one.edit.template.name());
    all.sort_by(|a, b| shaken(a).total_cmp(&shaken(b)).then_with(|| a.edit.order(&b.edit)));
    let mut seen = HashSet::new();
    all.retain(|candidate| seen.insert(key(candidate)));
    all.truncate(CANDIDATES_MAX);
    all
}

/// What makes two candidates the same text.
fn key(candidate: &Candidate) -> (String, Vec<Replacement>) {
    (candidate.path.clone(), candidate.edit.replacements.clone())
}

/// One of each in turn, each edit once.
fn take_turns(shaken: Vec<Candidate>, strict: Vec<Candidate>) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut is_new = |candidate: &Candidate| seen.insert(key(candidate));
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

fn offers(suspects: &[Suspect<'_>], hints: &Hints) -> Vec<Candidate> {
    let mut scopes: HashMap<(&str, usize), Scope> = HashMap::new();
    let mut all = Vec::new();
    for suspect in suspects {
        let Suspect { source, statement, suspicion, imported } = *suspect;
        let around = statement.function_node().map_or(0, Node::index);
        let scope = scopes.entry((source.path.as_str(), around));
        let scope = scope.or_insert_with(|| Scope::of(source, statement));
        let candidate =
            |edit: Edit| Candidate { path: source.path.clone(), edit, suspicion, imported };
        all.extend(repairs(statement, scope, hints).into_iter().map(candidate));
    }
    all
}

fn suspects<'s>(clues: &Clues<'s>) -> Vec<Suspect<'s>> {
    let mut found = Vec::new();
    for source in clues.sources {
        let early = clues.baseline.imported.get(&source.path);
        let early: BTreeSet<u32> = early.into_iter().flatten().copied().collect();
        for statement in source.statements() {
            let ran_early = ran_early(statement, &early);
            let least = IMPORTED_SHARE * clues.baseline.ranking.best();
            let least = if ran_early { least } else { 0.0 };
            let suspicion = suspicion(source, statement, clues.baseline).max(least);
            if suspicion > 0.0 {
                let bonus = clues.mentions.bonus(&source.path, statement.qualified_name());
                let imported = ran_early && statement.function_node().is_some();
                found.push(Suspect { source, statement, suspicion: suspicion * bonus, imported });
            }
        }
    }
    found
}

/// Definitions and imports run early by their nature.
fn ran_early(statement: Node<'_>, early: &BTreeSet<u32>) -> bool {
    let natural = statement.is(&[Role::Function, Role::Class, Role::Import]);
    !natural && early.range(statement.lines()).next().is_some()
}

fn suspicion(source: &Parsed, statement: Node<'_>, baseline: &Baseline) -> f64 {
    let lines = statement.lines();
    let ran = baseline.ranking.best_within(&source.path, *lines.start(), *lines.end());
    if statement.role() == Role::Function {
        return ran.max(HEADER_SHARE * body(source, statement, baseline));
    }
    ran.max(CONSTANT_SHARE * uses(source, statement, baseline))
}

fn body(source: &Parsed, definition: Node<'_>, baseline: &Baseline) -> f64 {
    let Some(body) = definition.field(Field::Body) else { return 0.0 };
    baseline.ranking.best_within(&source.path, body.first_line(), body.last_line())
}

/// The suspicion of the worst line of the file that uses the name which the statement gives a
/// value outside of any function.
fn uses(source: &Parsed, statement: Node<'_>, baseline: &Baseline) -> f64 {
    if statement.function_node().is_some() {
        return 0.0;
    }
    let Some(name) = assigned(statement) else { return 0.0 };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let used = |line: &u32| source.line(*line).split(|c| !is_word(c)).any(|word| word == name);
    let lines = baseline.ranking.lines(&source.path).filter(|(line, _)| used(line));
    lines.map(|(_, score)| score).fold(0.0, f64::max)
}

/// The name that a statement gives a value, be it `x = 1` or `const x = 1`.
fn assigned<'s>(statement: Node<'s>) -> Option<&'s str> {
    let binds = |node: &Node<'_>| node.is(&[Role::Assignment, Role::Let]);
    let first = statement.walk(|node| !node.is(&[Role::Block])).into_iter().find(binds)?;
    first.field(Field::Target).or_else(|| first.field(Field::Name)).map(Node::text)
}

/// A number around 0 that depends on the seed and on what it is for; 0 for seed 0.
fn noise(seed: u64, of: &str) -> f64 {
    if seed == 0 {
        return 0.0;
    }
    let mixed = of.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
    let tenths_of_percent = u32::try_from(mixed % 2001).unwrap_or(1000);
    (f64::from(tenths_of_percent) / 1000.0 - 1.0) * NOISE
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
