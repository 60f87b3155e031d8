//! Code that singles out what a test asks for: a branch on a test's input that gives back the
//! test's expected value, and code that asks whether it is being tested.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;
use syntax::Parsed;
use syntax::testing::{Branch, Row, branches, rows};

use super::fresh::is_comment;
use super::{finding, quote};
use crate::sources::{Mention, Source};
use crate::test_files::is_test_file;

/// Branches of one form that base has already: with so many it is a table, and one more is a row.
const TABLE_MIN: usize = 2;

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
    base: Vec<(String, Row)>,
    head: Vec<(String, Row)>,
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
        Self { base: all_rows(&base), head: all_rows(&head) }
    }

    /// The row that has the branch's input and, where `with_output`, also what it gives back.
    fn matching<'t>(
        rows: &'t [(String, Row)],
        branch: &Branch,
        with_output: bool,
    ) -> Option<&'t (String, Row)> {
        rows.iter().find(|(_, row)| {
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
    let new = read(source.head.text()).unwrap_or_default().into_iter();
    let new = new.filter(|branch| is_touched(branch) && !is_old(branch));
    new.filter_map(|branch| judged(source, &branch, &base, tests)).collect()
}

fn judged(source: &Source, branch: &Branch, base: &[Branch], tests: &Tests) -> Option<Finding> {
    let is_alike =
        |old: &&Branch| old.function == branch.function && old.skeleton == branch.skeleton;
    let is_row = base.iter().filter(is_alike).count() >= TABLE_MIN;
    let is_telling = branch.inputs.iter().any(|literal| !is_common(literal))
        && branch.outputs.iter().any(|literal| !is_common(literal));
    let exact = Some(()).filter(|()| !branch.outputs.is_empty());
    let at_base = exact.and_then(|()| Tests::matching(&tests.base, branch, true));
    if let Some((path, row)) = at_base {
        let text = format!(
            "where {} it gives back what {path}:{} expects",
            quote(&branch.condition),
            row.line
        );
        let weight = match is_telling && !is_row {
            true => Weight::Objection,
            // The case of 0 is as often an honest one.
            false if branch.inputs.iter().all(|literal| is_common(literal)) => return None,
            false => Weight::Warning,
        };
        return Some(finding(Kind::SpecialCase, weight, source, branch.line, text));
    }
    let distinct = branch.inputs.iter().any(|literal| !is_common(literal));
    let all = Tests::matching(&tests.base, branch, false)
        .or_else(|| Tests::matching(&tests.head, branch, false));
    let (path, row) = all.filter(|_| distinct && !is_row)?;
    let text =
        format!("it treats {} by itself, as {path}:{} has it", quote(&branch.condition), row.line);
    Some(finding(Kind::SpecialCase, Weight::Warning, source, branch.line, text))
}

/// Values that many an honest branch and many a test have.
fn is_common(literal: &str) -> bool {
    const COMMON: [&str; 8] = ["true", "false", "none", "null", "undefined", "\"\"", "0", "1"];
    let is_small = literal.parse::<f64>().is_ok_and(|value| value.fract() == 0.0 && value < 3.0);
    COMMON.contains(&literal)
        || is_small
        || literal.chars().count() <= 3 && literal.starts_with('"')
}
