//! What the first run of the tests means: something to repair, nothing to repair, or tests that
//! can't be run, with the reason in words. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::bench::{Bench, CantRun, Outcome, Recorded, Test};
use crate::candidate::Candidate;
use crate::rank::Ranking;

/// Of output that is shown.
const TAIL_LINES: usize = 30;

/// Failing tests, and all that a search needs to know of the run that showed them.
#[derive(Debug, Clone)]
pub struct Baseline {
    pub failing: Vec<String>,
    pub passing: Vec<String>,
    pub ranking: Ranking,
    pub imported: BTreeMap<String, Vec<u32>>,
    /// Files with tests in them and, perhaps, what they test.
    pub mixed: BTreeSet<String>,
    /// A file that its process reads itself, so that no bench can give it another text.
    pub main: Option<String>,
    /// The whole command, by the clock.
    pub took: Duration,
    pub tests: Vec<Test>,
}

impl Baseline {
    pub fn failed(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.outcome == Outcome::Failed)
    }

    /// The failing tests, and those that passed and ran a line which one of the edits is at.
    pub fn near(&self, candidates: &[Candidate]) -> Vec<String> {
        let ran = |test: &Test, one: &Candidate| {
            test.lines.get(&one.path).is_some_and(|lines| lines.contains(&one.edit.line))
        };
        let near = self.passed().filter(|test| candidates.iter().any(|one| ran(test, one)));
        let near = near.map(|test| test.id.clone());
        self.failing.iter().cloned().chain(near).collect()
    }

    pub fn passed(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.outcome == Outcome::Passed)
    }
}

#[derive(Debug)]
pub enum Verdict {
    Failing(Baseline),
    NothingFails,
    CantRun(CantRun),
}

pub fn judge(bench: &dyn Bench, recorded: Recorded) -> Verdict {
    let failing = recorded.with(Outcome::Failed).count();
    let ran = failing + recorded.with(Outcome::Passed).count();
    let loads = |test: &Test| !recorded.uncollected.iter().any(|other| other.id == test.id);
    let success = recorded.exited.status.is_success();
    match (failing, ran) {
        (0, 1..) if success => Verdict::NothingFails,
        (0, _) => Verdict::CantRun(bench.why_none(&recorded)),
        _ if !recorded.with(Outcome::Failed).any(loads) => {
            Verdict::CantRun(bench.why_none(&recorded))
        }
        _ => Verdict::Failing(baseline(bench, recorded)),
    }
}

fn baseline(bench: &dyn Bench, recorded: Recorded) -> Baseline {
    let is_test = |path: &str| bench.is_test(path);
    let test_files: BTreeSet<String> =
        recorded.tests.iter().filter_map(|test| test.path.clone()).collect();
    let covered = recorded.tests.iter().flat_map(Test::lines);
    let named = covered.map(|(path, _)| path).filter(|path| is_test(path)).map(str::to_owned);
    let by_name = test_files.iter().filter(|path| is_test(path)).cloned();
    let mut ignored: BTreeSet<String> = by_name.chain(named).collect();
    let mut mixed: BTreeSet<String> = test_files.difference(&ignored).cloned().collect();
    let elsewhere: BTreeSet<String> = ignored.union(&mixed).cloned().collect();
    if Ranking::of(&recorded.tests, &elsewhere).paths().next().is_none() && mixed.is_empty() {
        // What is tested can only stand where the tests do.
        mixed = std::mem::take(&mut ignored);
    }
    let of_tests: BTreeSet<String> = ignored.union(&mixed).cloned().collect();
    let ids = |outcome| recorded.with(outcome).map(|test| test.id.clone()).collect();
    Baseline {
        failing: ids(Outcome::Failed),
        passing: ids(Outcome::Passed),
        ranking: Ranking::of(&recorded.tests, &ignored),
        took: recorded.took,
        main: recorded.main,
        imported: own(bench, recorded.imported, &of_tests),
        mixed,
        tests: recorded.tests,
    }
}

fn own(
    bench: &dyn Bench,
    imported: BTreeMap<String, Vec<u32>>,
    ignored: &BTreeSet<String>,
) -> BTreeMap<String, Vec<u32>> {
    let own = |path: &String| !ignored.contains(path) && !bench.is_test(path);
    imported.into_iter().filter(|(path, _)| own(path)).collect()
}

/// The end of a command's output, which says what went wrong.
pub fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests;
