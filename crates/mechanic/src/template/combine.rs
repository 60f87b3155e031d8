//! An operation with a name or a small number that was left out.

use super::{Here, Sink};

const OPERATORS: [&str; 6] = ["+", "-", "*", "/", "//", "%"];
const SMALL: [&str; 4] = ["** 2", "* 2", "/ 2", "// 2"];

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.is(&["list", "list_comprehension"]) && here.is_value() {
        return collections(here, sink);
    }
    let fits = here.is(&[
        "identifier",
        "attribute",
        "call",
        "subscript",
        "binary_operator",
        "integer",
        "float",
    ]);
    if !fits || !here.is_value() {
        return;
    }
    let text = here.text();
    let text =
        if here.node.kind() == "binary_operator" { format!("({text})") } else { text.to_owned() };
    for small in SMALL {
        sink.expression(here.node, &format!("{text} {small}"), 1.0);
    }
    for name in &here.scope.names {
        for operator in OPERATORS {
            sink.expression(here.node, &format!("{text} {operator} {name}"), 0.8);
        }
        sink.expression(here.node, &format!("{name} - {text}"), 0.6);
        sink.expression(here.node, &format!("{name} + {text}"), 0.6);
    }
    sink.expression(here.node, &format!("1 - {text}"), 0.8);
}

/// A list that another one should have been put before or behind.
fn collections(here: &Here<'_>, sink: &mut Sink<'_>) {
    let text = here.text();
    for name in &here.scope.names {
        sink.expression(here.node, &format!("{name} + {text}"), 1.0);
        sink.expression(here.node, &format!("{text} + {name}"), 1.0);
    }
}
