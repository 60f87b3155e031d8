//! Two things in each other's place: operands, arguments, indices, branches.

use tree_sitter::Node;

use super::{Here, Sink};
use crate::source::named_children;

/// Operands that a person rarely mistakes, as the order doesn't matter or reads the same.
const COMMUTATIVE: f64 = 0.4;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.kind() {
        "binary_operator" => operands(here, sink),
        "slice" => {
            elements(here, sink);
            ends(here, sink);
        }
        "argument_list" | "expression_list" | "tuple" | "subscript" | "list" => {
            elements(here, sink);
        }
        "conditional_expression" => branches(here, sink),
        "assignment" => sides(here, sink),
        "comparison_operator" => elements(here, sink),
        _ => {}
    }
}

fn operands(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (here.field("left"), here.field("right")) else { return };
    let operator = here.field("operator").map_or("", |node| here.of(node));
    // Texts and lists are put together in an order.
    let share = if operator == "+" {
        0.7
    } else if matches!(operator, "-" | "/" | "//" | "%" | "**" | "<<" | ">>") {
        1.0
    } else {
        COMMUTATIVE
    };
    sink.likely(here.node, exchanged(here, left, right), share);
    // `a - (b + c)` for `a - b + c`.
    if left.kind() == "binary_operator" {
        regrouped(here, left, right, sink);
    }
}

fn regrouped(here: &Here<'_>, left: Node<'_>, right: Node<'_>, sink: &mut Sink<'_>) {
    let Some(first) = left.child_by_field_name("left") else { return };
    let inner = &here.source.text[first.end_byte()..right.end_byte()];
    let Some(second) = left.child_by_field_name("right") else { return };
    let split = second.start_byte() - first.end_byte();
    let text = format!("{}{}({})", here.of(first), &inner[..split], &inner[split..]);
    sink.replace(here.node, text);
}

fn elements(here: &Here<'_>, sink: &mut Sink<'_>) {
    let mut parts = named_children(here.node);
    if here.node.kind() == "subscript" {
        parts.remove(0);
        indices(here, sink);
    }
    for (index, first) in parts.iter().enumerate() {
        for second in &parts[index + 1..] {
            let share = if first.next_named_sibling() == Some(*second) { 1.0 } else { 0.5 };
            sink.likely(here.node, exchanged(here, *first, *second), share);
        }
    }
}

/// `a[j][i]` for `a[i][j]`.
fn indices(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(inner) = here.field("value").filter(|value| value.kind() == "subscript") else {
        return;
    };
    if let (Some(first), Some(second)) =
        (inner.child_by_field_name("subscript"), here.field("subscript"))
    {
        sink.replace(here.node, exchanged(here, first, second));
    }
}

/// A slice's one bound at its other end, or one of its two bounds alone.
fn ends(here: &Here<'_>, sink: &mut Sink<'_>) {
    for bound in named_children(here.node) {
        let bound = here.of(bound);
        sink.likely(here.node, format!("{bound}:"), 1.0);
        sink.likely(here.node, format!(":{bound}"), 1.0);
        if !bound.starts_with('-') {
            sink.likely(here.node, format!("-{bound}:"), 0.5);
            sink.likely(here.node, format!(":-{bound}"), 0.5);
        }
    }
}

fn branches(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let [then, _, otherwise] = named_children(here.node)[..] {
        sink.replace(here.node, exchanged(here, then, otherwise));
    }
}

fn sides(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let (Some(left), Some(right)) = (here.field("left"), here.field("right")) {
        sink.likely(here.node, exchanged(here, left, right), 0.5);
    }
}

/// The node's text with the texts of two nodes within it exchanged.
fn exchanged(here: &Here<'_>, first: Node<'_>, second: Node<'_>) -> String {
    let text = &here.source.text;
    format!(
        "{}{}{}{}{}",
        &text[here.node.start_byte()..first.start_byte()],
        here.of(second),
        &text[first.end_byte()..second.start_byte()],
        here.of(first),
        &text[second.end_byte()..here.node.end_byte()],
    )
}
