//! Literals, in one form for all ways of writing them, and which of them stand together.

use tree_sitter::Node;

use super::walk;
use crate::Parsed;

/// Literals that one assertion, or one entry of a table of cases, has together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: u32,
    pub literals: Vec<String>,
}

/// Of one row; a longer one is data, not a case.
const LITERALS_MAX: usize = 64;

/// A number without its sign, its type and its underscores; a string in double quotes.
pub(super) fn value(parsed: &Parsed, node: Node<'_>) -> Option<String> {
    let text = parsed.of(node);
    match node.kind() {
        "integer" | "float" | "number" | "integer_literal" | "float_literal" => Some(number(text)),
        "string" | "string_literal" | "raw_string_literal" | "char_literal" => Some(string(text)),
        "template_string" => (!text.contains("${")).then(|| string(text)),
        "true" | "false" | "none" | "null" | "undefined" | "boolean_literal" => {
            Some(text.to_ascii_lowercase())
        }
        _ => None,
    }
}

fn number(text: &str) -> String {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let is_hex = plain.starts_with("0x") || plain.starts_with("0X");
    let types = ["usize", "isize", "u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64"];
    let types = types.iter().chain(&["i128", "f32", "f64", "n"]);
    let bare = types.filter(|_| !is_hex).find_map(|suffix| plain.strip_suffix(suffix));
    let bare = bare.unwrap_or(&plain);
    match bare.parse::<f64>() {
        // 42 and 42.0 are the same value.
        Ok(value) => value.to_string(),
        Err(_) => bare.to_ascii_lowercase(),
    }
}

/// Between the first and the last quote, whatever stands around.
fn string(text: &str) -> String {
    let is_quote = |c: char| ['"', '\'', '`'].contains(&c);
    let inner = text.find(is_quote).map_or(text, |start| &text[start..]);
    let inner = inner.trim_end_matches('#').trim_matches(is_quote);
    format!("\"{inner}\"")
}

/// The literals in `node`, in the order of the text.
pub(super) fn inside(parsed: &Parsed, node: Node<'_>) -> Vec<String> {
    let is_open = |node: Node<'_>| value(parsed, node).is_none();
    walk::descend(node, is_open).filter_map(|node| value(parsed, node)).collect()
}

/// The text of `node` with `_` for each literal.
pub(super) fn skeleton(parsed: &Parsed, node: Node<'_>) -> String {
    let (mut text, mut end) = (String::new(), node.start_byte());
    for literal in walk::descend(node, |node| value(parsed, node).is_none()) {
        if value(parsed, literal).is_some() {
            text.push_str(&parsed.text[end..literal.start_byte()]);
            text.push('_');
            end = literal.end_byte();
        }
    }
    text.push_str(&parsed.text[end..node.end_byte()]);
    walk::collapsed(&text)
}

/// The rows of a whole file: statements, tuples, lists and pairs with more than one literal.
pub fn rows(parsed: &Parsed) -> Vec<Row> {
    const TOGETHER: [&str; 9] = [
        "expression_statement",
        "assert_statement",
        "macro_invocation",
        "tuple",
        "list",
        "pair",
        "array",
        "tuple_expression",
        "array_expression",
    ];
    let mut rows = Vec::new();
    for node in walk::all(parsed.root()).filter(|node| TOGETHER.contains(&node.kind())) {
        // A whole suite of tests is one statement in JavaScript: its inner statements are rows.
        let holds_statements = |node: Node<'_>| {
            walk::descend(node, |_| true).take(NODES_MAX).any(|inner| {
                ["statement_block", "block", "declaration_list"].contains(&inner.kind())
            })
        };
        if node.end_byte() - node.start_byte() > BYTES_MAX || holds_statements(node) {
            continue;
        }
        let literals = inside(parsed, node);
        if (2..=LITERALS_MAX).contains(&literals.len()) {
            rows.push(Row { line: walk::line(node), literals });
        }
    }
    rows
}

/// Of a row's text and its nodes.
const BYTES_MAX: usize = 512;
const NODES_MAX: usize = 256;
