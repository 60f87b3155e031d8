//! More of an expression: its amount, its sign, its whole part, a part of its elements.

use super::{Here, Sink};

/// `{}` is the expression.
const CALLS: [&str; 13] = [
    "abs({})",
    "int({})",
    "float({})",
    "round({})",
    "len({})",
    "list({})",
    "sorted({})",
    "str({})",
    "set({})",
    "reversed({})",
    "max(0, {})",
    "[{}]",
    "tuple({})",
];
/// Behind an expression that needs no parentheses for it.
const SUFFIXES: [&str; 10] =
    ["[1:]", "[:-1]", "[::-1]", "[0]", "[-1]", ".copy()", ".lower()", ".strip()", ".items()", "()"];
/// Slices by a name.
const SLICES: [(&str, &str); 2] = [("[", ":]"), ("[:", "]")];

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !here.is_value() || here.is(&["string", "none", "true", "false", "tuple"]) {
        return;
    }
    let text = here.text();
    sign(here, sink);
    for call in CALLS {
        sink.replace(here.node, call.replace("{}", text));
    }
    if here.is(&["identifier", "attribute", "call", "subscript"]) {
        suffixes(here, sink);
    }
}

fn sign(here: &Here<'_>, sink: &mut Sink<'_>) {
    let simple = here.is(&["identifier", "attribute", "call", "subscript", "integer", "float"]);
    let text = here.text();
    let text = if simple { format!("-{text}") } else { format!("-({text})") };
    sink.expression(here.node, &text, 1.0);
}

fn suffixes(here: &Here<'_>, sink: &mut Sink<'_>) {
    for suffix in SUFFIXES {
        sink.replace(here.node, format!("{}{suffix}", here.text()));
    }
    for name in &here.scope.names {
        for (open, close) in SLICES {
            sink.likely(here.node, format!("{}{open}{name}{close}", here.text()), 0.5);
        }
    }
}
