//! A condition the other way round.

use tree_sitter::Node;

use super::{Here, Sink, is_expression};

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.kind() == "not_operator" {
        if let Some(argument) = here.field("argument") {
            sink.replace(here.node, here.of(argument));
        }
    } else if is_expression(here.node) && is_condition(here.node) {
        let simple =
            here.is(&["identifier", "attribute", "call", "subscript", "parenthesized_expression"]);
        let text = here.text();
        sink.replace(
            here.node,
            if simple { format!("not {text}") } else { format!("not ({text})") },
        );
    }
}

/// Whether only the truth of the node counts where it stands.
pub fn is_condition(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "if_statement" | "while_statement" | "elif_clause" => is("condition"),
        "boolean_operator" | "if_clause" | "return_statement" | "assert_statement" => true,
        "conditional_expression" => {
            node.prev_named_sibling().is_some() && node.next_named_sibling().is_some()
        }
        _ => false,
    }
}
