//! Another operator of the same sort: comparisons, arithmetic, bits, and and or.

use super::sink::Sink;
use super::{Here, idle};
use crate::node::Node;
use crate::role::{Field, Role};

/// For what is not the usual mistake.
const UNUSUAL: f64 = 0.3;
/// For `n + 1` in place of `n - 1`, where `n` is likelier.
const TWO_OFF: f64 = 0.2;
/// For `=` in place of `+=`.
const PLAIN: f64 = 0.5;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.role() {
        Role::Comparison => comparisons(here, sink),
        Role::Binary => arithmetic(here, sink),
        Role::Augmented => augmented(here, sink),
        Role::Boolean => boolean(here, sink),
        Role::Minus => {
            if let Some(argument) = here.field(Field::Argument) {
                sink.expression(here.node, argument.text(), 0.0);
            }
        }
        Role::Update => update(here, sink),
        _ => {}
    }
}

fn comparisons(here: &Here<'_>, sink: &mut Sink<'_>) {
    let operators =
        here.node.children().filter(|child| child.field_of_parent() == Some(Field::Operator));
    for node in operators {
        compare(here, node, sink);
    }
}

fn compare(here: &Here<'_>, node: Node<'_>, sink: &mut Sink<'_>) {
    let (write, old) = (here.write(), node.text());
    if let Some((_, new)) = write.opposites.iter().find(|(word, _)| *word == old) {
        return sink.replace(node, *new);
    }
    let (same, other) = match write.order.contains(&old) {
        true => (write.order, write.equality),
        false => (write.equality, write.order),
    };
    // Where there are two sorts of equality, the looser one is seldom meant.
    let strict = old.len();
    for new in same.iter().filter(|new| **new != old) {
        let loose = write.equality.contains(new) && new.len() != strict;
        sink.dearer(node, *new, if loose { 2.0 * UNUSUAL } else { 0.0 });
    }
    for new in other.iter().filter(|new| new.len() <= strict.max(3)) {
        let loose = write.equality.len() > 2 && write.equality.contains(new) && new.len() < 3;
        sink.dearer(node, *new, if loose { 2.0 * UNUSUAL } else { UNUSUAL });
    }
}

fn arithmetic(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(node) = here.field(Field::Operator) else { return };
    let old = node.text();
    let is_one = here.field_text(Field::Right) == Some("1");
    for (new, more) in alternatives(here, old) {
        let two_off = is_one && matches!((old, new), ("+", "-") | ("-", "+"));
        let more = more + if two_off { TWO_OFF } else { 0.0 } + idle(here.node, new);
        sink.dearer(node, new, more);
    }
}

fn augmented(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(node) = here.field(Field::Operator) else { return };
    let old = node.text().trim_end_matches('=');
    for (new, more) in alternatives(here, old) {
        sink.dearer(node, format!("{new}="), more);
    }
    sink.dearer(node, "=", PLAIN);
}

fn alternatives(here: &Here<'_>, old: &str) -> Vec<(&'static str, f64)> {
    let write = here.write();
    let other = |all: &'static [&'static str], more: f64| {
        all.iter().filter(|new| **new != old).map(|new| (*new, more)).collect::<Vec<_>>()
    };
    if write.arithmetic.contains(&old) {
        other(write.arithmetic, 0.0)
    } else if write.bits.contains(&old) {
        [other(write.bits, 0.0), other(write.arithmetic, UNUSUAL)].concat()
    } else {
        Vec::new()
    }
}

fn boolean(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(node) = here.field(Field::Operator) else { return };
    let write = here.write();
    match node.text() {
        old if old == write.and => sink.replace(node, write.or),
        old if old == write.or => sink.replace(node, write.and),
        _ => {}
    }
}

fn update(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(node) = here.field(Field::Operator) else { return };
    match node.text() {
        "++" => sink.replace(node, "--"),
        "--" => sink.replace(node, "++"),
        _ => {}
    }
}
