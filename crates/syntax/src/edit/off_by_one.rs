//! One more or one less: indices, slices, ranges, bounds, arguments and results.

use super::Here;
use super::sink::Sink;
use crate::node::Node;
use crate::role::{Field, Role};

/// For where counting is not usual.
const ELSEWHERE: f64 = 0.4;
const WHOLE: f64 = 0.1;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.role() == Role::Slice {
        return last(here, sink);
    }
    let node = here.node;
    let countable =
        node.is(&[Role::Name, Role::Attribute, Role::Call, Role::Binary, Role::Subscript]);
    let used = node.parent().is_some_and(|parent| {
        !parent.is(&[Role::ExpressionStatement, Role::Decorator])
            && node.field_of_parent() != Some(Field::Object)
    });
    if !countable || !used || !node.is_value() || node.is_callee() {
        return;
    }
    if let Some(rest) = without_one(here) {
        sink.expression(node, rest, 0.0);
    }
    let text = match here.field_text(Field::Operator) {
        Some(operator) if here.write().bits.contains(&operator) => format!("({})", node.text()),
        _ => node.text().to_owned(),
    };
    for operator in ["+", "-"] {
        sink.expression(node, &format!("{text} {operator} 1"), more(here));
    }
}

/// A range with its last number, or without.
fn last(here: &Here<'_>, sink: &mut Sink<'_>) {
    let parts: Vec<Node<'_>> = here.node.children().collect();
    let [.., dots, _] = parts[..] else { return };
    match dots.text() {
        ".." => sink.replace(dots, "..="),
        "..=" => sink.replace(dots, ".."),
        _ => {}
    }
}

/// `n` for `n + 1`, `n - 1` and `1 + n`.
fn without_one<'h>(here: &Here<'h>) -> Option<&'h str> {
    let field = |field| here.field_text(field);
    match (field(Field::Left)?, field(Field::Operator)?, field(Field::Right)?) {
        (rest, "+" | "-", "1") | ("1", "+", rest) => Some(rest),
        _ => None,
    }
}

fn more(here: &Here<'_>) -> f64 {
    match here.node.parent().map(|parent| parent.role()) {
        Some(Role::Subscript | Role::Slice | Role::Arguments | Role::Comparison) => 0.0,
        Some(Role::Assignment | Role::Let | Role::Return) => WHOLE,
        _ => ELSEWHERE,
    }
}
