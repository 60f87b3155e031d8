//! Where things go in a Rust file: a counter before each statement, a step at the head of each
//! loop, and the functions whose bodies can stand behind a switch. Pure.

use std::ops::Range;

use syntax::Parsed;
use tree_sitter::Node;

use crate::languages::weave::{Weave, Woven};

/// How much of a file is counted; less where the compiler objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Not at all.
    Nothing,
    /// Statements in blocks.
    Statements,
    /// Also arms, closures and `else if`, which get braces for it.
    Everything,
}

/// The file with counters in it, numbered from `first` on, and the line of each.
pub fn counted(parsed: &Parsed, first: usize, detail: Detail) -> (String, Vec<u32>) {
    let mut counters = Counters { first, detail, lines: Vec::new(), weave: Weave::default() };
    if detail > Detail::Nothing {
        walk(parsed.root(), &mut |node| counters.visit(node));
    }
    let woven = counters.weave.finish();
    (woven.part(&parsed.text, 0..parsed.text.len()), counters.lines)
}

/// A function's body that runs at run time only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Without its braces.
    pub inside: Range<usize>,
    /// As a closure would write it; `None` where a closure can't have it.
    pub returns: Option<String>,
}

pub fn bodies(parsed: &Parsed) -> Vec<Body> {
    let mut found = Vec::new();
    walk(parsed.root(), &mut |node| {
        let body = node.child_by_field_name("body").filter(|_| node.kind() == "function_item");
        found.extend(
            body.map(|body| Body { inside: within_braces(body), returns: returns(parsed, node) }),
        );
        true
    });
    found
}

fn returns(parsed: &Parsed, function: Node<'_>) -> Option<String> {
    let modifiers = children(function).into_iter().find(|it| it.kind() == "function_modifiers");
    let is_async = modifiers.is_some_and(|it| parsed.text[it.byte_range()].contains("async"));
    let returned = function.child_by_field_name("return_type");
    let text = returned.map_or("()", |returned| &parsed.text[returned.byte_range()]);
    (!is_async && !text.contains("impl ")).then(|| text.to_owned())
}

/// A step at the head of each loop, so that none goes on forever.
pub fn steps(parsed: &Parsed) -> Woven {
    let mut weave = Weave::default();
    walk(parsed.root(), &mut |node| {
        let is_loop =
            matches!(node.kind(), "loop_expression" | "while_expression" | "for_expression");
        if let Some(body) = node.child_by_field_name("body").filter(|_| is_loop) {
            weave.put(within_braces(body).start, "crate::__whimbrel::step();");
        }
        true
    });
    weave.finish()
}

/// Every node that `visit` says yes to the parents of. Nothing that the compiler evaluates itself,
/// nothing that isn't understood.
fn walk<'t>(root: Node<'t>, visit: &mut dyn FnMut(Node<'t>) -> bool) {
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        let is_constant = matches!(
            node.kind(),
            "const_item"
                | "static_item"
                | "const_block"
                | "macro_definition"
                | "enum_variant"
                | "array_type"
                | "attribute_item"
                | "inner_attribute_item"
        );
        if !node.is_error() && !is_constant && !is_constant_function(node) && visit(node) {
            waiting.extend(children(node).into_iter().rev());
        }
    }
}

fn is_constant_function(node: Node<'_>) -> bool {
    let modifiers = children(node).into_iter().find(|child| child.kind() == "function_modifiers");
    let has_const =
        |modifiers: Node<'_>| children(modifiers).iter().any(|one| one.kind() == "const");
    node.kind() == "function_item" && modifiers.is_some_and(has_const)
}

struct Counters {
    first: usize,
    detail: Detail,
    lines: Vec<u32>,
    weave: Weave,
}

impl Counters {
    fn visit(&mut self, node: Node<'_>) -> bool {
        match node.kind() {
            "block" => self.statements(node),
            "match_arm" => self.braces(node.child_by_field_name("value")),
            "closure_expression" => self.braces(node.child_by_field_name("body")),
            "else_clause" => self.braces(node.named_child(0)),
            _ => {}
        }
        true
    }

    fn statements(&mut self, block: Node<'_>) {
        let mut attributes = None;
        for child in children(block) {
            if child.kind() == "attribute_item" {
                attributes.get_or_insert(child.start_byte());
            } else if is_statement(child) {
                let at = attributes.take().unwrap_or(child.start_byte());
                let count = self.count(child);
                self.weave.put(at, count);
            } else if !child.is_extra() {
                attributes = None;
            }
        }
    }

    /// A value that isn't a block gets to be one.
    fn braces(&mut self, value: Option<Node<'_>>) {
        let plain = |node: &Node<'_>| node.kind() != "block" && self.detail == Detail::Everything;
        if let Some(value) = value.filter(plain) {
            let count = self.count(value);
            self.weave.wrap(value.byte_range(), format!("{{{count}"), "}");
        }
    }

    fn count(&mut self, node: Node<'_>) -> String {
        let number = self.first + self.lines.len();
        self.lines.push(line(node));
        format!("crate::__whimbrel::hit({number});")
    }
}

/// Where a call can stand before it, the last value included.
fn is_statement(node: Node<'_>) -> bool {
    let kind = node.kind();
    node.is_named()
        && !node.is_extra()
        && !node.is_error()
        && !kind.ends_with("_item")
        && !kind.ends_with("comment")
        && !matches!(
            kind,
            "use_declaration" | "macro_definition" | "extern_crate_declaration" | "label"
        )
}

/// `#[cfg(test)] mod …`, and functions marked `#[test]` by whatever framework.
pub fn of_tests(parsed: &Parsed) -> Vec<std::ops::RangeInclusive<u32>> {
    let mut found = Vec::new();
    walk(parsed.root(), &mut |node| {
        let is_test =
            matches!(node.kind(), "mod_item" | "function_item") && is_marked(parsed, node);
        if is_test {
            let last = u32::try_from(node.end_position().row + 1).unwrap_or(u32::MAX);
            found.push(line(node)..=last);
        }
        !is_test
    });
    found
}

fn is_marked(parsed: &Parsed, node: Node<'_>) -> bool {
    let before = std::iter::successors(node.prev_sibling(), Node::prev_sibling);
    let mut attributes = before
        .take_while(|node| node.kind() == "attribute_item" || node.is_extra())
        .filter(|node| node.kind() == "attribute_item")
        .map(|node| parsed.of(node).trim_start_matches("#[").trim_end_matches(']'));
    attributes.any(|text| {
        let name = text.split('(').next().unwrap_or_default().trim();
        text.replace(' ', "") == "cfg(test)" || name == "test" || name.ends_with("::test")
    })
}

fn within_braces(block: Node<'_>) -> Range<usize> {
    let start = block.start_byte() + 1;
    start..block.end_byte().saturating_sub(1).max(start)
}

fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX)
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

#[cfg(test)]
mod tests;
