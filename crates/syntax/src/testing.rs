//! What a test is and asserts, by syntax alone. Knows no runner: whether a test runs, and what it
//! gives, only a run can tell.

mod branch;
mod go;
mod javascript;
mod literal;
mod python;
mod rust;
mod splice;
pub(crate) mod walk;

use std::ops::RangeInclusive;

use tree_sitter::Node;

pub use branch::{Branch, branches};
pub use literal::{Row, rows};
pub use splice::tests_spliced;

use crate::{Language, Parsed};

/// The tests of one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TestFile {
    pub tests: Vec<Test>,
    /// What keeps tests of the whole file from running.
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// With what it lies in: `TestSum::test_a`, `sum > adds`, `tests::adds`.
    pub name: String,
    pub lines: RangeInclusive<u32>,
    pub marks: Vec<Mark>,
    pub assertions: Vec<Assertion>,
    /// Of a test that runs once for each of a list of values.
    pub cases: Option<usize>,
    /// Calls that are no assertions: each of them can fail, too.
    pub calls: usize,
    /// Its body with single spaces, to know it by under another name.
    pub body: String,
}

/// Something that keeps a test from running, or from failing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub kind: MarkKind,
    pub line: u32,
    /// As it is written.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// It never runs.
    Skip,
    /// It runs only where something is so.
    SkipIf,
    ExpectedFailure,
    /// It returns before its last assertion, whatever happens.
    Returns,
    /// An assertion's failure is caught and forgotten.
    Swallows,
    /// Only tests with this mark run.
    Only,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    pub line: u32,
    /// As it is written, with single spaces.
    pub text: String,
    /// `text` without its literals: what stays when only the expected value is edited.
    pub skeleton: String,
    pub strength: Strength,
    /// How far off a value may be: `delta` 0.1, `places` 7.
    pub tolerances: Vec<(String, f64)>,
}

/// How much an assertion asks for. Greater is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It can't fail: `assert True`.
    Nothing,
    Truthy,
    /// A part, a bound, or what it isn't.
    Partial,
    /// Equal within a tolerance.
    Approximate,
    Exact,
}

/// A function or a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub lines: RangeInclusive<u32>,
}

/// The tests of a file in one of the languages known here, or in Go. `None` for any other file.
pub fn read(path: &str, text: &str) -> Option<TestFile> {
    if path.ends_with("_test.go") {
        return Some(go::read(text));
    }
    let parsed = Parsed::new(path, text.to_owned())?;
    Some(match parsed.language {
        Language::Python => python::read(&parsed),
        Language::JavaScript | Language::TypeScript => javascript::read(&parsed),
        Language::Rust => rust::read(&parsed),
    })
}

/// All functions that have a name, also nested ones.
pub fn functions(parsed: &Parsed) -> Vec<Function> {
    let named = |node: Node<'_>| {
        let name = match node.kind() {
            "function_definition"
            | "function_item"
            | "function_declaration"
            | "generator_function_declaration"
            | "method_definition" => node.child_by_field_name("name")?,
            // `const f = (x) => …`
            "variable_declarator" => {
                let value = node.child_by_field_name("value")?;
                let is_function = ["arrow_function", "function_expression"].contains(&value.kind());
                node.child_by_field_name("name").filter(|_| is_function)?
            }
            _ => return None,
        };
        Some(Function { name: parsed.of(name).to_owned(), lines: lines(node) })
    };
    walk::all(parsed.root()).filter_map(named).collect()
}

fn lines(node: Node<'_>) -> RangeInclusive<u32> {
    walk::line(node)..=walk::last_line(node)
}

/// Of what is quoted.
const TEXT_CHARS_MAX: usize = 160;

/// On one line, and not too long.
fn quoted(text: &str) -> String {
    let whole = walk::collapsed(text);
    match whole.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

fn mark(parsed: &Parsed, kind: MarkKind, node: Node<'_>) -> Mark {
    Mark { kind, line: walk::line(node), text: quoted(parsed.of(node)) }
}

/// An assertion that is written as `node`.
fn assertion(
    parsed: &Parsed,
    node: Node<'_>,
    strength: Strength,
    tolerances: Vec<(String, f64)>,
) -> Assertion {
    Assertion {
        line: walk::line(node),
        text: walk::collapsed(parsed.of(node)),
        skeleton: literal::skeleton(parsed, node),
        strength,
        tolerances,
    }
}

/// What people call functions that assert for several tests.
fn is_asserting_name(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    ["assert", "check", "expect", "verify", "ensure", "should"]
        .iter()
        .any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests;
