//! Tests in JavaScript and TypeScript: `test` and `it`, in `describe`, as node:test, jest, vitest
//! and mocha have them.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::{
    Assertion, Mark, MarkKind, Strength, Test, TestFile, assertion, is_asserting_name, lines,
    literal, mark, quoted, walk,
};
use crate::Parsed;

const TESTS: [&str; 6] = ["test", "it", "specify", "xit", "xtest", "fit"];
const SUITES: [&str; 5] = ["describe", "suite", "context", "xdescribe", "fdescribe"];
/// Of a chain such as `test.concurrent.each`.
const CHAIN_MAX: usize = 8;

pub(super) fn read(parsed: &Parsed) -> TestFile {
    let mut file = TestFile::default();
    // By its end, what each suite around is called and marked with.
    let mut around: Vec<(usize, String, Vec<Mark>)> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for node in walk::all(parsed.root()).filter(|node| node.kind() == "call_expression") {
        let Some(call) = TestCall::of(parsed, node) else { continue };
        while around.last().is_some_and(|(end, ..)| *end <= node.start_byte()) {
            around.pop();
        }
        let (prefix, inherited) =
            around.last().map_or_else(Default::default, |(_, name, marks)| {
                (format!("{name} > "), marks.clone())
            });
        let marks: Vec<Mark> = inherited.into_iter().chain(call.marks(parsed)).collect();
        let mut name = format!("{prefix}{}", call.name);
        if call.is_suite {
            around.push((node.end_byte(), name, marks));
            continue;
        }
        let count = counts.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            name = format!("{name} ({count})");
        }
        file.tests.push(test(parsed, &call, name, marks));
    }
    file
}

struct TestCall<'t> {
    node: Node<'t>,
    /// `test`, `skip`, `each`.
    chain: Vec<String>,
    name: String,
    is_suite: bool,
    arguments: Vec<Node<'t>>,
    cases: Option<usize>,
}

impl<'t> TestCall<'t> {
    fn of(parsed: &Parsed, node: Node<'t>) -> Option<Self> {
        let mut callee = node.child_by_field_name("function")?;
        let mut cases = None;
        // `test.each([…])("name", …)`
        if callee.kind() == "call_expression" {
            let values = callee.child_by_field_name("arguments").map(walk::children);
            let first = values.and_then(|values| values.first().copied());
            cases = first.filter(|v| v.kind() == "array").map(|v| v.named_child_count());
            callee = callee.child_by_field_name("function")?;
        }
        let chain = chain(parsed, callee)?;
        let first = chain.first()?.as_str();
        let is_suite = SUITES.contains(&first);
        // `t.test(…)` is a test within one.
        let is_sub = first == "t" && chain.get(1).is_some_and(|name| name == "test");
        if !is_suite && !is_sub && !TESTS.contains(&first) {
            return None;
        }
        let arguments = walk::children(node.child_by_field_name("arguments")?);
        let title = *arguments.first()?;
        let is_title = matches!(title.kind(), "string" | "template_string" | "identifier");
        let name = parsed.of(title).trim_matches(['"', '\'', '`']);
        let name = quoted(name);
        is_title.then_some(Self { node, chain, name, is_suite, arguments, cases })
    }

    fn body(&self) -> Option<Node<'t>> {
        let is_function = |node: &&Node<'t>| {
            matches!(node.kind(), "arrow_function" | "function_expression" | "function")
        };
        self.arguments.iter().rev().find(is_function)?.child_by_field_name("body")
    }

    fn marks(&self, parsed: &Parsed) -> Vec<Mark> {
        let start =
            Mark { kind: MarkKind::Skip, line: walk::line(self.node), text: self.chain.join(".") };
        let mut marks = Vec::new();
        for word in &self.chain {
            let kind = match word.as_str() {
                "skip" | "todo" | "xit" | "xtest" | "xdescribe" => MarkKind::Skip,
                "skipIf" | "runIf" => MarkKind::SkipIf,
                "failing" | "fails" => MarkKind::ExpectedFailure,
                "only" | "fit" | "fdescribe" => MarkKind::Only,
                _ => continue,
            };
            marks.push(Mark { kind, ..start.clone() });
        }
        let options = self.arguments.iter().filter(|node| node.kind() == "object");
        for pair in options.flat_map(|node| walk::children(*node)).filter(|n| n.kind() == "pair") {
            let key = pair.child_by_field_name("key").map(|key| parsed.of(key));
            let value = pair.child_by_field_name("value").map(|value| parsed.of(value));
            let kind = match (key, value) {
                (_, Some("false")) => continue,
                (Some("skip"), Some("true")) | (Some("todo"), _) => MarkKind::Skip,
                (Some("skip"), Some(text)) if text.starts_with(['"', '\'']) => MarkKind::Skip,
                (Some("skip"), _) => MarkKind::SkipIf,
                (Some("only"), _) => MarkKind::Only,
                _ => continue,
            };
            marks.push(mark(parsed, kind, pair));
        }
        if self.body().is_none() && !self.is_suite && self.arguments.len() == 1 {
            marks.push(Mark { text: "a test without a body".into(), ..start });
        }
        marks
    }
}

/// The names of `a.b.c`.
fn chain(parsed: &Parsed, callee: Node<'_>) -> Option<Vec<String>> {
    let (mut names, mut node) = (Vec::new(), callee);
    for _ in 0..CHAIN_MAX {
        match node.kind() {
            "identifier" => {
                names.push(parsed.of(node).to_owned());
                names.reverse();
                return Some(names);
            }
            "this" => {
                names.push("this".into());
                names.reverse();
                return Some(names);
            }
            "member_expression" => {
                names.push(parsed.of(node.child_by_field_name("property")?).to_owned());
                node = node.child_by_field_name("object")?;
            }
            "call_expression" => node = node.child_by_field_name("function")?,
            "await_expression" | "parenthesized_expression" => {
                node = *walk::children(node).first()?;
            }
            _ => return None,
        }
    }
    None
}

fn test(parsed: &Parsed, call: &TestCall<'_>, name: String, mut marks: Vec<Mark>) -> Test {
    let lines = lines(call.node);
    let Some(body) = call.body() else {
        let (assertions, body) = (Vec::new(), String::new());
        return Test { name, lines, marks, assertions, cases: call.cases, calls: 1, body };
    };
    let nodes: Vec<Node<'_>> = walk::all(body).collect();
    let found = assertions(parsed, &nodes);
    let is_call = |node: &&Node<'_>| {
        node.kind() == "call_expression"
            && asserts(parsed, **node).is_none()
            && chain_of(parsed, **node).is_none_or(|chain| chain[0] != "expect")
    };
    let calls = nodes.iter().filter(is_call).count();
    marks.extend(nodes.iter().filter_map(|node| body_skip(parsed, *node)));
    marks.extend(early_return(parsed, body, &found));
    marks.extend(nodes.iter().filter_map(|node| swallowing(parsed, *node)));
    let body = walk::collapsed(parsed.of(body));
    Test { name, lines, marks, assertions: found, cases: call.cases, calls, body }
}

/// `expect(x).not.toBe(y)` is one, and `expect(x)` at its beginning none.
fn assertions(parsed: &Parsed, nodes: &[Node<'_>]) -> Vec<Assertion> {
    let (mut found, mut last) = (Vec::new(), None);
    for node in nodes {
        if last == Some(node.start_byte()) {
            continue;
        }
        if let Some(assertion) = asserts(parsed, *node) {
            last = Some(node.start_byte());
            found.push(assertion);
        }
    }
    found
}

/// `t.skip()`, `this.skip()`.
fn body_skip(parsed: &Parsed, node: Node<'_>) -> Option<Mark> {
    let chain = chain_of(parsed, node)?;
    let of_test = ["t", "this", "ctx", "context"].contains(&chain[0].as_str());
    let is_skip = chain.len() == 2 && of_test && ["skip", "todo"].contains(&chain[1].as_str());
    is_skip.then(|| mark(parsed, MarkKind::Skip, node))
}

fn chain_of(parsed: &Parsed, node: Node<'_>) -> Option<Vec<String>> {
    (node.kind() == "call_expression").then_some(())?;
    chain(parsed, node.child_by_field_name("function")?)
}

fn early_return(parsed: &Parsed, body: Node<'_>, assertions: &[Assertion]) -> Option<Mark> {
    let statements = walk::children(body);
    let found = statements.iter().find(|node| node.kind() == "return_statement")?;
    let hides = assertions.iter().any(|assertion| assertion.line > walk::last_line(*found));
    let is_first = statements.first().is_some_and(|node| node.id() == found.id());
    let is_bare = found.named_child_count() == 0;
    (hides || (is_first && is_bare)).then(|| mark(parsed, MarkKind::Returns, *found))
}

/// `try` with an assertion, and a `catch` that lets no failure out.
fn swallowing(parsed: &Parsed, node: Node<'_>) -> Option<Mark> {
    (node.kind() == "try_statement").then_some(())?;
    let body = node.child_by_field_name("body")?;
    let handler = node.child_by_field_name("handler")?;
    walk::all(body).find_map(|inner| asserts(parsed, inner))?;
    let speaks = walk::all(handler).any(|inner| {
        inner.kind() == "throw_statement"
            || asserts(parsed, inner).is_some()
            || chain_of(parsed, inner).is_some_and(|chain| {
                chain.iter().any(|name| ["fail", "done", "reject"].contains(&name.as_str()))
            })
    });
    (!speaks).then(|| mark(parsed, MarkKind::Swallows, handler))
}

fn asserts(parsed: &Parsed, node: Node<'_>) -> Option<Assertion> {
    if node.kind() == "member_expression" {
        // Chai's `expect(x).to.be.true` is no call.
        let chain = chain(parsed, node)?;
        let last = chain.last()?.as_str();
        let is_chai = chain[0] == "expect" && chain.len() > 2;
        let flags = ["true", "false", "null", "undefined", "ok", "exist", "empty"];
        let strength =
            if ["ok", "exist"].contains(&last) { Strength::Truthy } else { Strength::Exact };
        return (is_chai && flags.contains(&last))
            .then(|| assertion(parsed, node, strength, Vec::new()));
    }
    let chain = chain_of(parsed, node)?;
    let arguments = walk::children(node.child_by_field_name("arguments")?);
    let last = chain.last()?.as_str();
    let (strength, tolerances) = match chain[0].as_str() {
        // Without a matcher it asks for nothing, and isn't counted.
        "expect" if chain.len() == 1 => return None,
        "expect" => expect_strength(parsed, node, &chain, &arguments),
        "assert" | "t" => assert_strength(parsed, &chain, &arguments)?,
        _ if chain.len() == 1 && is_asserting_name(last) => (Strength::Exact, Vec::new()),
        _ => return None,
    };
    Some(assertion(parsed, node, strength, tolerances))
}

type Asked = (Strength, Vec<(String, f64)>);

fn expect_strength(
    parsed: &Parsed,
    node: Node<'_>,
    chain: &[String],
    arguments: &[Node<'_>],
) -> Asked {
    let last = chain.last().map_or("", String::as_str);
    let plain = match last {
        "toBeCloseTo" | "closeTo" | "approximately" => {
            let given = arguments.get(usize::from(last == "toBeCloseTo"));
            let given = given.and_then(|node| parsed.of(*node).parse().ok());
            let digits = if last == "toBeCloseTo" { given.or(Some(2.0)) } else { None };
            let tolerances = digits.map(|digits| ("digits".to_owned(), digits));
            return (Strength::Approximate, tolerances.into_iter().collect());
        }
        "toBeTruthy" | "toBeDefined" | "toBeInstanceOf" | "toHaveBeenCalled" | "toBeFalsy" => {
            Strength::Truthy
        }
        "toContain"
        | "toMatch"
        | "toBeGreaterThan"
        | "toBeLessThan"
        | "toMatchObject"
        | "toBeGreaterThanOrEqual"
        | "toBeLessThanOrEqual"
        | "toHaveProperty"
        | "include"
        | "match"
        | "above"
        | "below"
        | "contain" => Strength::Partial,
        _ => Strength::Exact,
    };
    let strength = match () {
        () if is_constant_expect(parsed, node, arguments) => Strength::Nothing,
        () if chain.iter().any(|name| name == "not") => plain.min(Strength::Partial),
        () => plain,
    };
    (strength, Vec::new())
}

/// `expect(true).toBe(true)`: both sides are literals.
fn is_constant_expect(parsed: &Parsed, node: Node<'_>, arguments: &[Node<'_>]) -> bool {
    let subject = walk::all(node).find(|inner| {
        inner.kind() == "call_expression"
            && inner.child_by_field_name("function").is_some_and(|f| parsed.of(f) == "expect")
    });
    let subject = subject.and_then(|call| call.child_by_field_name("arguments"));
    let is_literal = |node: &Node<'_>| literal::value(parsed, *node).is_some();
    let subject = subject.map(walk::children).unwrap_or_default();
    subject.first().is_some_and(is_literal) && arguments.iter().all(is_literal)
}

fn assert_strength(parsed: &Parsed, chain: &[String], arguments: &[Node<'_>]) -> Option<Asked> {
    let last = chain.last()?.as_str();
    let is_assert = chain[0] == "assert" || chain.get(1).is_some_and(|name| name == "assert");
    let is_literal = |node: &Node<'_>| literal::value(parsed, *node).is_some();
    let strength = match last {
        "assert" | "ok" | "true" | "isTrue" | "truthy" if is_assert || last != "assert" => {
            let asked = *arguments.first()?;
            let text = parsed.of(asked);
            match () {
                () if is_literal(&asked) || text.ends_with("|| true") => Strength::Nothing,
                () if text.contains("===") && !text.contains("||") => Strength::Exact,
                () => Strength::Truthy,
            }
        }
        "equal" | "strictEqual" | "deepEqual" | "deepStrictEqual" | "is" | "same" => {
            let [left, right, ..] = arguments else { return None };
            let is_constant =
                (is_literal(left) && is_literal(right)) || parsed.of(*left) == parsed.of(*right);
            if is_constant { Strength::Nothing } else { Strength::Exact }
        }
        "notEqual" | "notStrictEqual" | "notDeepEqual" | "match" | "not" | "include" => {
            Strength::Partial
        }
        "closeTo" | "approximately" => Strength::Approximate,
        _ if is_assert => Strength::Exact,
        "throws" | "rejects" | "snapshot" | "fail" => Strength::Exact,
        _ => return None,
    };
    Some((strength, Vec::new()))
}
