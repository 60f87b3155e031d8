//! Less of an expression: an operand, an argument, an element's container, a branch.

use super::{Here, Sink};
use crate::source::named_children;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.kind() {
        "binary_operator" => sides(here, sink),
        "call" => arguments(here, sink),
        "subscript" => {
            if let Some(value) = here.field("value") {
                sink.replace(here.node, here.of(value));
            }
        }
        "conditional_expression" => branches(here, sink),
        "list" | "tuple" | "parenthesized_expression" => only_element(here, sink),
        _ => {}
    }
}

fn sides(here: &Here<'_>, sink: &mut Sink<'_>) {
    for side in ["left", "right"].iter().filter_map(|side| here.field(side)) {
        sink.expression(here.node, here.of(side), 1.0);
    }
}

/// `x` for `f(x)`, `f(x)` for `f(x, y)`, and `x` for `x.f()`.
fn arguments(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(list) = here.field("arguments") else { return };
    for argument in
        named_children(list).into_iter().filter(|node| node.kind() != "keyword_argument")
    {
        sink.expression(here.node, here.of(argument), 1.0);
    }
    let object = here.field("function").and_then(|function| function.child_by_field_name("object"));
    if let Some(object) = object {
        sink.replace(here.node, here.of(object));
    }
}

fn branches(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let [then, _, otherwise] = named_children(here.node)[..] {
        sink.expression(here.node, here.of(then), 1.0);
        sink.expression(here.node, here.of(otherwise), 1.0);
    }
}

fn only_element(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let [element] = named_children(here.node)[..] {
        sink.expression(here.node, here.of(element), 1.0);
    }
}
