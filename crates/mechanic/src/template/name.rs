//! Another variable of the function, or another attribute of the file.

use super::{Here, Sink};

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.kind() {
        "identifier" => identifier(here, sink),
        "attribute" => attribute(here, sink),
        _ => {}
    }
}

fn identifier(here: &Here<'_>, sink: &mut Sink<'_>) {
    let parent = here.node.parent().map_or("", |parent| parent.kind());
    let callee = parent == "call";
    let target = here.node.parent().and_then(|parent| parent.child_by_field_name("left"));
    if callee || parent.ends_with("_definition") || parent.contains("parameter") {
        return;
    }
    if here.is_value() || target == Some(here.node) {
        let share = if target == Some(here.node) { 0.5 } else { 1.0 };
        for name in &here.scope.names {
            sink.likely(here.node, name, share);
        }
    }
}

fn attribute(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(attribute) = here.field("attribute") else { return };
    for name in &here.scope.attributes {
        sink.replace(attribute, name);
    }
    if here.is_value() {
        for name in &here.scope.names {
            sink.likely(here.node, name, 0.6);
        }
    }
}
