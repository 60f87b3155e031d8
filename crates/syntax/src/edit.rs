//! The catalogue of small edits. A template is a function in a file of its own that looks at one
//! node of a statement and offers texts to put in its place; it knows neither the other templates
//! nor any language, which say how to write things. What an edit costs is how far-fetched it is:
//! less is likelier. Knows nothing of tests or of which statement is wrong.

mod combine;
mod constant;
mod hints;
mod less;
mod member;
mod more;
mod mutant;
mod name;
mod negation;
mod off_by_one;
mod operator;
mod place;
mod said;
mod sink;
mod statement;
mod swap;
mod template;
mod text;

use std::collections::HashSet;
use std::ops::Range;

use crate::language::Write;
use crate::node::Node;
use crate::parsed::Parsed;
use crate::role::{Field, Role};
use crate::scope::{Scope, Vocabulary};
use crate::statement::header;
pub use hints::{Difference, Hints};
pub use mutant::{Mutant, mutants};
use sink::Sink;
pub use template::Template;

/// One small edit of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// At least one, from top to bottom, none within another.
    pub replacements: Vec<Replacement>,
    pub template: Template,
    /// How far-fetched it is. 1 is a wrong operator; a difference of 1.2 is a factor of e.
    pub cost: f64,
    /// The first of its statement, counted from 1.
    pub line: u32,
    /// `Class.method`, where it is in one.
    pub function: Option<String>,
    /// Tokens that differ.
    pub size: usize,
}

/// `text` in place of some bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Replacement {
    pub range: Range<usize>,
    pub text: String,
}

impl Edit {
    /// Cheapest first, then by place, then by text.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let place = |edit: &Self| edit.replacements.first().map(|first| first.range.start);
        let by_place = place(self).cmp(&place(other));
        let cost = self.cost.total_cmp(&other.cost);
        cost.then(by_place).then_with(|| {
            let texts = |edit: &Self| -> Vec<(usize, String)> {
                let all = edit.replacements.iter();
                all.map(|each| (each.range.end, each.text.clone())).collect()
            };
            texts(self).cmp(&texts(other))
        })
    }

    /// The file's text with the edit in it. The text must be the one that it was made for.
    pub fn apply(&self, text: &str) -> String {
        let mut edited = String::with_capacity(text.len() + 64);
        let mut done = 0;
        for Replacement { range, text: new } in &self.replacements {
            edited.push_str(&text[done..range.start]);
            edited.push_str(new);
            done = range.end;
        }
        edited.push_str(&text[done..]);
        edited
    }

    /// From the first byte it replaces to behind the last.
    pub fn range(&self) -> Range<usize> {
        let start = self.replacements.first().map_or(0, |first| first.range.start);
        start..self.replacements.last().map_or(start, |last| last.range.end)
    }
}

/// What a template sees.
struct Here<'h> {
    node: Node<'h>,
    statement: Node<'h>,
    scope: &'h Scope,
    hints: &'h Hints,
}

impl<'h> Here<'h> {
    fn write(&self) -> &'static Write {
        &self.parsed().grammar().write
    }

    fn parsed(&self) -> &'h Parsed {
        self.node.parsed()
    }

    fn vocabulary(&self) -> &'h Vocabulary {
        self.parsed().vocabulary()
    }

    /// What the function asks, what can be asked of its names, and what the file asks.
    fn conditions(&self) -> Vec<String> {
        let clauses = self.scope.names.iter().take(ASKED_MAX).flat_map(|name| {
            self.write().clauses.iter().map(move |clause| clause.replace("{}", name))
        });
        let own = self.scope.conditions.iter().cloned();
        let mut all: Vec<String> =
            own.chain(clauses).chain(self.vocabulary().conditions.iter().cloned()).collect();
        let mut seen = HashSet::new();
        all.retain(|condition| seen.insert(condition.clone()));
        all
    }

    fn is_in_function(&self) -> bool {
        self.statement.function_node().is_some_and(|function| function != self.statement)
    }

    /// Within the function, if there is one.
    fn is_in_loop(&self) -> bool {
        let outer = self.statement.ancestors().skip(1);
        outer
            .take_while(|outer| !outer.is(&[Role::Function, Role::Lambda]))
            .any(|outer| outer.is(&[Role::For, Role::While]))
    }

    fn text(&self) -> &'h str {
        self.node.text()
    }

    fn field(&self, field: Field) -> Option<Node<'h>> {
        self.node.field(field)
    }

    fn field_text(&self, field: Field) -> Option<&'h str> {
        self.field(field).map(Node::text)
    }
}

type Family = (Template, fn(&Here<'_>, &mut Sink<'_>));

/// Cheapest first, so that what is beyond a statement's bounds is the least likely.
const FAMILIES: [Family; 31] = [
    (Template::Operator, operator::offer),
    (Template::Constant, constant::offer),
    (Template::Swap, swap::offer),
    (Template::Text, text::offer),
    (Template::OffByOne, off_by_one::offer),
    (Template::Name, name::offer),
    (Template::Attribute, member::attribute),
    (Template::Callee, member::callee),
    (Template::Member, member::member),
    (Template::Negation, negation::offer),
    (Template::Default, said::default),
    (Template::Except, said::except),
    (Template::Unwrap, less::unwrap),
    (Template::Keyword, said::keyword),
    (Template::List, more::list),
    (Template::Slice, more::slice),
    (Template::Target, statement::target),
    (Template::Return, statement::returned),
    (Template::Argument, less::argument),
    (Template::Deletion, statement::deletion),
    (Template::Flow, statement::flow),
    (Template::Unguard, statement::unguard),
    (Template::CallToAssignment, statement::call_to_assignment),
    (Template::Clause, more::clause),
    (Template::Condition, more::condition),
    (Template::Copy, statement::copy),
    (Template::Insertion, statement::insertion),
    (Template::Expression, more::expression),
    (Template::Operand, more::operand),
    (Template::Wrap, more::wrap),
    (Template::Guard, statement::guard),
];

/// Every edit that the templates know for a statement, cheapest first; no two give the same text.
/// `scope` is [`Scope::of`] the statement, which all statements of a function share.
pub fn repairs(statement: Node<'_>, scope: &Scope, hints: &Hints) -> Vec<Edit> {
    repairs_up_to(f64::INFINITY, statement, scope, hints)
}

/// As `repairs`, without the templates that cost more than `cost`, which takes a fraction of the
/// time: most of the edits are of the dearest ones.
pub fn repairs_up_to(cost: f64, statement: Node<'_>, scope: &Scope, hints: &Hints) -> Vec<Edit> {
    let count = FAMILIES.iter().take_while(|(template, _)| template.cost() <= cost).count();
    let mut sink = Sink::new(statement);
    offer(&FAMILIES[..count], statement, scope, hints, &mut sink);
    let origins = sink.take_origins();
    if Template::Everywhere.cost() <= cost {
        combine::everywhere(statement, &origins, &mut sink);
    }
    if Template::Pair.cost() <= cost {
        combine::pairs(&mut sink);
    }
    sink.finish()
}

fn offer(
    families: &[Family],
    statement: Node<'_>,
    scope: &Scope,
    hints: &Hints,
    sink: &mut Sink<'_>,
) {
    let mut nodes = vec![statement];
    nodes.extend(header(statement));
    nodes.truncate(NODES_MAX);
    for (template, offer) in families {
        sink.begin(*template);
        for node in &nodes {
            if template.replaces_a_value() && node.range().len() > TEXT_BYTES_MAX {
                continue;
            }
            offer(&Here { node: *node, statement, scope, hints }, sink);
        }
    }
}

/// For `x + 0`, which nobody writes.
const SAYS_NOTHING: f64 = 1.5;

/// What more it costs that an operation with this operator would do nothing, or always the same.
fn idle(operation: Node<'_>, operator: &str) -> f64 {
    let is = |field, number: &str| operation.field(field).is_some_and(|one| one.text() == number);
    let (left, right) = (|number| is(Field::Left, number), |number| is(Field::Right, number));
    let idle = match operator {
        "*" => left("0") || left("1") || right("0") || right("1"),
        "/" | "//" | "%" | "**" => right("1") || left("1") || left("0"),
        "+" | "-" | "|" | "^" | "<<" | ">>" => right("0") || (left("0") && operator == "+"),
        _ => false,
    };
    if idle { SAYS_NOTHING } else { 0.0 }
}

/// The same of a number in place of an operand.
fn idle_number(operand: Node<'_>, number: i64) -> f64 {
    let Some(operation) = operand.within(Role::Binary) else { return 0.0 };
    let idle = match operation.field(Field::Operator).map(Node::text) {
        Some("+" | "-") => number == 0,
        Some("*" | "/" | "//" | "**" | "%") => number == 0 || number == 1,
        _ => false,
    };
    if idle { SAYS_NOTHING } else { 0.0 }
}

/// A form with its blanks filled in: what is filled in is not looked at again.
fn filled(form: &str, blanks: &[(&str, &str)]) -> String {
    let (mut written, mut rest) = (String::new(), form);
    while let Some(at) = rest.find('{') {
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        let blank = blanks.iter().find(|(blank, _)| rest.starts_with(blank));
        let (blank, text) = blank.copied().unwrap_or(("{", "{"));
        written.push_str(text);
        rest = &rest[blank.len()..];
    }
    written + rest
}

/// A replacement or a replaced text that is longer is no small edit.
const TEXT_BYTES_MAX: usize = 400;
/// Names that something is asked of.
const ASKED_MAX: usize = 16;
/// Of one statement that are looked at. A table of a thousand numbers has more.
const NODES_MAX: usize = 400;

#[cfg(test)]
mod tests;
