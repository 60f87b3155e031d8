//! What may stand in place of something else at a statement: the names, attributes, calls, numbers
//! and expressions that the function and the file use already.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::is_expression;
use crate::source::{self, Source};

/// Of each list. In the order of the text, so the nearest of the function come first.
const NAMES_MAX: usize = 40;
const EXPRESSIONS_MAX: usize = 120;
/// A longer expression is not put elsewhere.
const EXPRESSION_BYTES_MAX: usize = 60;

/// What the function around a statement, and its file, have to offer.
#[derive(Debug, Default)]
pub struct Scope {
    /// Variables and parameters of the function, and `self.…` it uses.
    pub names: Vec<String>,
    /// What stands behind a dot anywhere in the file.
    pub attributes: Vec<String>,
    /// Functions and classes that the file defines, and those it calls by name.
    pub callables: Vec<String>,
    pub numbers: Vec<String>,
    pub strings: Vec<String>,
    /// Whole expressions of the function, then of the file.
    pub expressions: Vec<String>,
    /// Conditions of `if`, `while`, `and` and `or` in the file.
    pub conditions: Vec<String>,
    /// Simple statements of the function.
    pub statements: Vec<String>,
}

impl Scope {
    /// Of the function that `statement` is in; a definition's own header is seen from within it.
    pub fn of(source: &Source, statement: Node<'_>) -> Self {
        let inside = source::preorder(source::function(statement), |_| true);
        let everywhere = source::preorder(source.root(), |_| true);
        let function = || inside.iter().copied();
        let file = || everywhere.iter().copied();
        let texts = |nodes: &mut dyn Iterator<Item = _>, max| distinct(source, nodes, max);
        Self {
            names: texts(&mut function().filter(|node| is_name(source, *node)), NAMES_MAX),
            attributes: texts(&mut file().filter_map(attribute), NAMES_MAX),
            callables: texts(&mut file().filter_map(callable), NAMES_MAX),
            numbers: texts(&mut file().filter(|node| is_number(*node)), NAMES_MAX),
            strings: texts(&mut file().filter(|node| node.kind() == "string"), NAMES_MAX),
            expressions: texts(
                &mut function().chain(file()).filter(|node| is_portable(*node)),
                EXPRESSIONS_MAX,
            ),
            conditions: texts(&mut function().chain(file()).flat_map(conditions), NAMES_MAX),
            statements: texts(&mut function().filter(|node| is_simple(*node)), NAMES_MAX),
        }
    }
}

fn distinct<'t>(
    source: &Source,
    nodes: &mut dyn Iterator<Item = Node<'t>>,
    max: usize,
) -> Vec<String> {
    let mut seen = BTreeSet::new();
    nodes
        .map(|node| source.of(node))
        .filter(|text| text.len() <= EXPRESSION_BYTES_MAX && !text.contains('\n'))
        .filter(|text| seen.insert(*text))
        .take(max)
        .map(str::to_owned)
        .collect()
}

fn is_name(source: &Source, node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" => is_variable(node),
        "attribute" => source.of(node).starts_with("self.") && !is_called(node),
        _ => false,
    }
}

/// Not what is called, a keyword, an attribute, a type, or a definition's name.
fn is_variable(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "attribute" => is("object"),
        "keyword_argument" | "function_definition" | "class_definition" => !is("name"),
        "type" | "dotted_name" | "aliased_import" | "decorator" => false,
        _ => !is_called(node),
    }
}

fn is_called(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        parent.kind() == "call" && parent.child_by_field_name("function") == Some(node)
    })
}

fn attribute(node: Node<'_>) -> Option<Node<'_>> {
    (node.kind() == "attribute").then(|| node.child_by_field_name("attribute"))?
}

fn callable(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "function_definition" | "class_definition" => node.child_by_field_name("name"),
        "identifier" => is_called(node).then_some(node),
        _ => None,
    }
}

pub fn is_number(node: Node<'_>) -> bool {
    matches!(node.kind(), "integer" | "float")
}

/// An expression that asks for more than one name or number.
fn is_portable(node: Node<'_>) -> bool {
    let trivial = ["identifier", "integer", "float", "string", "true", "false", "none"];
    let dangling = node.parent().is_none_or(|parent| {
        matches!(parent.kind(), "decorator" | "type" | "import_statement" | "pattern_list")
    });
    is_expression(node) && !dangling && !trivial.contains(&node.kind())
}

fn conditions(node: Node<'_>) -> Vec<Node<'_>> {
    match node.kind() {
        "if_statement" | "while_statement" | "elif_clause" => {
            node.child_by_field_name("condition").into_iter().collect()
        }
        "boolean_operator" => source::named_children(node),
        "comparison_operator" => vec![node],
        _ => Vec::new(),
    }
}

fn is_simple(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "expression_statement" | "return_statement" | "continue_statement" | "break_statement"
    ) && source::children(node).first().is_none_or(|child| child.kind() != "string")
}
