//! A statement that should not be there, or should be in another block.

use tree_sitter::Node;

use super::{Here, Sink};
use crate::source;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node != here.statement {
        return;
    }
    match here.node.kind() {
        "expression_statement"
        | "raise_statement"
        | "return_statement"
        | "assert_statement"
        | "delete_statement" => {
            sink.replace(here.node, "pass");
            later(here, sink);
        }
        "break_statement" => sink.replace(here.node, "continue"),
        "continue_statement" => sink.replace(here.node, "break"),
        "if_statement" => only_its_block(here, sink),
        _ => {}
    }
}

/// The last statement of a block, moved behind the block.
fn later(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(block) = here.node.parent().filter(|parent| parent.kind() == "block") else { return };
    let last = source::named_children(block).last() == Some(&here.node);
    let Some(outer) = block.parent().filter(|_| last) else { return };
    let column = outer.start_position().column;
    if here.node.prev_named_sibling().is_some() && column < here.node.start_position().column {
        let start = line_start(here.source.text.as_bytes(), here.node);
        let text = format!("{}{}", " ".repeat(column), here.text());
        sink.range(start..here.node.end_byte(), text, 1.0);
    }
}

fn line_start(text: &[u8], node: Node<'_>) -> usize {
    let before = &text[..node.start_byte()];
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

/// `if c: x` without an `else` gone as a whole.
fn only_its_block(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.field("alternative").is_none() {
        sink.likely(here.node, "pass", 0.8);
    }
}
