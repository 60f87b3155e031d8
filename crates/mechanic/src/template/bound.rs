//! A value kept within bounds, and a comparison with a number that is wrong in both.

use super::{Here, Sink};
use crate::source::{children, named_children};

const ORDER: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.kind() {
        "comparison_operator" => both(here, sink),
        "assignment" => kept(here, sink),
        _ if here.is_value() && !here.is(&["integer", "float"]) => limited(here, sink),
        _ => {}
    }
}

/// `len(x) < 2` for `len(x) == 0`.
fn both(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (parts, all) = (named_children(here.node), children(here.node));
    if all.len() != 3 || parts.len() != 2 || parts[1].kind() != "integer" {
        return;
    }
    let Ok(number) = here.of(parts[1]).parse::<i32>() else { return };
    for operator in ORDER {
        for near in [number.saturating_sub(1), number, number.saturating_add(1), 0, 1] {
            sink.replace(here.node, format!("{} {operator} {near}", here.of(parts[0])));
        }
    }
}

/// `x = max(x, …)` for `x = …`.
fn kept(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (here.field("left"), here.field("right")) else { return };
    for function in ["max", "min"] {
        sink.replace(right, format!("{function}({}, {})", here.of(left), here.of(right)));
    }
    for operator in ["+", "-", "*", "or"] {
        sink.replace(right, format!("{} {operator} {}", here.of(left), here.of(right)));
    }
}

fn limited(here: &Here<'_>, sink: &mut Sink<'_>) {
    let bounds = here.scope.names.iter().map(String::as_str).chain(["0", "1", "0.0", "1.0"]);
    for bound in bounds {
        for function in ["min", "max"] {
            sink.replace(here.node, format!("{function}({}, {bound})", here.text()));
        }
    }
}
