//! Another value to return or to yield.

use super::{Here, Sink};
use crate::source::named_children;

const USUAL: [&str; 9] = ["None", "True", "False", "0", "1", "-1", "[]", "[[]]", "\"\""];

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !here.is(&["return_statement", "yield"]) {
        return;
    }
    let Some(value) = named_children(here.node).first().copied() else {
        return each_of(here, sink);
    };
    for new in USUAL {
        sink.replace(value, new);
    }
    for name in &here.scope.names {
        sink.replace(value, name);
        sink.likely(value, format!("[{name}]"), 0.8);
        sink.likely(value, format!("not {name}"), 0.8);
        sink.likely(value, format!("{name} == 0"), 0.8);
        sink.likely(value, format!("{name} is None"), 0.6);
    }
    if here.node.kind() == "yield" {
        sink.replace(here.node, format!("yield from {}", here.of(value)));
    }
}

/// A bare `return` that should have had a value.
fn each_of(here: &Here<'_>, sink: &mut Sink<'_>) {
    for name in here.scope.names.iter().filter(|_| here.node.kind() == "return_statement") {
        sink.replace(here.node, format!("return {name}"));
    }
}
