//! Why a run can't be believed, though it ends well. Pure.

use domain::evidence::{AsItWas, Finding, Kind, Outcome, Weight};
use environment::Check;

use crate::run::CheckRun;

/// The check that has to run tests; others may have none.
const TEST: &str = "test";

/// What speaks against `run` by itself.
pub(crate) fn alone(check: &Check, run: &CheckRun) -> Option<String> {
    if !run.exit.is_success() {
        return None;
    }
    let reader = run.report.reader();
    let ran_none = reader
        .filter(|_| check.name == TEST && run.report.ran_none())
        .map(|reader| format!("{reader} ran no test"));
    let doubts = run.report.doubts.iter().cloned();
    let doubts: Vec<String> = doubts.chain(run.contradiction()).chain(ran_none).collect();
    (!doubts.is_empty()).then(|| doubts.join("; "))
}

/// What speaks against `head`, seen beside `base`.
pub(crate) fn at_head(check: &Check, base: &CheckRun, head: &CheckRun) -> Option<String> {
    alone(check, head).or_else(|| silenced(base, head).filter(|_| head.exit.is_success()))
}

/// Who reported at base has nothing to say at head.
fn silenced(base: &CheckRun, head: &CheckRun) -> Option<String> {
    if base.report.ran_none() {
        return None;
    }
    let silent = base.report.readers.difference(&head.report.readers).next()?;
    let said = match head.report.reader() {
        Some(reader) => format!("only {reader} did"),
        None => "nothing did".into(),
    };
    Some(format!("{silent} reported tests at base and at head {said}"))
}

/// None of the tests that passed at base has a result at head, though other tests have, and as they
/// were they were not seen to pass there either.
pub(crate) fn replaced(
    base: &CheckRun,
    head: &CheckRun,
    as_they_were: &[AsItWas],
) -> Option<String> {
    let passed: Vec<&str> = base.report.passed().collect();
    let is_there = |name: &&&str| head.report.outcome(name).is_some();
    let is_sound = |name: &&&str| {
        as_they_were.iter().any(|was| was.name == **name && was.as_it_was == Outcome::Passed)
    };
    let silent = head.exit.is_success()
        && !passed.is_empty()
        && !head.report.stopped_early
        && !passed.iter().any(|name| is_there(&name) || is_sound(&name));
    silent.then(|| format!("none of the {} tests that passed at base ran at head", passed.len()))
}

/// At head somebody else wrote in a report, who didn't at base.
pub(crate) fn forged(check: &Check, base: &CheckRun, head: &CheckRun) -> Option<Finding> {
    let is_new = head.report.is_forged && !base.report.is_forged;
    is_new.then(|| Finding {
        kind: Kind::ReportForged,
        weight: Weight::Objection,
        path: None,
        line: None,
        text: format!("{} at head: {}", check.name, head.report.doubts.join("; ")),
    })
}
