//! One more or one less: indices, slices, ranges, bounds, arguments and results.

use super::{Here, Sink};

/// Where counting from the wrong end is usual.
const AT_A_BOUND: f64 = 1.0;
/// A whole value that is given a name or given back.
const WHOLE: f64 = 0.9;
const ELSEWHERE: f64 = 0.5;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let countable = here.is(&["identifier", "attribute", "call", "binary_operator", "subscript"]);
    if !countable || !here.is_value() || is_callee(here) {
        return;
    }
    let share = share(here);
    if let Some(rest) = without_one(here) {
        sink.expression(here.node, rest, 1.0);
    }
    for operator in ["+", "-"] {
        sink.expression(here.node, &format!("{} {operator} 1", here.text()), share);
    }
}

/// `n` for `n + 1`, `n - 1` and `1 + n`.
fn without_one<'s>(here: &Here<'s>) -> Option<&'s str> {
    let field = |name| here.field(name).map(|node| here.of(node));
    match (field("left")?, field("operator")?, field("right")?) {
        (rest, "+" | "-", "1") | ("1", "+", rest) => Some(rest),
        _ => None,
    }
}

fn is_callee(here: &Here<'_>) -> bool {
    here.node
        .parent()
        .is_some_and(|parent| matches!(parent.kind(), "call" | "attribute" | "decorator"))
}

fn share(here: &Here<'_>) -> f64 {
    match here.node.parent().map(|parent| parent.kind()) {
        Some("subscript" | "slice" | "argument_list" | "comparison_operator") => AT_A_BOUND,
        Some("assignment" | "return_statement") => WHOLE,
        _ => ELSEWHERE,
    }
}
