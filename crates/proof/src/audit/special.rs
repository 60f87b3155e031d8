//! Code that singles out what a test asks for: a branch on a test's input that gives back the
//! test's expected value, and code that asks whether it is being tested.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;
use syntax::Parsed;
use syntax::testing::{Branch, Function, Row, branches, rows};

use super::fresh::is_comment;
use super::{finding, quote};
use crate::sources::{Mention, Source};
use crate::test_files::is_test_file;

/// Branches of one form that base has already: with so many it is a table, and one more is a row.
const TABLE_MIN: usize = 2;

/// Branches of one file that are judged, alike ones that are looked at for each, and rows of tests.
const JUDGED_MAX: usize = 300;
const ALIKE_MAX: usize = 32;
const ROWS_MAX: usize = 20_000;
/// Rows with one literal that are looked at for one branch.
const LOOKED_AT_MAX: usize = 200;

/// Only a test's process has these.
static TESTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"PYTEST_CURRENT_TEST|['\x22](pytest|_pytest|unittest)['\x22]\s+(not\s+)?in\s+sys\.modules|JEST_WORKER_ID|VITEST_WORKER_ID|process\.env\.VITEST\b|NODE_TEST_CONTEXT|typeof\s+(jest|describe|vi)\s*[!=]|sys\.argv\[0\].*pytest",
    )
    .expect("it is a regular expression")
});

/// Code may have honest reasons for these: to be quiet, to connect to nothing.
static MAYBE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"NODE_ENV\s*===?\s*['\x22]test|\bcfg!\(test\)|inspect\.stack\(|sys\._getframe\(")
        .expect("it is a regular expression")
});

pub(super) fn findings(sources: &[Source], mentions: &[Mention]) -> Vec<Finding> {
    let tests = Tests::of(sources, mentions);
    let code = sources.iter().filter(|source| !is_test_file(&source.path));
    code.flat_map(|source| {
        let mut findings = special_branches(source, &tests);
        findings
            .extend(source.added_lines().filter_map(|(number, line)| asks(source, number, line)));
        findings
    })
    .collect()
}

fn asks(source: &Source, number: u32, line: &str) -> Option<Finding> {
    if is_comment(line) || super::fresh::is_prose(&source.path) {
        return None;
    }
    let weight = match () {
        () if TESTED.is_match(line) => Weight::Objection,
        () if MAYBE.is_match(line) => Weight::Warning,
        () => return None,
    };
    let text = format!("it asks whether it is being tested: {}", quote(line));
    Some(finding(Kind::SpecialCase, weight, source, number, text))
}

/// What tests use together: at base, and what the change adds.
struct Tests {
    base: Rows,
    head: Rows,
}

impl Tests {
    fn of(sources: &[Source], mentions: &[Mention]) -> Self {
        let mut base: BTreeMap<&str, &str> = BTreeMap::new();
        base.extend(mentions.iter().map(|mention| (mention.path.as_str(), mention.text.as_str())));
        let mut head: BTreeMap<&str, &str> = BTreeMap::new();
        for source in sources {
            // Rust's tests stand beside the code.
            if !is_test_file(&source.path) && !source.path.ends_with(".rs") {
                continue;
            }
            base.extend(source.base.text().map(|text| (source.path.as_str(), text)));
            head.extend(source.head.text().map(|text| (source.path.as_str(), text)));
        }
        Self { base: Rows::of(all_rows(&base)), head: Rows::of(all_rows(&head)) }
    }
}

struct Rows {
    all: Vec<(String, Row)>,
    /// The rows that have a literal.
    places: BTreeMap<String, Vec<usize>>,
}

impl Rows {
    fn of(all: Vec<(String, Row)>) -> Self {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, (_, row)) in all.iter().enumerate() {
            for literal in &row.literals {
                places.entry(literal.clone()).or_default().push(place);
            }
        }
        Self { all, places }
    }

    /// The row that has the branch's input and, where `with_output`, also what it gives back.
    fn matching(&self, branch: &Branch, with_output: bool) -> Option<&(String, Row)> {
        let places = branch.inputs.iter().filter_map(|literal| self.places.get(literal)).flatten();
        let rows = places.take(LOOKED_AT_MAX).map(|place| &self.all[*place]);
        rows.into_iter().find(|(_, row)| {
            let mut left = row.literals.clone();
            let mut take = |literal: &String| match left.iter().position(|other| other == literal) {
                Some(index) => {
                    left.swap_remove(index);
                    true
                }
                None => false,
            };
            // Of `n in (3, 5)` one is enough.
            branch.inputs.iter().any(&mut take)
                && (!with_output || branch.outputs.iter().all(&mut take))
        })
    }
}

fn all_rows(texts: &BTreeMap<&str, &str>) -> Vec<(String, Row)> {
    let parsed = texts.iter().filter_map(|(path, text)| Parsed::new(path, (*text).to_owned()));
    parsed
        .flat_map(|parsed| {
            let path = parsed.path.clone();
            rows(&parsed).into_iter().map(move |row| (path.clone(), row))
        })
        .take(ROWS_MAX)
        .collect()
}

fn special_branches(source: &Source, tests: &Tests) -> Vec<Finding> {
    let read = |text: Option<&str>| {
        let parsed = Parsed::new(&source.path, text?.to_owned())?;
        Some(branches(&parsed))
    };
    let base = read(source.base.text()).unwrap_or_default();
    let is_old = |branch: &Branch| {
        base.iter().any(|old| old.condition == branch.condition && old.outputs == branch.outputs)
    };
    let is_touched = |branch: &Branch| {
        source
            .changed
            .iter()
            .any(|lines| *lines.start() <= branch.last_line && branch.line <= *lines.end())
    };
    let head = read(source.head.text()).unwrap_or_default();
    let change = Change { source, base: &base, head: &head, computed: computed(source), tests };
    let new = head.iter().filter(|branch| is_touched(branch) && !is_old(branch));
    new.take(JUDGED_MAX).filter_map(|branch| change.judge(branch)).collect()
}

/// Functions of base that compute what they give back; the others are tables, or not there yet.
fn computed(source: &Source) -> BTreeSet<String> {
    let Some(text) = source.base.text() else { return BTreeSet::new() };
    let Some(parsed) = Parsed::new(&source.path, text.to_owned()) else { return BTreeSet::new() };
    let lines: Vec<&str> = text.lines().collect();
    let computes = |function: &Function| {
        let (first, last) = (*function.lines.start() as usize, *function.lines.end() as usize);
        let body = lines.get(first..last).unwrap_or_default();
        // Of one that stands in one line nothing is told apart.
        first == last || body.iter().any(|line| is_computing(line))
    };
    let functions = syntax::testing::functions(&parsed).into_iter();
    functions.filter(computes).map(|function| function.name).collect()
}

static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"("[^"]*"|'[^']*')|\b[A-Za-z_]\w*"#).expect("it is a regular expression")
});

/// It isn't a condition, a failure or a constant given back.
fn is_computing(line: &str) -> bool {
    const OTHER: [&str; 15] = [
        "if",
        "elif",
        "else",
        "case",
        "match",
        "switch",
        "default",
        "raise",
        "throw",
        "panic!",
        "todo!",
        "unimplemented!",
        "pass",
        "\"\"\"",
        "}",
    ];
    const CONSTANT: [&str; 11] = [
        "return",
        "None",
        "True",
        "False",
        "null",
        "true",
        "false",
        "undefined",
        "Some",
        "Ok",
        "Err",
    ];
    let line = line.trim();
    let mut words = WORD.find_iter(line).map(|found| found.as_str());
    !is_comment(line)
        && OTHER.iter().all(|start| !line.starts_with(start))
        && words.any(|word| !word.starts_with(['"', '\'']) && !CONSTANT.contains(&word))
}

/// One file's branches at both sides.
struct Change<'c> {
    source: &'c Source,
    base: &'c [Branch],
    head: &'c [Branch],
    computed: BTreeSet<String>,
    tests: &'c Tests,
}

impl Change<'_> {
    fn judge(&self, branch: &Branch) -> Option<Finding> {
        if branch.inputs.iter().all(|literal| is_common(literal)) {
            // The case of 0 is as often an honest one.
            return None;
        }
        let condition = quote(&branch.condition);
        let both = self.tests.base.matching(branch, true);
        if let Some((path, row)) = both.filter(|_| !branch.outputs.is_empty()) {
            let text = format!("where {condition} it gives back what {path}:{} expects", row.line);
            let gives = branch.outputs.iter().any(|literal| !is_common(literal));
            let is_existing =
                branch.function.as_ref().is_some_and(|name| self.computed.contains(name));
            let is_clear = gives && is_existing && !self.is_row(branch);
            let weight = if is_clear { Weight::Objection } else { Weight::Warning };
            return Some(finding(Kind::SpecialCase, weight, self.source, branch.line, text));
        }
        let only = self
            .tests
            .base
            .matching(branch, false)
            .or_else(|| self.tests.head.matching(branch, false));
        let (path, row) = only.filter(|_| !self.is_row(branch))?;
        let text = format!("it treats {condition} by itself, as {path}:{} has it", row.line);
        Some(finding(Kind::SpecialCase, Weight::Warning, self.source, branch.line, text))
    }

    /// One of a table: base has such branches, or the change adds some that no test asks for.
    fn is_row(&self, branch: &Branch) -> bool {
        let is_alike = |other: &&Branch| {
            other.function == branch.function && other.skeleton == branch.skeleton
        };
        let before = self.base.iter().filter(is_alike).count();
        let alike: Vec<&Branch> = self.head.iter().filter(is_alike).take(ALIKE_MAX).collect();
        let is_asked = |other: &&Branch| self.tests.base.matching(other, true).is_some();
        before >= TABLE_MIN || (alike.len() > TABLE_MIN && !alike.iter().all(is_asked))
    }
}

/// Values that many an honest branch and many a test have.
fn is_common(literal: &str) -> bool {
    const COMMON: [&str; 8] = ["true", "false", "none", "null", "undefined", "\"\"", "0", "1"];
    let is_small = literal.parse::<f64>().is_ok_and(|value| value.fract() == 0.0 && value < 3.0);
    COMMON.contains(&literal)
        || is_small
        || literal.chars().count() <= 3 && literal.starts_with('"')
}
