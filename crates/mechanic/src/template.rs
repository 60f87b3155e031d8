//! All edits worth trying at one statement. A family of templates is a function in a file of its
//! own that looks at one node of the statement and offers texts to replace it by; it knows neither
//! scores nor the other families.

mod argument;
mod bound;
mod callee;
mod clause;
mod combine;
mod constant;
mod insertion;
mod name;
mod negation;
mod off_by_one;
mod operator;
mod removal;
mod returned;
mod scope;
mod surgery;
mod swap;
mod unwrap;
mod wrap;

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::Node;

use crate::candidate::{Candidate, Template, tokens_changed};
use crate::source::{self, Source};
pub use scope::Scope;

/// Of one statement. What is beyond is the least likely, as families go from likely to unlikely.
const PER_STATEMENT_MAX: usize = 6000;
/// A replacement or a replaced node that is longer is no small edit.
const TEXT_BYTES_MAX: usize = 400;

/// What a template sees.
pub struct Here<'s> {
    pub source: &'s Source,
    pub scope: &'s Scope,
    pub statement: Node<'s>,
    pub node: Node<'s>,
}

impl<'s> Here<'s> {
    pub fn text(&self) -> &'s str {
        self.source.of(self.node)
    }

    pub fn of(&self, node: Node<'_>) -> &'s str {
        self.source.of(node)
    }

    pub fn field(&self, name: &str) -> Option<Node<'s>> {
        self.node.child_by_field_name(name)
    }

    pub fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.node.kind())
    }

    /// Whether the node is an expression whose value is used, so that another may stand there.
    pub fn is_value(&self) -> bool {
        is_expression(self.node) && !is_bound(self.node)
    }
}

const EXPRESSIONS: [&str; 22] = [
    "attribute",
    "binary_operator",
    "boolean_operator",
    "call",
    "comparison_operator",
    "concatenated_string",
    "conditional_expression",
    "dictionary",
    "false",
    "float",
    "identifier",
    "integer",
    "list",
    "list_comprehension",
    "none",
    "not_operator",
    "parenthesized_expression",
    "string",
    "subscript",
    "true",
    "tuple",
    "unary_operator",
];

pub fn is_expression(node: Node<'_>) -> bool {
    EXPRESSIONS.contains(&node.kind())
}

/// Whether the node is a name in a place that gives it a value or a meaning, not one that asks.
fn is_bound(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return true };
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => is("left"),
        "keyword_argument" | "function_definition" | "class_definition" => is("name"),
        "default_parameter" | "typed_default_parameter" => is("name"),
        "attribute" => is("attribute"),
        "parameters" | "lambda_parameters" | "pattern_list" | "tuple_pattern" | "type"
        | "typed_parameter" | "global_statement" | "nonlocal_statement" | "dotted_name" => true,
        "expression_statement" => node.kind() == "string",
        _ => false,
    }
}

type Family = (Template, f64, fn(&Here<'_>, &mut Sink<'_>));

/// All families with their priors. The priors were set by hand, from how often a one-line fix of
/// each kind is told of in studies of small bugs (ManySStuBs4J, PySStuBs, QuixBugs), and rounded.
const FAMILIES: [Family; 17] = [
    (Template::Operator, 1.0, operator::offer),
    (Template::OffByOne, 0.8, off_by_one::offer),
    (Template::Constant, 0.8, constant::offer),
    (Template::Swap, 0.75, swap::offer),
    (Template::Negation, 0.7, negation::offer),
    (Template::Name, 0.7, name::offer),
    (Template::Callee, 0.7, callee::offer),
    (Template::Clause, 0.5, clause::offer),
    (Template::Unwrap, 0.6, unwrap::offer),
    (Template::Removal, 0.45, removal::offer),
    (Template::Wrap, 0.45, wrap::offer),
    (Template::Return, 0.45, returned::offer),
    (Template::Argument, 0.5, argument::offer),
    (Template::Bound, 0.4, bound::offer),
    (Template::Combine, 0.3, combine::offer),
    (Template::Surgery, 0.25, surgery::offer),
    (Template::Insertion, 0.2, insertion::offer),
];

/// Every edit that the templates know for a statement with this score. No two give the same text.
pub fn candidates(
    source: &Source,
    statement: Node<'_>,
    scope: &Scope,
    score: f64,
) -> Vec<Candidate> {
    let mut nodes = vec![statement];
    nodes.extend(source::header(statement));
    let mut sink = Sink::new(source, statement, score);
    for (template, prior, offer) in FAMILIES {
        (sink.template, sink.prior) = (template, prior);
        for node in &nodes {
            offer(&Here { source, scope, statement, node: *node }, &mut sink);
        }
    }
    sink.found
}

/// Collects what the templates offer.
pub struct Sink<'s> {
    source: &'s Source,
    template: Template,
    prior: f64,
    score: f64,
    line: u32,
    function: Option<String>,
    seen: HashSet<(Range<usize>, String)>,
    found: Vec<Candidate>,
}

impl<'s> Sink<'s> {
    fn new(source: &'s Source, statement: Node<'_>, score: f64) -> Self {
        Self {
            source,
            template: Template::Operator,
            prior: 1.0,
            score,
            line: source::lines(statement).0,
            function: source::qualified_name(source, statement),
            seen: HashSet::new(),
            found: Vec::new(),
        }
    }

    /// Offers `text` in place of `node`.
    pub fn replace(&mut self, node: Node<'_>, text: impl Into<String>) {
        self.likely(node, text, 1.0);
    }

    /// As `replace`, where `share` of the family's prior is right.
    pub fn likely(&mut self, node: Node<'_>, text: impl Into<String>, share: f64) {
        self.range(node.byte_range(), text, share);
    }

    /// An expression, put in parentheses where its place needs that.
    pub fn expression(&mut self, node: Node<'_>, text: &str, share: f64) {
        if needs_parentheses(node, text) {
            self.likely(node, format!("({text})"), share);
        } else {
            self.likely(node, text, share);
        }
    }

    /// Offers `text` in place of some bytes.
    pub fn range(&mut self, range: Range<usize>, text: impl Into<String>, share: f64) {
        let (text, old) = (text.into(), &self.source.text[range.clone()]);
        let too_long = text.len().max(range.len()) > TEXT_BYTES_MAX;
        if too_long || old == text || self.found.len() >= PER_STATEMENT_MAX {
            return;
        }
        let (range, text) = narrowed(old, range, text);
        if self.seen.insert((range.clone(), text.clone())) {
            let size = self.size(&self.source.text[range.clone()], &text);
            self.found.push(self.candidate(range, text, size, share));
        }
    }

    /// One more or less is one slip, though it is two tokens; so are two things in each other's
    /// place, however long they are.
    fn size(&self, old: &str, new: &str) -> usize {
        match self.template {
            Template::OffByOne => 1,
            Template::Swap => tokens_changed(old, new).clamp(1, 2),
            _ => tokens_changed(old, new).max(1),
        }
    }

    fn candidate(&self, range: Range<usize>, text: String, size: usize, share: f64) -> Candidate {
        Candidate {
            path: self.source.path.clone(),
            range,
            text,
            template: self.template,
            prior: self.prior * share,
            score: self.score,
            size,
            line: self.line,
            function: self.function.clone(),
            imported: false,
        }
    }
}

/// Without what both texts begin and end with, so that equal edits found at an inner and an outer
/// node are seen to be equal.
fn narrowed(old: &str, range: Range<usize>, new: String) -> (Range<usize>, String) {
    let front = common(old.chars(), new.chars());
    let back = common(old[front..].chars().rev(), new[front..].chars().rev());
    let text = new[front..new.len() - back].to_owned();
    (range.start + front..range.end - back, text)
}

fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// Whether `text` falls apart, or takes something along, when it is written in place of `node`.
fn needs_parentheses(node: Node<'_>, text: &str) -> bool {
    let Some(parent) = node.parent() else { return false };
    let binds = match parent.kind() {
        "binary_operator"
        | "unary_operator"
        | "not_operator"
        | "boolean_operator"
        | "comparison_operator"
        | "attribute"
        | "await"
        | "conditional_expression" => true,
        "subscript" => parent.child_by_field_name("value") == Some(node),
        "call" => parent.child_by_field_name("function") == Some(node),
        _ => false,
    };
    binds && !is_atom(text)
}

/// A name, a number, a call, …: no operator outside of brackets.
fn is_atom(text: &str) -> bool {
    let mut depth = 0_u32;
    text.chars().all(|c| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 0 || c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\'' | ')' | ']' | '}')
    })
}

#[cfg(test)]
mod tests;
