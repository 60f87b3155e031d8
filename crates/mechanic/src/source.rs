//! A Python file as text and syntax: its statements, what belongs to a statement itself, and the
//! functions around. Knows nothing of tests, scores or edits.

use std::ops::RangeInclusive;

use tree_sitter::{Node, Parser, Tree};

use crate::Error;

/// A parsed file of the repository.
#[derive(Debug)]
pub struct Source {
    /// Relative to the repository's root.
    pub path: String,
    pub text: String,
    tree: Tree,
}

impl Source {
    /// `None` if the parser gives up, which it only does when it is cancelled.
    pub fn parse(path: &str, text: String) -> Result<Option<Self>, Error> {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_python::LANGUAGE.into()).map_err(Error::Grammar)?;
        let tree = parser.parse(&text, None);
        Ok(tree.map(|tree| Self { path: path.to_owned(), text, tree }))
    }

    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    pub fn of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// The text of one line, counted from 1, without its indentation.
    pub fn line(&self, line: u32) -> &str {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.text.lines().nth(index).unwrap_or_default().trim()
    }

    /// Every statement, and the clauses that have a header of their own, from top to bottom.
    pub fn statements(&self) -> Vec<Node<'_>> {
        preorder(self.root(), |_| true).into_iter().filter(|node| is_statement(*node)).collect()
    }
}

impl Source {
    /// The lines of tests and their fixtures, by the names that unittest and pytest go by.
    pub fn tests(&self) -> Vec<RangeInclusive<u32>> {
        let all = preorder(self.root(), |_| true);
        let tests = all.into_iter().filter(|node| self.is_test(*node));
        let lines = |node: Node<'_>| row(node.start_position().row)..=row(node.end_position().row);
        tests.map(lines).collect()
    }

    fn is_test(&self, node: Node<'_>) -> bool {
        let field = |name| node.child_by_field_name(name).map_or("", |field| self.of(field));
        match node.kind() {
            "function_definition" => field("name").starts_with("test"),
            "class_definition" => {
                field("name").starts_with("Test") || field("superclasses").contains("TestCase")
            }
            "decorated_definition" => children(node)
                .iter()
                .any(|child| child.kind() == "decorator" && self.of(*child).contains("fixture")),
            _ => false,
        }
    }
}

/// What is executed as one step: a simple statement, or the header of a compound one.
pub fn is_statement(node: Node<'_>) -> bool {
    node.is_named()
        && (node.kind().ends_with("_statement")
            || matches!(
                node.kind(),
                "function_definition" | "class_definition" | "elif_clause" | "except_clause"
            ))
}

/// The nodes that belong to the statement itself: all below it but the blocks it heads and the
/// clauses that count as statements of their own. The statement is not among them.
pub fn header(statement: Node<'_>) -> Vec<Node<'_>> {
    let own = |node: Node<'_>| node.kind() != "block" && !is_statement(node);
    children(statement)
        .into_iter()
        .filter(|child| own(*child))
        .flat_map(|child| preorder(child, own))
        .collect()
}

/// First and last line of the statement's own part, counted from 1.
pub fn lines(statement: Node<'_>) -> (u32, u32) {
    let first = row(statement.start_position().row);
    let last = header(statement).iter().map(|node| row(node.end_position().row)).max();
    (first, last.unwrap_or(first).max(first))
}

fn row(row: usize) -> u32 {
    u32::try_from(row + 1).unwrap_or(u32::MAX)
}

/// The innermost function a node is in; the module's root where there is none.
pub fn function(node: Node<'_>) -> Node<'_> {
    ancestors(node)
        .into_iter()
        .find(|outer| outer.kind() == "function_definition")
        .unwrap_or_else(|| ancestors(node).last().copied().unwrap_or(node))
}

/// `Spring.settle` for a node in that method; `None` at the module's level.
pub fn qualified_name(source: &Source, node: Node<'_>) -> Option<String> {
    let named =
        |outer: &Node<'_>| matches!(outer.kind(), "function_definition" | "class_definition");
    let mut names: Vec<&str> = ancestors(node)
        .into_iter()
        .filter(named)
        .filter_map(|outer| outer.child_by_field_name("name"))
        .map(|name| source.of(name))
        .collect();
    names.reverse();
    (!names.is_empty()).then(|| names.join("."))
}

/// The node itself and all around it, innermost first.
pub fn ancestors(node: Node<'_>) -> Vec<Node<'_>> {
    std::iter::successors(Some(node), |inner| inner.parent()).collect()
}

pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

pub fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    children(node)
        .into_iter()
        .filter(|child| child.is_named() && child.kind() != "comment")
        .collect()
}

/// The node and all below it that `enter` lets in, parents first.
pub fn preorder<'t>(node: Node<'t>, enter: impl Fn(Node<'t>) -> bool) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut waiting = vec![node];
    while let Some(next) = waiting.pop() {
        if !enter(next) {
            continue;
        }
        found.push(next);
        waiting.extend(children(next).into_iter().rev());
    }
    found
}

#[cfg(test)]
mod tests;
