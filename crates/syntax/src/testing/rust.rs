//! Tests in Rust: functions with an attribute that ends in `test`.

use tree_sitter::Node;

use super::{
    Assertion, Mark, MarkKind, Strength, Test, TestFile, assertion, is_asserting_name, lines, mark,
    walk,
};
use crate::Parsed;

/// Modules within modules, deeper than anybody writes them.
const DEPTH_MAX: usize = 16;

pub(super) fn read(parsed: &Parsed) -> TestFile {
    let mut file = TestFile::default();
    file.marks.extend(
        walk::children(parsed.root())
            .into_iter()
            .filter(|node| node.kind() == "inner_attribute_item")
            .filter_map(|node| attribute_mark(parsed, node)),
    );
    collect(parsed, parsed.root(), "", &[], &mut file);
    file
}

fn collect(
    parsed: &Parsed,
    scope: Node<'_>,
    prefix: &str,
    inherited: &[Mark],
    file: &mut TestFile,
) {
    if prefix.matches("::").count() > DEPTH_MAX {
        return;
    }
    let mut attributes: Vec<Node<'_>> = Vec::new();
    for node in walk::children(scope) {
        if node.kind() == "attribute_item" {
            attributes.push(node);
            continue;
        }
        if node.kind().ends_with("comment") {
            continue;
        }
        let own = std::mem::take(&mut attributes);
        let (Some(name), Some(body)) =
            (node.child_by_field_name("name"), node.child_by_field_name("body"))
        else {
            continue;
        };
        let marks = own.iter().filter_map(|attribute| attribute_mark(parsed, *attribute));
        let marks: Vec<Mark> = inherited.iter().cloned().chain(marks).collect();
        let name = format!("{prefix}{}", parsed.of(name));
        if node.kind() == "mod_item" {
            collect(parsed, body, &format!("{name}::"), &marks, file);
        } else if node.kind() == "function_item"
            && own.iter().any(|attribute| is_test(parsed.of(*attribute)))
        {
            let cases = own.iter().filter(|a| path(parsed.of(**a)).ends_with("case")).count();
            let cases = (cases > 0).then_some(cases);
            file.tests.push(test(parsed, name, own.first().copied(), node, body, marks, cases));
        }
    }
}

/// What stands before the arguments: `tokio::test`.
fn path(attribute: &str) -> &str {
    let inner = attribute.trim_start_matches(['#', '!', '[', ' ']);
    inner.split(['(', ']', '=', ' ']).next().unwrap_or_default()
}

fn is_test(attribute: &str) -> bool {
    let last = path(attribute).rsplit("::").next().unwrap_or_default();
    ["test", "rstest", "test_case", "quickcheck", "case"].contains(&last)
}

fn attribute_mark(parsed: &Parsed, attribute: Node<'_>) -> Option<Mark> {
    let text = walk::collapsed(parsed.of(attribute));
    let bare: String = text.chars().filter(|c| *c != ' ').collect();
    let kind = match path(&text) {
        "ignore" => MarkKind::Skip,
        "should_panic" => MarkKind::ExpectedFailure,
        "cfg_attr" if bare.contains("ignore") => MarkKind::SkipIf,
        "cfg" if !bare.contains("cfg(test)") => MarkKind::SkipIf,
        _ => return None,
    };
    Some(mark(parsed, kind, attribute))
}

fn test(
    parsed: &Parsed,
    name: String,
    first: Option<Node<'_>>,
    function: Node<'_>,
    body: Node<'_>,
    mut marks: Vec<Mark>,
    cases: Option<usize>,
) -> Test {
    let nodes: Vec<Node<'_>> = walk::all(body).collect();
    let assertions: Vec<Assertion> =
        nodes.iter().filter_map(|node| asserts(parsed, *node)).collect();
    let is_call = |node: &&Node<'_>| {
        matches!(node.kind(), "call_expression" | "macro_invocation" | "try_expression")
            && asserts(parsed, **node).is_none()
    };
    let calls = nodes.iter().filter(is_call).count();
    let statements = walk::children(body);
    let returns = statements.iter().find(|node| {
        let text = parsed.of(**node);
        text.starts_with("return") && node.kind() != "line_comment"
    });
    let hides = |node: &&Node<'_>| {
        assertions.iter().any(|assertion| assertion.line > walk::line(**node))
            || statements.first().is_some_and(|first| first.id() == node.id())
    };
    marks.extend(returns.filter(hides).map(|node| mark(parsed, MarkKind::Returns, *node)));
    let start = first.map_or(walk::line(function), walk::line);
    let lines = start..=*lines(function).end();
    Test { name, lines, marks, assertions, cases, calls, body: walk::collapsed(parsed.of(body)) }
}

fn asserts(parsed: &Parsed, node: Node<'_>) -> Option<Assertion> {
    match node.kind() {
        "macro_invocation" => {
            let name = parsed.of(node.child_by_field_name("macro")?).rsplit("::").next()?;
            let text = walk::collapsed(parsed.of(node));
            let (_, inner) = text.split_once('!')?;
            let inner =
                inner.trim().trim_start_matches(['(', '[', '{']).trim_end_matches([')', ']', '}']);
            let strength = macro_strength(name, inner.trim())?;
            Some(assertion(parsed, node, strength, bound(inner)))
        }
        "call_expression" => {
            let called = parsed.of(node.child_by_field_name("function")?);
            let name = called.rsplit(['.', ':']).next()?;
            is_asserting_name(name)
                .then(|| assertion(parsed, node, Strength::Exact, Vec::new()))
                // `Option::expect` takes a value out; it can fail, but asserts nothing of ours.
                .filter(|_| name != "expect" && name != "expect_err")
        }
        _ => None,
    }
}

fn macro_strength(name: &str, inner: &str) -> Option<Strength> {
    match name {
        "assert" | "debug_assert" | "prop_assert" => Some(condition_strength(inner)),
        "assert_eq" | "debug_assert_eq" | "prop_assert_eq" => {
            let same = inner.split_once(',').is_some_and(|(left, right)| {
                left.trim() == right.trim().trim_end_matches(',').trim()
            });
            Some(if same { Strength::Nothing } else { Strength::Exact })
        }
        "assert_ne" | "debug_assert_ne" => Some(Strength::Partial),
        "panic" | "unreachable" => None,
        _ if is_asserting_name(name) => Some(Strength::Exact),
        _ => None,
    }
}

fn condition_strength(inner: &str) -> Strength {
    let asked = inner.split(", \"").next().unwrap_or(inner).trim();
    match () {
        () if asked == "true" || asked.ends_with("|| true") || asked.starts_with("true ||") => {
            Strength::Nothing
        }
        () if asked.contains("abs()") && asked.contains('<') => Strength::Approximate,
        () if asked.contains("matches!") => Strength::Exact,
        () if asked.contains("==") && !asked.contains("||") => Strength::Exact,
        () if [".contains(", "<", ">", "!="].iter().any(|part| asked.contains(part)) => {
            Strength::Partial
        }
        () => Strength::Truthy,
    }
}

/// `(a - b).abs() < 1e-6`.
fn bound(inner: &str) -> Vec<(String, f64)> {
    let bound = inner.split_once("abs() <").and_then(|(_, after)| {
        let number = after.trim_start_matches(['=', ' ']).split([' ', ',']).next()?;
        number.trim_end_matches("f64").trim_end_matches("f32").parse().ok()
    });
    bound.map(|bound| ("bound".to_owned(), bound)).into_iter().collect()
}
