//! A statement that is missing: one of the function's own said once more, one variable set to
//! another, an element put into a collection.

use tree_sitter::Node;

use super::{Here, Sink};

/// Names that are paired with each other, the first of the function.
const NAMES_MAX: usize = 8;
const KNOWN_COLLECTION: f64 = 1.2;
const CALLS: [&str; 3] = ["append", "add", "extend"];

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let simple = here.is(&[
        "expression_statement",
        "return_statement",
        "continue_statement",
        "break_statement",
    ]);
    let compound = here.is(&["if_statement", "while_statement", "for_statement", "with_statement"]);
    if here.node != here.statement || !(simple || compound) {
        return;
    }
    let is_first = here.node.prev_named_sibling().is_none();
    let mut places = vec![after(here.node, here)];
    // Before another statement is after the one above it.
    if simple || is_first {
        places.push(before(here.node, here));
    }
    for (at, left, right) in places {
        for (statement, share) in statements(here) {
            sink.range(at..at, format!("{left}{statement}{right}"), share);
        }
    }
}

type Place = (usize, String, String);

fn before(node: Node<'_>, here: &Here<'_>) -> Place {
    (node.start_byte(), String::new(), format!("\n{}", indentation(node, here)))
}

fn after(node: Node<'_>, here: &Here<'_>) -> Place {
    (node.end_byte(), format!("\n{}", indentation(node, here)), String::new())
}

/// The blanks before the statement, tabs and all.
fn indentation<'s>(node: Node<'_>, here: &Here<'s>) -> &'s str {
    let start = node.start_byte();
    &here.source.text[start - node.start_position().column..start]
}

/// How likely such a call is: likelier for what the file shows to be a collection of the kind.
fn called(text: &str, name: &str, call: &str) -> f64 {
    let shown: &[&str] = match call {
        "add" => &[" = set()", " = {", ".add(", ".discard("],
        _ => &[" = []", ".append(", ".extend(", ".pop("],
    };
    let is_shown = shown.iter().any(|form| text.contains(&format!("{name}{form}")));
    let share = if is_shown { KNOWN_COLLECTION } else { 0.4 };
    // Text and lists can be added as a whole, too, but that is seldom meant.
    if call == "extend" { 0.6 * share } else { share }
}

fn statements(here: &Here<'_>) -> Vec<(String, f64)> {
    let names: Vec<&String> = here.scope.names.iter().take(NAMES_MAX).collect();
    let pairs =
        || names.iter().flat_map(|a| names.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
    let again = here.scope.statements.iter().map(|text| (text.clone(), 1.0));
    let set = pairs().map(|(a, b)| (format!("{a} = {b}"), 0.5));
    let put = pairs().flat_map(|(a, b)| {
        CALLS.map(|call| (format!("{a}.{call}({b})"), called(&here.source.text, a, call)))
    });
    let counted =
        names.iter().flat_map(|name| ["+", "-"].map(|sign| (format!("{name} {sign}= 1"), 0.6)));
    again.chain(counted).chain(set).chain(put).collect()
}
