//! Faults put into changed lines, to see whether any test notices: those edits of the catalogue
//! that a test should notice, few for each place, and none that plainly changes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::sink::Sink;
use super::{
    Edit, Family, Here, Hints, Template, constant, less, negation, off_by_one, operator, place,
    statement, swap,
};
use crate::node::{Node, line};
use crate::parsed::Parsed;
use crate::role::{Field, Role};
use crate::scope::{Scope, own_name_of_callee};

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
/// Of one template, for the same text.
const PER_PLACE_MAX: usize = 2;
/// Longer statements are not taken out: that some test would notice says little.
const DELETED_BYTES_MAX: usize = 300;

/// Functions whose arguments say the same in any order.
const EITHER_WAY: [&str; 6] = ["min", "max", "gcd", "lcm", "hypot", "isclose"];

/// The catalogue's templates, each only where it makes a fault that a test should notice.
const FAMILIES: [Family; 8] = [
    (Template::Operator, operator::offer),
    (Template::Constant, constants),
    (Template::Negation, negated),
    (Template::OffByOne, at_a_bound),
    (Template::Swap, arguments),
    (Template::Unwrap, clause),
    (Template::Return, returned),
    (Template::Deletion, deleted),
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
    if is_log(statement.deed()) || is_script(statement) {
        return Vec::new();
    }
    let mut sink = Sink::new(statement).choosing(is_telling, PER_PLACE_MAX);
    super::offer(&FAMILIES, statement, &Scope::default(), &Hints::default(), &mut sink);
    sink.into_offered()
}

/// A call that only tells people something.
fn is_log(deed: Node<'_>) -> bool {
    let Some(callee) = deed.field(Field::Callee) else { return false };
    let (callee, logs) = (callee.text(), deed.parsed().grammar().write.logs);
    let is = |log: &&str| callee == *log || log.ends_with(['.', ':']) && callee.starts_with(*log);
    logs.iter().any(is)
}

/// Run only when the file is run as a program, which no test does by importing it.
fn is_script(statement: Node<'_>) -> bool {
    let Some(asked) = statement.parsed().grammar().write.script else { return false };
    statement.ancestors().any(|outer| {
        let condition = outer.field(Field::Condition).map_or("", Node::text);
        outer.role() == Role::If && condition.contains(asked)
    })
}

/// Whether a test that asks for the old text would be expected to notice the new one.
fn is_telling(template: Template, old: &str, new: &str, more: f64) -> bool {
    let fits = match template {
        Template::Operator => counterparts(old).is_none_or(|all| all.contains(&new)),
        // A text is best emptied: another one may be as good.
        Template::Constant if new.contains(['"', '\'']) => {
            new == if old.len() > 2 { "\"\"" } else { "\"0\"" }
        }
        Template::Constant => !new.contains('-'),
        _ => true,
    };
    fits && more < FAR_FETCHED
}

/// What an exception says is for people.
fn constants(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.role() != Role::Text || here.statement.deed().role() != Role::Raise {
        constant::offer(here, sink);
    }
}

/// A comparison's opposite is among the operators.
fn negated(here: &Here<'_>, sink: &mut Sink<'_>) {
    let clause = here.node.parent().is_some_and(|parent| parent.is(&[Role::Boolean, Role::Not]));
    let asked = here.node.is_condition() || here.node.role() == Role::Not;
    if here.node.role() != Role::Comparison && asked && !clause {
        negation::offer(here, sink);
    }
}

fn at_a_bound(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    let index = node.field_of_parent() == Some(Field::Index);
    if index || node.role() == Role::Slice || node.within(Role::Slice).is_some() {
        off_by_one::offer(here, sink);
    }
}

fn arguments(here: &Here<'_>, sink: &mut Sink<'_>) {
    let callee = here.node.parent().and_then(|call| call.field(Field::Callee));
    let either_way = callee.is_some_and(|callee| EITHER_WAY.contains(&own_name_of_callee(callee)));
    let named = here.node.parts().iter().any(|part| part.role() == Role::Keyword);
    if here.node.role() == Role::Arguments && !named && !either_way {
        swap::offer(here, sink);
    }
}

/// A condition with a clause less.
fn clause(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.role() == Role::Boolean {
        less::unwrap(here, sink);
    }
}

/// Nothing in place of what a function returns, or the plainest value of its type.
fn returned(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(value) = value_of_function(here) else { return };
    let literal = value.is(&[Role::True, Role::False, Role::Null]) || value.role().is_number();
    if literal || is_plain(value.text()) {
        return;
    }
    let write = here.write();
    let of = here.statement.function_node().and_then(|function| function.field(Field::Type));
    if write.defaults.is_empty() {
        return sink.replace(value, write.null);
    }
    let of = of.map_or("", Node::text);
    let known = write.defaults.iter().find(|(name, _)| of.starts_with(name));
    for new in known.map(|(_, values)| *values).unwrap_or_default() {
        sink.replace(value, *new);
    }
}

/// Whether it is the plainest value of its type already.
fn is_plain(text: &str) -> bool {
    let inner = text.strip_prefix("Ok(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    matches!(inner, "" | "()" | "false" | "0" | "0.0" | "None" | "\"\"" | "Default::default()")
        || inner.ends_with("::new()")
        || inner.ends_with("::default()")
}

fn value_of_function<'h>(here: &Here<'h>) -> Option<Node<'h>> {
    let node = here.node;
    if node.role() == Role::Return {
        return node.field(Field::Value);
    }
    let last = node == here.statement && place::is_value_of_block(node);
    let body = node.within(Role::Block)?;
    (last && body.within(Role::Function).is_some()).then_some(node)
}

/// A statement that has an effect, gone. Without one that only names a value, nothing would run.
fn deleted(here: &Here<'_>, sink: &mut Sink<'_>) {
    let deed = here.node.deed();
    let names = deed.role() == Role::Assignment
        && deed.field(Field::Target).is_none_or(|target| target.role() == Role::Name);
    let returns = deed.role() == Role::Return && deed.field(Field::Value).is_some();
    if !names && !returns && here.node.range().len() <= DELETED_BYTES_MAX {
        statement::deletion(here, sink);
    }
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
