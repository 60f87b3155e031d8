//! Two things in each other's place: operands, arguments, indices, branches.

use super::sink::Sink;
use super::{Here, Replacement};
use crate::node::Node;
use crate::role::{Field, Role};

/// For operands whose order rarely matters.
const COMMUTATIVE: f64 = 0.6;
const ADDED: f64 = 0.2;
/// For two that are not neighbours.
const APART: f64 = 0.3;
const SIDES: f64 = 0.4;
/// Elements of longer lists are data.
const ELEMENTS_MAX: usize = 12;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.role() {
        Role::Binary => operands(here, sink),
        // Equality says the same either way.
        Role::Comparison if !is_equality(here) => {
            exchange(here.field(Field::Left), here.field(Field::Right), SIDES, sink);
        }
        Role::Slice | Role::Arguments | Role::Tuple | Role::List => {
            elements(&here.node.parts(), sink);
        }
        Role::Subscript => subscript(here, sink),
        Role::Conditional => {
            exchange(here.field(Field::Then), here.field(Field::Otherwise), 0.0, sink);
        }
        Role::Assignment => {
            let places = [Role::Name, Role::Attribute, Role::Subscript];
            let value = here.field(Field::Value).filter(|value| value.is(&places));
            exchange(here.field(Field::Target), value, SIDES, sink);
        }
        _ => {}
    }
}

fn is_equality(here: &Here<'_>) -> bool {
    here.field_text(Field::Operator).is_some_and(|word| here.write().equality.contains(&word))
}

fn operands(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (here.field(Field::Left), here.field(Field::Right)) else {
        return;
    };
    // Texts and lists are put together in an order.
    let more = match here.field_text(Field::Operator) {
        Some("+") => ADDED,
        Some("*" | "&" | "|" | "^") => COMMUTATIVE,
        _ => 0.0,
    };
    exchange(Some(left), Some(right), more, sink);
    if left.role() == Role::Binary {
        regrouped(here, left, right, sink);
    }
}

/// `a - (b + c)` for `a - b + c`.
fn regrouped(here: &Here<'_>, left: Node<'_>, right: Node<'_>, sink: &mut Sink<'_>) {
    if let (Some(first), Some(second)) = (left.field(Field::Left), left.field(Field::Right)) {
        let text = &here.parsed().text;
        let (before, after) =
            (&text[first.end()..second.start()], &text[second.start()..right.end()]);
        sink.replace(here.node, format!("{}{before}({after})", first.text()));
    }
}

fn elements(parts: &[Node<'_>], sink: &mut Sink<'_>) {
    let parts = &parts[..parts.len().min(ELEMENTS_MAX)];
    for (index, first) in parts.iter().enumerate() {
        for (distance, second) in parts[index + 1..].iter().enumerate() {
            let more = if distance == 0 { 0.0 } else { APART };
            exchange(Some(*first), Some(*second), more, sink);
        }
    }
}

fn subscript(here: &Here<'_>, sink: &mut Sink<'_>) {
    let parts = here.node.parts();
    elements(parts.get(1..).unwrap_or_default(), sink);
    // `a[j][i]` for `a[i][j]`.
    let inner = here.field(Field::Object).filter(|inner| inner.role() == Role::Subscript);
    if let Some(inner) = inner {
        exchange(inner.field(Field::Index), here.field(Field::Index), 0.0, sink);
    }
}

/// The texts of two nodes, exchanged.
fn exchange(first: Option<Node<'_>>, second: Option<Node<'_>>, more: f64, sink: &mut Sink<'_>) {
    let (Some(first), Some(second)) = (first, second) else { return };
    let text = &first.parsed().text;
    let between = &text[first.end()..second.start()];
    let (left, right) = (super::sink::fitted(first, second.text()), first.text());
    let right = super::sink::fitted(second, right);
    let range = first.start()..second.end();
    sink.all(vec![Replacement { range, text: format!("{left}{between}{right}") }], more);
}
