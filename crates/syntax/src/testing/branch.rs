//! Branches that compare something with a literal and give a constant back: what a special case
//! looks like, and what many an honest one looks like, too.

use tree_sitter::Node;

use super::{Function, functions, literal, quoted, walk};
use crate::Parsed;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    pub line: u32,
    pub last_line: u32,
    /// The innermost function around it.
    pub function: Option<String>,
    /// As it is written.
    pub condition: String,
    /// The condition without its literals: branches of one table have it in common.
    pub skeleton: String,
    /// The literals that are compared with.
    pub inputs: Vec<String>,
    /// The literals that are given back; none where it gives something else back.
    pub outputs: Vec<String>,
}

/// All branches of a file that compare with a literal.
pub fn branches(parsed: &Parsed) -> Vec<Branch> {
    let functions = functions(parsed);
    walk::all(parsed.root()).filter_map(|node| branch(parsed, node, &functions)).collect()
}

fn branch(parsed: &Parsed, node: Node<'_>, functions: &[Function]) -> Option<Branch> {
    let (condition, consequence) = parts(node)?;
    let text = parsed.of(condition);
    let is_pattern = matches!(node.kind(), "case_clause" | "match_arm" | "switch_case" | "pair");
    const COMPARES: [&str; 8] = [
        "==",
        " in ",
        " is ",
        "equals(",
        "startswith(",
        "startsWith(",
        "includes(",
        "starts_with(",
    ];
    if !is_pattern && !COMPARES.iter().any(|word| text.contains(word)) {
        return None;
    }
    let inputs = literal::inside(parsed, condition);
    if inputs.is_empty() {
        return None;
    }
    let line = walk::line(node);
    let around = functions.iter().filter(|function| function.lines.contains(&line));
    let innermost = around.min_by_key(|function| function.lines.end() - function.lines.start());
    Some(Branch {
        line,
        last_line: walk::last_line(consequence),
        function: innermost.map(|function| function.name.clone()),
        condition: quoted(text),
        skeleton: literal::skeleton(parsed, condition),
        inputs,
        outputs: constant(parsed, consequence).unwrap_or_default(),
    })
}

/// The condition and what is done where it holds.
fn parts(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    match node.kind() {
        "if_statement" | "elif_clause" | "if_expression" | "ternary_expression" => {
            Some((node.child_by_field_name("condition")?, node.child_by_field_name("consequence")?))
        }
        // Python's `a if b else c`, without field names.
        "conditional_expression" => {
            let parts = walk::children(node);
            Some((*parts.get(1)?, *parts.first()?))
        }
        // A table's entry.
        "pair" => Some((node.child_by_field_name("key")?, node.child_by_field_name("value")?)),
        "case_clause" => {
            let parts = walk::children(node);
            Some((*parts.first()?, node.child_by_field_name("consequence")?))
        }
        "match_arm" => {
            Some((node.child_by_field_name("pattern")?, node.child_by_field_name("value")?))
        }
        "switch_case" => {
            let body = walk::children(node).into_iter().nth(1)?;
            Some((node.child_by_field_name("value")?, body))
        }
        _ => None,
    }
}

/// Names that may stand around a constant.
const AROUND: [&str; 14] = [
    "Some",
    "Ok",
    "Err",
    "String",
    "from",
    "to_string",
    "to_owned",
    "into",
    "vec",
    "Decimal",
    "Fraction",
    "new",
    "Vec",
    "set",
];

/// The literals of a value that is made of nothing else.
fn constant(parsed: &Parsed, consequence: Node<'_>) -> Option<Vec<String>> {
    let value = given_back(consequence)?;
    let is_open = |node: Node<'_>| literal::value(parsed, node).is_none();
    let mut nodes = walk::descend(value, is_open);
    let is_other =
        |node: Node<'_>| node.kind().ends_with("identifier") && !AROUND.contains(&parsed.of(node));
    if nodes.any(is_other) {
        return None;
    }
    let literals = literal::inside(parsed, value);
    (!literals.is_empty()).then_some(literals)
}

/// Blocks in blocks, deeper than anybody writes them.
const DEPTH_MAX: usize = 8;

/// What the first statement returns or assigns, or the value itself.
fn given_back(consequence: Node<'_>) -> Option<Node<'_>> {
    let mut node = consequence;
    for _ in 0..DEPTH_MAX {
        match node.kind() {
            "block"
            | "statement_block"
            | "expression_statement"
            | "return_statement"
            | "return_expression"
            | "parenthesized_expression" => {
                node = walk::children(node).into_iter().find(|n| !n.kind().ends_with("comment"))?;
            }
            "assignment" | "assignment_expression" => {
                node = node.child_by_field_name("right")?;
            }
            _ => return Some(node),
        }
    }
    None
}
