//! A condition with a clause more or less.

use super::negation::is_condition;
use super::{Here, Sink, is_expression};

/// Of a condition that asks nothing any more.
const ALWAYS: f64 = 0.3;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.kind() == "boolean_operator" {
        one_side(here, sink);
    }
    if is_expression(here.node) && is_condition(here.node) && !is_a_side(here) {
        constant(here, sink);
        one_more(here, sink);
    }
}

fn one_side(here: &Here<'_>, sink: &mut Sink<'_>) {
    for side in ["left", "right"].iter().filter_map(|side| here.field(side)) {
        sink.expression(here.node, here.of(side), 1.5);
    }
}

fn is_a_side(here: &Here<'_>) -> bool {
    here.node.parent().is_some_and(|parent| parent.kind() == "boolean_operator")
}

/// A branch that is always or never taken; or a loop that ends when a collection is used up.
fn constant(here: &Here<'_>, sink: &mut Sink<'_>) {
    for new in ["True", "False"] {
        sink.likely(here.node, new, ALWAYS);
    }
    if here.is(&["true", "false", "integer"]) {
        for name in &here.scope.names {
            sink.replace(here.node, name);
        }
    }
}

fn one_more(here: &Here<'_>, sink: &mut Sink<'_>) {
    let old = here.text();
    let old =
        if here.node.kind() == "boolean_operator" { format!("({old})") } else { old.to_owned() };
    for clause in clauses(here) {
        for joined in ["and", "or"] {
            sink.likely(here.node, format!("{old} {joined} {clause}"), 0.6);
            sink.likely(here.node, format!("{clause} {joined} {old}"), 0.5);
        }
    }
}

fn clauses(here: &Here<'_>) -> Vec<String> {
    let names = here.scope.names.iter();
    let asked =
        names.flat_map(|name| [name.clone(), format!("not {name}"), format!("{name} is None")]);
    let known = here.scope.conditions.iter().map(|known| {
        if known.contains(" or ") || known.contains(" and ") {
            format!("({known})")
        } else {
            known.clone()
        }
    });
    asked.chain(known).collect()
}
