//! What changed between the reports of base and head, and what a change's own tests did on the
//! base's code. Pure: it is given reports and runs nothing.

use std::collections::BTreeSet;

use domain::evidence::{AddedTest, OnBase, Tests};

use crate::inline::Places;
use crate::report::{Outcome, Report, prefixes};
use crate::test_files::lies_in;

/// Names that one note tells; more are counted.
const NAMES_IN_NOTE_MAX: usize = 5;

/// `places` are those of the change's tests: where the base stopped early, only what lies in them is
/// taken for added.
pub(crate) fn compare(base: &Report, head: &Report, places: &Places) -> Tests {
    let mut tests = Tests { known: base.is_known && head.is_known, ..counted(base, head) };
    if !tests.known {
        return tests;
    }
    for name in names(base, head) {
        match (base.outcome(name), head.outcome(name)) {
            (Some(Outcome::Failed), Some(Outcome::Passed)) => tests.fixed.push(name.into()),
            (Some(Outcome::Passed), Some(Outcome::Failed)) => tests.broken.push(name.into()),
            (Some(Outcome::Passed | Outcome::Failed), Some(Outcome::Skipped)) => {
                tests.skipped.push(name.into());
            }
            (Some(_), None) if !head.stopped_early => tests.removed.push(name.into()),
            (None, Some(outcome)) if !base.stopped_early || places.may_add(name) => {
                tests.added.extend(added(name, outcome));
            }
            (Some(_) | None, Some(_) | None) => {}
        }
    }
    tests
}

fn counted(base: &Report, head: &Report) -> Tests {
    Tests {
        passed_base: base.passed_count(),
        failed_base: base.failed().count() as u64,
        passed_head: head.passed_count(),
        failed_head: head.failed().count() as u64,
        ..Tests::default()
    }
}

/// Sorted, each once. A file that couldn't be loaded at one commit and whose tests are known from
/// the other isn't named itself: its tests are.
fn names<'a>(base: &'a Report, head: &'a Report) -> BTreeSet<&'a str> {
    let mut names: BTreeSet<&str> = base.names().chain(head.names()).collect();
    let holders: BTreeSet<&str> = names
        .iter()
        .flat_map(|name| prefixes(name).skip(1))
        .filter(|holder| base.holds_tests(holder) || head.holds_tests(holder))
        .collect();
    names.retain(|name| !holders.contains(name));
    names
}

fn added(name: &str, outcome: Outcome) -> Option<AddedTest> {
    let passes = match outcome {
        Outcome::Passed => true,
        Outcome::Failed => false,
        Outcome::Skipped => return None,
    };
    Some(AddedTest { name: name.into(), passes, on_base: OnBase::Unknown })
}

/// The change's tests on the base's code; none where it has none.
#[derive(Debug)]
pub(crate) struct Transplant<'a> {
    pub report: &'a Report,
    pub succeeded: bool,
    pub places: &'a Places,
}

impl Transplant<'_> {
    /// Fills in `on_base` of each added test and corrects `fixed`; says what else was seen.
    pub fn judge(&self, tests: &mut Tests, head: &Report) -> Vec<String> {
        for test in &mut tests.added {
            test.on_base = self.on_base(&test.name, test.passes);
        }
        let mut notes = Vec::new();
        notes.extend(self.unloadable(tests));
        notes.extend(self.edited(tests, head));
        notes.extend(self.unfixed(tests));
        notes
    }

    fn on_base(&self, name: &str, passes: bool) -> OnBase {
        match self.report.outcome(name) {
            Some(Outcome::Failed) if passes => OnBase::RedGreen,
            Some(Outcome::Failed) => OnBase::Red,
            Some(Outcome::Passed) => OnBase::Empty,
            Some(Outcome::Skipped) => OnBase::Unknown,
            None if self.stops_before(name) && passes => OnBase::RedGreen,
            None if self.stops_before(name) => OnBase::Red,
            None => OnBase::Unknown,
        }
    }

    /// The whole run ended in a failure that names no tests, as when a test doesn't compile.
    fn stops_before(&self, name: &str) -> bool {
        !self.succeeded
            && !self.report.is_known
            && self.places.files.iter().any(|file| lies_in(name, file))
    }

    fn unloadable(&self, tests: &Tests) -> Option<String> {
        let is_unloadable = |test: &&AddedTest| {
            self.stops_before(&test.name) || self.report.is_unreachable(&test.name)
        };
        let names: Vec<&str> =
            tests.added.iter().filter(is_unloadable).map(|test| test.name.as_str()).collect();
        told("can't be loaded on the base's code, which counts as failing there", &names)
    }

    /// Tests that pass before and after, and whose new text fails on the old code.
    fn edited(&self, tests: &Tests, head: &Report) -> Option<String> {
        let added = tests.added.iter().map(|test| &test.name);
        let told_already: BTreeSet<&str> =
            tests.fixed.iter().chain(added).map(String::as_str).collect();
        let is_edited = |name: &&str| {
            head.outcome(name) == Some(Outcome::Passed)
                && !told_already.contains(name)
                && self.places.of(name).is_some()
        };
        let names: Vec<&str> = self.report.failed().filter(is_edited).collect();
        told("edited by the change: red on the base's code, green at head", &names)
    }

    /// Takes from `fixed` the tests that pass on the base's code this time: the change edits the
    /// test, or what runs it, and not the code.
    fn unfixed(&self, tests: &mut Tests) -> Vec<String> {
        let passes = |name: &String| self.report.outcome(name) == Some(Outcome::Passed);
        let (unfixed, fixed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut tests.fixed).into_iter().partition(passes);
        tests.fixed = fixed;
        let is_edited = |name: &&str| self.places.of(name).is_some();
        let (edited, others): (Vec<&str>, Vec<&str>) =
            unfixed.iter().map(String::as_str).partition(is_edited);
        let edited = told(
            "not counted as fixed, since the base's code passes it too once the change has edited \
             the test",
            &edited,
        );
        let others = told(
            "not counted as fixed, since the base's code passes it too with the change's test files",
            &others,
        );
        edited.into_iter().chain(others).collect()
    }
}

/// A sentence about some tests; none about none.
pub(crate) fn told(what: &str, names: &[&str]) -> Option<String> {
    let shown = names.iter().take(NAMES_IN_NOTE_MAX).copied().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMES_IN_NOTE_MAX);
    match (names.len(), more) {
        (0, _) => None,
        (_, 0) => Some(format!("{what}: {shown}")),
        (_, more) => Some(format!("{what}: {shown} and {more} more")),
    }
}

#[cfg(test)]
mod tests;
