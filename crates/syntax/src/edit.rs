//! The catalogue of small edits. A template is a function in a file of its own that looks at one
//! node of a statement and offers texts to put in its place; it knows neither the other templates
//! nor any language, which say how to write things. What an edit costs is how far-fetched it is:
//! less is likelier. Knows nothing of tests or of which statement is wrong.

mod constant;
mod hints;
mod mutant;
mod name;
mod negation;
mod off_by_one;
mod operator;
mod sink;
mod swap;
mod template;

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

const FAMILIES: [Family; 6] = [
    (Template::Operator, operator::offer),
    (Template::Constant, constant::offer),
    (Template::Swap, swap::offer),
    (Template::OffByOne, off_by_one::offer),
    (Template::Name, name::offer),
    (Template::Negation, negation::offer),
];

/// Every edit that the templates know for a statement, cheapest first; no two give the same text.
/// `scope` is [`Scope::of`] the statement, which all statements of a function share.
pub fn repairs(statement: Node<'_>, scope: &Scope, hints: &Hints) -> Vec<Edit> {
    let mut sink = Sink::new(statement);
    offer(&FAMILIES, statement, scope, hints, &mut sink);
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

/// Of one statement that are looked at. A table of a thousand numbers has more.
const NODES_MAX: usize = 400;

#[cfg(test)]
mod tests;
