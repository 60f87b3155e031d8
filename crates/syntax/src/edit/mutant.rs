//! Faults put into changed lines, to see whether any test notices: those edits of the catalogue
//! that a test should notice, few for each place, and none that plainly changes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::sink::Sink;
use super::{Edit, Family, Hints, Template, constant, negation, off_by_one, operator, swap};
use crate::node::{Node, line};
use crate::parsed::Parsed;
use crate::role::{Field, Role};
use crate::scope::Scope;

/// One fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// Where it is, counted from 1.
    pub line: u32,
    pub edit: Edit,
}

/// Of one file.
const MUTANTS_MAX: usize = 5000;
/// What is dearer by more than this says nothing, or is nothing that anyone would write.
const FAR_FETCHED: f64 = 1.0;

const FAMILIES: [Family; 5] = [
    (Template::Operator, operator::offer),
    (Template::Constant, constant::offer),
    (Template::Negation, negation::offer),
    (Template::OffByOne, off_by_one::offer),
    (Template::Swap, swap::offer),
];

/// All of them on these lines, in such an order that however few are tried first, they are spread
/// over the lines and the sorts of faults.
pub fn mutants(parsed: &Parsed, lines: &[RangeInclusive<u32>]) -> Vec<Mutant> {
    let starts = line_starts(&parsed.text);
    let mut found = Vec::new();
    for statement in parsed.statements_on(lines) {
        let edits = of_statement(statement).into_iter();
        let placed = edits.map(|edit| Mutant { line: line_of(&starts, edit.range().start), edit });
        found.extend(placed.filter(|each| lines.iter().any(|lines| lines.contains(&each.line))));
        if found.len() >= MUTANTS_MAX {
            break;
        }
    }
    found.truncate(MUTANTS_MAX);
    interleaved(found)
}

fn of_statement(statement: Node<'_>) -> Vec<Edit> {
    if is_log(statement.deed()) {
        return Vec::new();
    }
    let mut sink = Sink::new(statement).choosing(is_telling);
    super::offer(&FAMILIES, statement, &Scope::default(), &Hints::default(), &mut sink);
    sink.finish()
}

/// A call that only tells people something.
fn is_log(deed: Node<'_>) -> bool {
    let Some(callee) = deed.field(Field::Callee) else { return false };
    let (callee, logs) = (callee.text(), deed.parsed().grammar().write.logs);
    let is = |log: &&str| callee == *log || log.ends_with(['.', ':']) && callee.starts_with(*log);
    deed.role() == Role::Call && logs.iter().any(is)
}

/// Whether a test that asks for the old text would be expected to notice the new one.
fn is_telling(template: Template, old: &str, new: &str, more: f64) -> bool {
    let fits = match template {
        Template::Operator => counterparts(old).is_none_or(|all| all.contains(&new)),
        _ => true,
    };
    fits && more < FAR_FETCHED
}

/// The boundary moved, and the opposite. `None` for what has only one other.
fn counterparts(operator: &str) -> Option<&'static [&'static str]> {
    Some(match operator {
        "<" => &["<=", ">="],
        "<=" => &["<", ">"],
        ">" => &[">=", "<="],
        ">=" => &[">", "<"],
        "==" => &["!="],
        "!=" => &["=="],
        "===" => &["!=="],
        "!==" => &["==="],
        "+" => &["-"],
        "-" => &["+"],
        "*" => &["/", "+"],
        "/" | "//" | "%" | "**" => &["*"],
        "&" => &["|"],
        "|" | "^" => &["&"],
        "<<" => &[">>"],
        ">>" | ">>>" => &["<<"],
        "+=" => &["-="],
        "-=" => &["+="],
        "*=" => &["/="],
        "/=" | "//=" | "%=" => &["*="],
        "&=" => &["|="],
        "|=" | "^=" => &["&="],
        _ => return None,
    })
}

/// Where each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(after.map(|(at, _)| at + 1)).collect()
}

fn line_of(starts: &[usize], at: usize) -> u32 {
    line(starts.partition_point(|start| *start <= at).saturating_sub(1))
}

/// One of each line in turn, and of each line one of each template in turn.
fn interleaved(all: Vec<Mutant>) -> Vec<Mutant> {
    let mut lines: BTreeMap<u32, BTreeMap<Template, VecDeque<Mutant>>> = BTreeMap::new();
    for mutant in all {
        let template = mutant.edit.template;
        lines.entry(mutant.line).or_default().entry(template).or_default().push_back(mutant);
    }
    let by_line = lines.into_values().map(|groups| in_turn(groups.into_values().collect()));
    in_turn(by_line.map(VecDeque::from).collect())
}

/// The first of each, then the second of each, until nothing is left.
fn in_turn<T>(mut groups: Vec<VecDeque<T>>) -> Vec<T> {
    let mut all = Vec::new();
    while !groups.is_empty() {
        all.extend(groups.iter_mut().filter_map(VecDeque::pop_front));
        groups.retain(|group| !group.is_empty());
    }
    all
}
