//! A Python file as text and syntax: its statements, what belongs to a statement itself, and the
//! functions around. Knows nothing of tests, scores or edits.

use tree_sitter::Node;

pub use syntax::Parsed as Source;

/// The text of one line, counted from 1, without its indentation.
pub fn line(source: &Source, line: u32) -> &str {
    let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    source.text.lines().nth(index).unwrap_or_default().trim()
}

/// Every statement, and the clauses that have a header of their own, from top to bottom.
pub fn statements(source: &Source) -> Vec<Node<'_>> {
    preorder(source.root(), |_| true).into_iter().filter(|node| is_statement(*node)).collect()
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

pub fn row(row: usize) -> u32 {
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
