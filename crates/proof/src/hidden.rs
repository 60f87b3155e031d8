//! What a change's own tests hide: base's tests that it removes, skips or edits, or whose runner it
//! configures, beside what they say of head's code as they were. Pure.

use std::collections::BTreeSet;

use domain::evidence::{AsItWas, Finding, Kind, Outcome, Tests, Weight};

use crate::inline::Places;
use crate::report::{self, Report};

/// Further ones say nothing new.
const TESTS_MAX: usize = 1_000;
const FINDINGS_MAX: usize = 50;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Hidden<'a> {
    pub base: &'a Report,
    pub head: &'a Report,
    /// Head's code with base's tests, where that was run.
    pub as_it_was: Option<&'a Report>,
    /// Base's tests that were put back.
    pub places: &'a Places,
    pub flaky: &'a BTreeSet<&'a str>,
}

impl Hidden<'_> {
    /// Those of base's tests which the change removes or skips, and those that say something else
    /// as they were.
    pub fn tests(&self, tests: &Tests) -> Vec<AsItWas> {
        let off: BTreeSet<&str> =
            tests.removed.iter().chain(&tests.skipped).map(String::as_str).collect();
        let mut found = Vec::new();
        for name in self.base.names().filter(|name| !self.flaky.contains(*name)) {
            let at_base = outcome(self.base, name);
            let at_head = outcome(self.head, name);
            let as_it_was = self.as_it_was.map_or(Outcome::Absent, |report| outcome(report, name));
            let differs = self.as_it_was.is_some() && as_it_was != at_head;
            let had_its_turn = at_head != Outcome::Absent || !self.head.stopped_early;
            if (off.contains(name) || (differs && had_its_turn)) && found.len() < TESTS_MAX {
                found.push(AsItWas { name: name.into(), at_base, at_head, as_it_was });
            }
        }
        found
    }

    pub fn findings(&self, tests: &[AsItWas]) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            tests.iter().filter_map(|test| self.finding(test)).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
        findings.truncate(FINDINGS_MAX);
        findings
    }

    fn finding(&self, test: &AsItWas) -> Option<Finding> {
        let (weight, said) = self.judged(test)?;
        let path = self.places.of(&test.name).map(str::to_owned);
        let (kind, does) = match test.at_head {
            Outcome::Absent => (Kind::TestDeleted, "removes it"),
            Outcome::Skipped => (Kind::TestSkipped, "skips it"),
            Outcome::Passed | Outcome::Failed if path.is_some() => {
                (Kind::TestEdited, "edits its file")
            }
            Outcome::Passed | Outcome::Failed => {
                (Kind::RunnerConfigured, "edits what configures its runner")
            }
        };
        let (name, before) = (&test.name, before(test.at_base));
        let text = format!("{name} {before}; the change {does}, and as it was it {said}");
        Some(Finding { kind, weight, path, line: None, text })
    }

    /// What it says against the change, and of the test as it was.
    fn judged(&self, test: &AsItWas) -> Option<(Weight, &'static str)> {
        use Outcome::{Absent, Failed, Passed, Skipped};
        let loads = self.as_it_was.is_some_and(|report| !report.is_unreachable(&test.name));
        let is_off = matches!(test.at_head, Absent | Skipped);
        match (test.at_base, test.at_head, test.as_it_was) {
            (Failed, Absent | Skipped | Passed, Failed) if loads => {
                Some((Weight::Objection, "fails on the change's code, too"))
            }
            (Passed, Absent | Skipped, Failed) if loads => {
                Some((Weight::Objection, "fails on the change's code"))
            }
            (Passed, Passed, Failed) if loads => Some((
                Weight::Warning,
                "fails on the change's code: a wished change of what that does, or not",
            )),
            (Passed | Failed, _, Failed) if !loads && (is_off || test.at_head == Passed) => {
                let weight = if is_off && test.at_base == Failed {
                    Weight::Objection
                } else {
                    Weight::Warning
                };
                Some((weight, "can't be loaded with the change's code"))
            }
            (Failed, Absent | Skipped, Absent | Skipped) => {
                Some((Weight::Objection, "could not be run on the change's code"))
            }
            (Passed, Absent | Skipped, Absent | Skipped) => {
                Some((Weight::Warning, "could not be run on the change's code"))
            }
            (Passed | Failed, Absent | Skipped, Passed) => {
                Some((Weight::Note, "passes on the change's code"))
            }
            (_, _, _) => None,
        }
    }
}

pub(crate) fn objects(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.weight == Weight::Objection)
}

fn before(at_base: Outcome) -> &'static str {
    match at_base {
        Outcome::Passed => "passes at base",
        Outcome::Failed => "fails at base",
        Outcome::Skipped => "is skipped at base",
        Outcome::Absent => "isn't there at base",
    }
}

fn outcome(report: &Report, name: &str) -> Outcome {
    match report.outcome(name) {
        Some(report::Outcome::Passed) => Outcome::Passed,
        Some(report::Outcome::Failed) => Outcome::Failed,
        Some(report::Outcome::Skipped) => Outcome::Skipped,
        None => Outcome::Absent,
    }
}
