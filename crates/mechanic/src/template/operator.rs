//! Another operator of the same sort: comparisons, arithmetic, bits, `and` and `or`.

use tree_sitter::Node;

use super::{Here, Sink};
use crate::source;

const ORDER: [&str; 4] = ["<", "<=", ">", ">="];
const EQUALITY: [&str; 2] = ["==", "!="];
const ARITHMETIC: [&str; 7] = ["+", "-", "*", "/", "//", "%", "**"];
const BITS: [&str; 5] = ["&", "|", "^", "<<", ">>"];
/// Of what is not the usual mistake.
const UNUSUAL: f64 = 0.5;
/// Of `1 * x`, which nobody writes.
const SAYS_NOTHING: f64 = 0.1;
/// Of `n + 1` for `n - 1`, where `n` is likelier.
const TWO_OFF: f64 = 0.6;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.kind() {
        "comparison_operator" => comparisons(here, sink),
        "binary_operator" | "augmented_assignment" => arithmetic(here, sink),
        "boolean_operator" => boolean(here, sink),
        "unary_operator" => sign(here, sink),
        _ => {}
    }
}

fn comparisons(here: &Here<'_>, sink: &mut Sink<'_>) {
    for node in source::children(here.node).into_iter().filter(|child| !child.is_named()) {
        compare(here.of(node), node, sink);
    }
    // The grammar gives these two a named node's name but two tokens.
    for node in source::children(here.node) {
        match here.of(node) {
            "is not" => sink.replace(node, "is"),
            "not in" => sink.replace(node, "in"),
            _ => {}
        }
    }
}

fn compare(old: &str, node: Node<'_>, sink: &mut Sink<'_>) {
    match old {
        "is" => sink.replace(node, "is not"),
        "in" => sink.replace(node, "not in"),
        _ if ORDER.contains(&old) => {
            each_other(&ORDER, old, node, sink, 1.0);
            each_other(&EQUALITY, old, node, sink, UNUSUAL);
        }
        _ if EQUALITY.contains(&old) => {
            each_other(&EQUALITY, old, node, sink, 1.0);
            each_other(&ORDER, old, node, sink, UNUSUAL);
        }
        _ => {}
    }
}

fn each_other(all: &[&str], old: &str, node: Node<'_>, sink: &mut Sink<'_>, share: f64) {
    for new in all.iter().filter(|new| **new != old) {
        sink.likely(node, *new, share);
    }
}

fn arithmetic(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(node) = here.field("operator") else { return };
    let written = here.of(node);
    let assigns = here.node.kind() == "augmented_assignment";
    let old = if assigns { written.trim_end_matches('=') } else { written };
    let suffix = if assigns { "=" } else { "" };
    let is_one = !assigns && here.field("right").is_some_and(|node| here.of(node) == "1");
    let idle = |new: &str| operands_say_nothing(here, new);
    for (new, share) in alternatives(old) {
        let share = if idle(new) {
            SAYS_NOTHING
        } else if is_one && matches!((old, new), ("+", "-") | ("-", "+")) {
            TWO_OFF * share
        } else {
            share
        };
        sink.likely(node, format!("{new}{suffix}"), share);
    }
    if assigns {
        sink.likely(node, "=", UNUSUAL);
    }
}

/// Whether the operator would do nothing, or always the same, with the number that stands there.
fn operands_say_nothing(here: &Here<'_>, operator: &str) -> bool {
    let is =
        |side: &str, number: &str| here.field(side).is_some_and(|node| here.of(node) == number);
    match operator {
        "*" => ["0", "1"].iter().any(|number| is("left", number) || is("right", number)),
        "/" | "//" | "%" | "**" => is("right", "1") || is("left", "1") || is("left", "0"),
        "+" | "-" | "|" | "^" | "<<" | ">>" => {
            is("right", "0") || (is("left", "0") && operator == "+")
        }
        _ => false,
    }
}

fn alternatives(old: &str) -> Vec<(&'static str, f64)> {
    let other = |all: &[&'static str], share| -> Vec<(&'static str, f64)> {
        all.iter().filter(|new| **new != old).map(|new| (*new, share)).collect()
    };
    if ARITHMETIC.contains(&old) {
        other(&ARITHMETIC, 1.0)
    } else if BITS.contains(&old) {
        [other(&BITS, 1.0), other(&ARITHMETIC, UNUSUAL)].concat()
    } else {
        Vec::new()
    }
}

fn boolean(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let Some(node) = here.field("operator") {
        sink.replace(node, if here.of(node) == "and" { "or" } else { "and" });
    }
}

fn sign(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let Some(argument) = here.field("argument") {
        sink.expression(here.node, here.of(argument), 1.0);
    }
}
