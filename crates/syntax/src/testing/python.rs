//! Tests in Python: pytest's functions and classes, and unittest's.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{
    Assertion, Mark, MarkKind, Strength, Test, TestFile, assertion, is_asserting_name, lines,
    literal, mark, walk,
};
use crate::Parsed;

pub(super) fn read(parsed: &Parsed) -> TestFile {
    let mut file = TestFile::default();
    collect(parsed, parsed.root(), "", &[], &mut file);
    // The last definition of a name is the one that counts.
    let mut seen = BTreeSet::new();
    let mut kept: Vec<bool> =
        file.tests.iter().rev().map(|test| seen.insert(test.name.clone())).collect();
    file.tests.retain(|_| kept.pop().unwrap_or(true));
    file
}

/// Classes within classes, deeper than anybody writes them.
const DEPTH_MAX: usize = 16;

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
    for statement in walk::children(scope) {
        match statement.kind() {
            "decorated_definition" => {
                let Some(definition) = statement.child_by_field_name("definition") else {
                    continue;
                };
                define(parsed, statement, definition, prefix, inherited, file);
            }
            "function_definition" | "class_definition" => {
                define(parsed, statement, statement, prefix, inherited, file);
            }
            "if_statement" => {
                let Some(body) = statement.child_by_field_name("consequence") else { continue };
                let condition = statement.child_by_field_name("condition");
                let condition = condition.map(|node| mark(parsed, MarkKind::SkipIf, node));
                let marks: Vec<Mark> = inherited.iter().cloned().chain(condition).collect();
                collect(parsed, body, prefix, &marks, file);
            }
            _ if prefix.is_empty() => file.marks.extend(module_mark(parsed, statement)),
            _ => {}
        }
    }
}

fn define(
    parsed: &Parsed,
    whole: Node<'_>,
    definition: Node<'_>,
    prefix: &str,
    inherited: &[Mark],
    file: &mut TestFile,
) {
    let Some(name) = definition.child_by_field_name("name").map(|name| parsed.of(name)) else {
        return;
    };
    let Some(body) = definition.child_by_field_name("body") else { return };
    let decorators: Vec<Node<'_>> =
        walk::children(whole).into_iter().filter(|node| node.kind() == "decorator").collect();
    let own = decorators.iter().filter_map(|node| decorator_mark(parsed, *node));
    let mut marks: Vec<Mark> = inherited.iter().cloned().chain(own).collect();
    if definition.kind() == "class_definition" {
        let bases = definition.child_by_field_name("superclasses").map(|node| parsed.of(node));
        let is_case = bases.is_some_and(|bases| bases.contains("Test"));
        if name.starts_with("Test") || is_case {
            marks.extend(walk::children(body).into_iter().filter_map(|s| module_mark(parsed, s)));
            collect(parsed, body, &format!("{prefix}{name}::"), &marks, file);
        }
    } else if name.starts_with("test") {
        let cases = decorators.iter().filter_map(|node| cases(parsed, *node)).reduce(|a, b| a * b);
        let name = format!("{prefix}{name}");
        file.tests.push(test(parsed, name, whole, body, marks, cases));
    }
}

fn test(
    parsed: &Parsed,
    name: String,
    whole: Node<'_>,
    body: Node<'_>,
    mut marks: Vec<Mark>,
    cases: Option<usize>,
) -> Test {
    let nodes: Vec<Node<'_>> = walk::all(body).collect();
    let assertions: Vec<Assertion> =
        nodes.iter().filter_map(|node| asserts(parsed, *node)).collect();
    let is_call = |node: &&Node<'_>| node.kind() == "call" && asserts(parsed, **node).is_none();
    let calls = nodes.iter().filter(is_call).count();
    marks.extend(nodes.iter().filter_map(|node| body_mark(parsed, *node)));
    marks.extend(early_return(parsed, body, &assertions));
    marks.extend(nodes.iter().filter_map(|node| swallowing(parsed, *node)));
    let body = walk::collapsed(parsed.of(body));
    Test { name, lines: lines(whole), marks, assertions, cases, calls, body }
}

fn decorator_mark(parsed: &Parsed, decorator: Node<'_>) -> Option<Mark> {
    let text = parsed.of(decorator);
    let name = text.trim_start_matches('@').split('(').next().unwrap_or_default().trim();
    let kind = match name.rsplit('.').next()? {
        "skip" => MarkKind::Skip,
        "skipif" | "skipIf" | "skipUnless" => MarkKind::SkipIf,
        "xfail" | "expectedFailure" => MarkKind::ExpectedFailure,
        _ => return None,
    };
    Some(mark(parsed, kind, decorator))
}

/// A statement of a module or a class that keeps all of it from running.
fn module_mark(parsed: &Parsed, statement: Node<'_>) -> Option<Mark> {
    let text = walk::collapsed(parsed.of(statement));
    let kind = if text.starts_with("pytestmark") {
        if text.contains("skipif") {
            MarkKind::SkipIf
        } else if text.contains("skip") {
            MarkKind::Skip
        } else if text.contains("xfail") {
            MarkKind::ExpectedFailure
        } else {
            return None;
        }
    } else if text.starts_with("__test__ = False")
        || text.starts_with("pytest.skip(")
        || (text.starts_with("raise ") && text.contains("SkipTest"))
    {
        MarkKind::Skip
    } else if text.contains("importorskip(") {
        MarkKind::SkipIf
    } else {
        return None;
    };
    matches!(statement.kind(), "expression_statement" | "raise_statement")
        .then(|| mark(parsed, kind, statement))
}

/// A skip inside of a test's body.
fn body_mark(parsed: &Parsed, node: Node<'_>) -> Option<Mark> {
    match node.kind() {
        "call" => {
            let called = parsed.of(node.child_by_field_name("function")?);
            let kind = match called.rsplit('.').next()? {
                "skip" | "skipTest" | "SkipTest" => MarkKind::Skip,
                "importorskip" => MarkKind::SkipIf,
                "xfail" => MarkKind::ExpectedFailure,
                _ => return None,
            };
            Some(mark(parsed, kind, node))
        }
        "raise_statement" if parsed.of(node).trim_end().ends_with("SkipTest") => {
            Some(mark(parsed, MarkKind::Skip, node))
        }
        _ => None,
    }
}

fn early_return(parsed: &Parsed, body: Node<'_>, assertions: &[Assertion]) -> Option<Mark> {
    let is_return = |node: &Node<'_>| node.kind() == "return_statement";
    let found = walk::children(body).into_iter().find(is_return)?;
    let hides = assertions.iter().any(|assertion| assertion.line > walk::line(found));
    // What comes after it may have been more than assertions.
    let is_first = walk::children(body).first().is_some_and(is_return);
    (hides || is_first).then(|| mark(parsed, MarkKind::Returns, found))
}

/// `try:` with an assertion, and an `except` that lets none of its failures out.
fn swallowing(parsed: &Parsed, node: Node<'_>) -> Option<Mark> {
    if node.kind() == "with_statement" {
        let items = walk::children(node).into_iter().find(|n| n.kind() == "with_clause")?;
        let text = parsed.of(items);
        let is_broad = ["AssertionError", "Exception"].iter().any(|name| text.contains(name));
        return (text.contains("suppress(") && is_broad)
            .then(|| mark(parsed, MarkKind::Swallows, items));
    }
    if node.kind() != "try_statement" {
        return None;
    }
    let body = node.child_by_field_name("body")?;
    walk::all(body).find_map(|inner| asserts(parsed, inner))?;
    let clauses = walk::children(node).into_iter().filter(|n| n.kind() == "except_clause");
    for clause in clauses {
        let parts = walk::children(clause);
        let Some((handler, caught)) = parts.split_last() else { continue };
        let caught: String = caught.iter().map(|node| parsed.of(*node)).collect();
        let is_broad = caught.is_empty()
            || ["AssertionError", "Exception"].iter().any(|name| caught.contains(name));
        let speaks = walk::all(*handler).any(|inner| {
            inner.kind() == "raise_statement"
                || asserts(parsed, inner).is_some()
                || (inner.kind() == "call" && parsed.of(inner).contains("fail("))
        });
        if is_broad && !speaks {
            return Some(mark(parsed, MarkKind::Swallows, clause));
        }
    }
    None
}

/// How many values a `parametrize` has.
fn cases(parsed: &Parsed, decorator: Node<'_>) -> Option<usize> {
    parsed.of(decorator).contains("parametrize").then_some(())?;
    let call = walk::children(decorator).into_iter().find(|node| node.kind() == "call")?;
    let values = walk::children(call.child_by_field_name("arguments")?).into_iter().nth(1)?;
    matches!(values.kind(), "list" | "tuple" | "set").then(|| values.named_child_count())
}

fn asserts(parsed: &Parsed, node: Node<'_>) -> Option<Assertion> {
    match node.kind() {
        "assert_statement" => {
            let asked = *walk::children(node).first()?;
            let (strength, tolerances) = strength(parsed, asked);
            Some(assertion(parsed, node, strength, tolerances))
        }
        "call" => {
            let called = parsed.of(node.child_by_field_name("function")?);
            let name = called.rsplit('.').next()?;
            let (strength, tolerances) = call_strength(parsed, node, called, name)?;
            Some(assertion(parsed, node, strength, tolerances))
        }
        _ => None,
    }
}

type Asked = (Strength, Vec<(String, f64)>);

fn call_strength(parsed: &Parsed, call: Node<'_>, called: &str, name: &str) -> Option<Asked> {
    let arguments = walk::children(call.child_by_field_name("arguments")?);
    let tolerances = keywords(parsed, &arguments);
    let strength = match name {
        "assertTrue" | "assertFalse" => {
            let asked = *arguments.first()?;
            let is_constant = literal::value(parsed, asked).is_some();
            return Some(if is_constant {
                (Strength::Nothing, tolerances)
            } else {
                strength(parsed, asked)
            });
        }
        "raises" | "assertRaises" | "assertRaisesRegex"
            if called.contains("pytest.") || name != "raises" =>
        {
            let broad = ["Exception", "BaseException"];
            let is_broad = arguments.first().is_some_and(|a| broad.contains(&parsed.of(*a)));
            if is_broad { Strength::Partial } else { Strength::Exact }
        }
        "assertAlmostEqual" | "assertAlmostEquals" | "assert_allclose" | "assert_almost_equal" => {
            return Some((Strength::Approximate, with_default(name, tolerances)));
        }
        "assertIsNotNone" | "assertIsInstance" | "assert_called" => Strength::Truthy,
        "assertIn"
        | "assertNotIn"
        | "assertNotEqual"
        | "assertIsNot"
        | "assertGreater"
        | "assertGreaterEqual"
        | "assertLess"
        | "assertLessEqual"
        | "assertRegex"
        | "assertNotAlmostEqual"
        | "assert_any_call" => Strength::Partial,
        _ if is_asserting_name(name) => {
            let same = name == "assertEqual"
                && arguments.len() >= 2
                && parsed.of(arguments[0]) == parsed.of(arguments[1]);
            if same { Strength::Nothing } else { Strength::Exact }
        }
        _ => return None,
    };
    Some((strength, tolerances))
}

fn with_default(name: &str, mut tolerances: Vec<(String, f64)>) -> Vec<(String, f64)> {
    if tolerances.is_empty() && name.starts_with("assertAlmost") {
        tolerances.push(("places".into(), 7.0));
    }
    tolerances
}

/// Arguments that say how far off a value may be.
fn keywords(parsed: &Parsed, arguments: &[Node<'_>]) -> Vec<(String, f64)> {
    const NAMES: [&str; 9] =
        ["places", "delta", "rel", "abs", "rel_tol", "abs_tol", "rtol", "atol", "decimal"];
    let keyword = |node: &Node<'_>| {
        let name = parsed.of(node.child_by_field_name("name")?);
        let value = parsed.of(node.child_by_field_name("value")?).parse().ok()?;
        NAMES.contains(&name).then(|| (name.to_owned(), value))
    };
    arguments.iter().filter(|n| n.kind() == "keyword_argument").filter_map(keyword).collect()
}

/// Of the expression after `assert`.
fn strength(parsed: &Parsed, asked: Node<'_>) -> Asked {
    let text = parsed.of(asked);
    let strength = match asked.kind() {
        "parenthesized_expression" => {
            return walk::children(asked)
                .first()
                .map_or((Strength::Truthy, Vec::new()), |inner| strength_shallow(parsed, *inner));
        }
        _ if literal::value(parsed, asked).is_some_and(|value| value != "false") => {
            Strength::Nothing
        }
        // A tuple is true, whatever is in it.
        "tuple" if asked.named_child_count() > 0 => Strength::Nothing,
        "boolean_operator" if text.ends_with(" or True") || text.starts_with("True or ") => {
            Strength::Nothing
        }
        "comparison_operator" => return comparison(parsed, asked),
        "boolean_operator" if text.contains(" == ") && !text.contains(" or ") => Strength::Exact,
        _ => Strength::Truthy,
    };
    (strength, Vec::new())
}

/// Of what stands in brackets: one level, so that no text can nest it without end.
fn strength_shallow(parsed: &Parsed, asked: Node<'_>) -> Asked {
    if asked.kind() == "comparison_operator" {
        return comparison(parsed, asked);
    }
    let is_constant = literal::value(parsed, asked).is_some_and(|value| value != "false");
    (if is_constant { Strength::Nothing } else { Strength::Truthy }, Vec::new())
}

fn comparison(parsed: &Parsed, asked: Node<'_>) -> Asked {
    let sides = walk::children(asked);
    let [left, .., right] = sides.as_slice() else { return (Strength::Truthy, Vec::new()) };
    let between = walk::collapsed(&parsed.text[left.end_byte()..right.start_byte()]);
    let (left_text, right_text) = (parsed.of(*left), parsed.of(*right));
    let approx = sides.iter().find(|side| parsed.of(**side).contains("approx("));
    if let Some(approx) = approx {
        let arguments = approx.child_by_field_name("arguments").map(walk::children);
        return (Strength::Approximate, keywords(parsed, &arguments.unwrap_or_default()));
    }
    let is_constant = |node| literal::value(parsed, node).is_some();
    let strength = match between.as_str() {
        "==" | "is" if left_text == right_text => Strength::Nothing,
        "==" | "is" if is_constant(*left) && is_constant(*right) => Strength::Nothing,
        "==" | "is" => Strength::Exact,
        "is not" => Strength::Truthy,
        "<" | "<=" if left_text.contains("abs(") => {
            let bound = right_text.parse().ok().map(|bound| ("bound".to_owned(), bound));
            return (Strength::Approximate, bound.into_iter().collect());
        }
        _ => Strength::Partial,
    };
    (strength, Vec::new())
}
