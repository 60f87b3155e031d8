//! Where statements stand, and how one is written there.

use std::ops::Range;

use super::Replacement;
use crate::language::Write;
use crate::node::Node;
use crate::role::{Field, Role};

/// Whether another statement can be written before or behind it.
pub fn is_in_row(statement: Node<'_>) -> bool {
    statement.parent().is_some_and(|parent| {
        parent.role() == Role::Block && is_body(parent)
            || parent.role() == Role::Case && statement.field_of_parent().is_none()
    })
}

/// Not a class's body.
fn is_body(block: Node<'_>) -> bool {
    block.parent().is_none_or(|parent| parent.role() != Role::Class)
}

/// Whether it is the first thing on its line.
pub fn is_first_on_line(node: Node<'_>) -> bool {
    node.indentation().len() == node.column()
}

/// What separates two statements of a row there, or `None` where only a line's end does.
fn separator(statement: Node<'_>) -> Option<String> {
    if is_first_on_line(statement) {
        return Some(format!("\n{}", statement.indentation()));
    }
    let end = write(statement).end;
    Some(if end.is_empty() { "; ".to_owned() } else { " ".to_owned() })
}

fn write(node: Node<'_>) -> &'static Write {
    &node.parsed().grammar().write
}

/// `new` in the row before the statement.
pub fn before(statement: Node<'_>, new: &str) -> Option<Replacement> {
    if new.contains('\n') && !is_first_on_line(statement) {
        return None;
    }
    let at = statement.start();
    Some(Replacement { range: at..at, text: format!("{new}{}", separator(statement)?) })
}

/// `new` in the row behind the statement. `None` where that is the value of its block.
pub fn after(statement: Node<'_>, new: &str) -> Option<Replacement> {
    if is_value_of_block(statement) || new.contains('\n') && !is_first_on_line(statement) {
        return None;
    }
    let compound = statement.all().skip(1).any(|node| node.role() == Role::Block);
    if compound && !is_first_on_line(statement) {
        return None;
    }
    let at = statement.end();
    Some(Replacement { range: at..at, text: format!("{}{new}", separator(statement)?) })
}

/// The last expression of a block, in a language where that is the block's value.
pub fn is_value_of_block(statement: Node<'_>) -> bool {
    let bare = statement.role().is_expression()
        || statement.is(&[Role::If, Role::Match, Role::While, Role::For]);
    write(statement).blocks_have_values && bare && statement.within(Role::Block).is_some()
}

/// A statement's text with what the language puts behind it.
pub fn ended(statement: Node<'_>, text: &str) -> String {
    let end = write(statement).end;
    if end.is_empty() || text.ends_with(end) || text.ends_with('}') {
        text.to_owned()
    } else {
        format!("{text}{end}")
    }
}

/// The statement before it in its row, or behind it.
pub fn neighbour(statement: Node<'_>, behind: bool) -> Option<Node<'_>> {
    let row: Vec<Node<'_>> =
        statement.parent()?.children().filter(|child| child.is_statement()).collect();
    let at = row.iter().position(|each| *each == statement)?;
    let at = if behind { at + 1 } else { at.checked_sub(1)? };
    row.get(at).copied()
}

/// The compound statement whose block it is in.
pub fn around(statement: Node<'_>) -> Option<Node<'_>> {
    let block = statement.within(Role::Block)?;
    block.parent()?.ancestors().find(|outer| outer.is_statement())
}

/// The last block of a compound statement that runs after its header: a loop's or a branch's.
pub fn body(compound: Node<'_>) -> Option<Node<'_>> {
    let deed = compound.deed();
    if !deed.is(&[Role::For, Role::While, Role::If, Role::With]) {
        return None;
    }
    let block = deed.field(Field::Body).or_else(|| deed.field(Field::Then))?;
    (block.role() == Role::Block).then_some(block)
}

/// A statement with the blanks and the line's end before it.
pub fn with_line(statement: Node<'_>) -> Range<usize> {
    let text = &statement.parsed().text[..statement.start()];
    let blanks = text.len() - text.trim_end_matches([' ', '\t']).len();
    let line = text[..text.len() - blanks].ends_with('\n');
    statement.start() - blanks - usize::from(line)..statement.end()
}
