//! What a test runner says of single tests, whichever runner it is. The text comes from a computer
//! that ran hostile code: what is malformed is left out, and all of it is bounded.

pub(crate) mod junit;
pub(crate) mod libtest;
pub(crate) mod lines;

use std::collections::{BTreeMap, BTreeSet};

/// Names beyond this are counted, not kept.
const TESTS_MAX: usize = 100_000;
/// A longer name is cut; no runner's own names come near it.
const NAME_CHARS_MAX: usize = 500;

/// Worse ones are greater: a test that passes and then fails in its tear-down failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Passed,
    Skipped,
    Failed,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    tests: BTreeMap<String, Outcome>,
    /// Files, modules and classes whose tests couldn't be loaded or set up.
    unreachable: BTreeSet<String>,
    /// A runner reported, if only that there are no tests.
    pub is_known: bool,
    /// Tests may exist that had no turn, so a missing one wasn't necessarily removed.
    pub stopped_early: bool,
    pub notes: Vec<String>,
}

impl Report {
    /// A runner's report, so far without tests.
    pub fn known() -> Self {
        Self { is_known: true, ..Self::default() }
    }

    pub fn record(&mut self, name: &str, outcome: Outcome) {
        self.is_known = true;
        let name = cut(name);
        if self.tests.len() >= TESTS_MAX && !self.tests.contains_key(&name) {
            self.stopped_early = true;
            return;
        }
        let worst = self.tests.entry(name).or_insert(outcome);
        *worst = outcome.max(*worst);
    }

    pub fn record_unreachable(&mut self, name: &str) {
        self.is_known = true;
        if self.unreachable.len() < TESTS_MAX {
            self.unreachable.insert(cut(name));
        }
    }

    /// A test that failed passed when it was run again.
    pub fn forgive(&mut self, name: &str) {
        if !self.unreachable.remove(name) {
            self.tests.insert(name.to_owned(), Outcome::Passed);
        }
    }

    /// A test below something that can't be loaded fails, even though no runner names it.
    pub fn outcome(&self, name: &str) -> Option<Outcome> {
        let unreachable = || self.is_unreachable(name).then_some(Outcome::Failed);
        self.tests.get(name).copied().or_else(unreachable)
    }

    pub fn is_unreachable(&self, name: &str) -> bool {
        !self.unreachable.is_empty()
            && prefixes(name).any(|prefix| self.unreachable.contains(prefix))
    }

    /// Every name in it, of tests and of what couldn't be loaded.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tests.keys().chain(&self.unreachable).map(String::as_str)
    }

    /// Whether `name` is no test but what holds tests.
    pub fn holds_tests(&self, name: &str) -> bool {
        self.unreachable.contains(name) && !self.tests.contains_key(name)
    }

    pub fn failed(&self) -> impl Iterator<Item = &str> {
        let failed = self.tests.iter().filter(|(_, outcome)| **outcome == Outcome::Failed);
        failed.map(|(name, _)| name).chain(&self.unreachable).map(String::as_str)
    }

    pub fn passed_count(&self) -> u64 {
        self.tests.values().filter(|outcome| **outcome == Outcome::Passed).count() as u64
    }

    pub fn merge(&mut self, other: Self) {
        self.is_known |= other.is_known;
        self.stopped_early |= other.stopped_early;
        self.notes.extend(other.notes);
        other.tests.iter().for_each(|(name, outcome)| self.record(name, *outcome));
        other.unreachable.iter().for_each(|name| self.record_unreachable(name));
    }
}

/// `name` itself and what it lies in: `a/t.py::C::t` → `a/t.py::C`, `a/t.py`, `a/t`, …
pub(crate) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.match_indices([':', '.', ' ']).map(|(at, _)| &name[..at]);
    std::iter::once(name).chain(ends)
}

/// One line without control characters, so that a name can't forge a log line or a terminal's.
fn cut(name: &str) -> String {
    let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    name.chars().take(NAME_CHARS_MAX).map(printable).collect()
}

#[cfg(test)]
mod tests;
