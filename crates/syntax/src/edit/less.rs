//! Less of an expression: an operand, an argument, a clause, an element's container, a branch.

use super::Here;
use super::sink::Sink;
use crate::node::Node;
use crate::role::{Field, Role};

/// Arguments that are looked at.
const ARGUMENTS_MAX: usize = 8;
const MEMBER: f64 = 0.4;

/// `x` for `f(x)`, `a` for `a + b`, `x` for `x[i]`.
pub fn unwrap(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    match node.role() {
        Role::Binary | Role::Boolean => inner(here, &[Field::Left, Field::Right], 0.0, sink),
        Role::Call => call(here, sink),
        Role::Subscript => inner(here, &[Field::Object], 0.0, sink),
        Role::Attribute if !node.is_callee() && node.is_value() => {
            inner(here, &[Field::Object], MEMBER, sink);
        }
        Role::Conditional => inner(here, &[Field::Then, Field::Otherwise], 0.0, sink),
        Role::List | Role::Tuple | Role::Value | Role::Parenthesised if node.is_value() => {
            only_part(here, sink);
        }
        _ => {}
    }
}

fn inner(here: &Here<'_>, fields: &[Field], more: f64, sink: &mut Sink<'_>) {
    for part in fields.iter().filter_map(|field| here.field(*field)) {
        sink.expression(here.node, part.text(), more);
    }
}

fn call(here: &Here<'_>, sink: &mut Sink<'_>) {
    // A call whose result nobody takes is a deed, not a value.
    if here.statement.deed() == here.node && here.statement != here.node {
        return;
    }
    for argument in arguments(here.node) {
        sink.expression(here.node, argument.text(), 0.0);
    }
    if let Some(object) = here.field(Field::Callee).and_then(|callee| callee.field(Field::Object)) {
        sink.expression(here.node, object.text(), 0.0);
    }
}

fn arguments(call: Node<'_>) -> Vec<Node<'_>> {
    let Some(list) = call.field(Field::Arguments) else { return Vec::new() };
    let positional = list.parts().into_iter().filter(|part| part.role() != Role::Keyword);
    positional.take(ARGUMENTS_MAX).collect()
}

fn only_part(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let [part] = here.node.parts()[..]
        && part.role().is_expression()
    {
        sink.expression(here.node, part.text(), 0.0);
    }
}

/// An argument less, or one more.
pub fn argument(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.role() != Role::Arguments {
        return;
    }
    let parts = here.node.parts();
    let texts: Vec<&str> = parts.iter().map(|part| part.text()).collect();
    for dropped in 0..texts.len().min(ARGUMENTS_MAX) {
        let mut kept = texts.clone();
        kept.remove(dropped);
        sink.replace(here.node, format!("({})", kept.join(", ")));
    }
    let names = here.scope.names.iter().map(String::as_str);
    for new in here.write().arguments.iter().copied().chain(names) {
        let all: Vec<&str> = texts.iter().copied().chain([new]).collect();
        sink.replace(here.node, format!("({})", all.join(", ")));
    }
}
