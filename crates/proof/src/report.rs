//! What a test runner says of single tests, whichever runner it is. The text comes from a computer
//! that ran hostile code: what is malformed is left out, and all of it is bounded.

pub(crate) mod go;
pub(crate) mod junit;
pub(crate) mod libtest;
pub(crate) mod lines;
pub(crate) mod nextest;
pub(crate) mod tap;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Names beyond this are counted, not kept.
const TESTS_MAX: usize = 100_000;
/// A longer name is cut; no runner's own names come near it.
const NAME_CHARS_MAX: usize = 500;

/// Doubts beyond these say nothing new.
const DOUBTS_MAX: usize = 5;

/// Worse ones are greater: a test that passes and then fails in its tear-down failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Passed,
    Skipped,
    Failed,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    tests: BTreeMap<String, Outcome>,
    /// Files, modules and classes whose tests couldn't be loaded or set up.
    unreachable: BTreeSet<String>,
    /// A runner reported, if only that there are no tests.
    pub is_known: bool,
    /// Tests may exist that had no turn, so a missing one wasn't necessarily removed.
    pub stopped_early: bool,
    /// Who reported: `pytest`, `libtest`.
    pub readers: BTreeSet<String>,
    /// Tests that ran and weren't named.
    pub unnamed: u64,
    /// Something else than the runner's reporter had a hand in it.
    pub is_forged: bool,
    /// What speaks against believing it, in sentences without an end.
    pub doubts: Vec<String>,
    pub notes: Vec<String>,
}

impl Report {
    /// The report of `reader`, so far without tests.
    pub fn of(reader: &str) -> Self {
        Self { is_known: true, readers: [reader.to_owned()].into(), ..Self::default() }
    }

    pub fn doubt(&mut self, why: impl Into<String>) {
        let why = cut(&why.into());
        if self.doubts.len() < DOUBTS_MAX && !self.doubts.contains(&why) {
            self.doubts.push(why);
        }
    }

    /// No test ran, so far as it knows; one that was skipped didn't.
    pub fn ran_none(&self) -> bool {
        let ran = |outcome: &Outcome| *outcome != Outcome::Skipped;
        self.unnamed == 0 && self.unreachable.is_empty() && !self.tests.values().any(ran)
    }

    /// Who reported, for people.
    pub fn reader(&self) -> Option<String> {
        let names: Vec<&str> = self.readers.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
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

    /// A test that failed passed when it was run again, and so did what it lies in load.
    pub fn forgive(&mut self, name: &str) {
        for holder in prefixes(name) {
            self.unreachable.remove(holder);
        }
        self.tests.insert(name.to_owned(), Outcome::Passed);
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

    pub fn passed(&self) -> impl Iterator<Item = &str> {
        let passed = self.tests.iter().filter(|(_, outcome)| **outcome == Outcome::Passed);
        passed.map(|(name, _)| name.as_str())
    }

    pub fn passed_count(&self) -> u64 {
        self.passed().count() as u64
    }

    /// Takes over what is better in another run of the same tests.
    pub fn take_better(&mut self, other: Self) {
        for (name, outcome) in other.tests {
            if outcome == Outcome::Passed && self.outcome(&name) == Some(Outcome::Failed) {
                self.forgive(&name);
            }
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.is_known |= other.is_known;
        self.stopped_early |= other.stopped_early;
        self.unnamed += other.unnamed;
        self.is_forged |= other.is_forged;
        self.readers.extend(other.readers);
        other.doubts.into_iter().for_each(|why| self.doubt(why));
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
pub(crate) fn cut(name: &str) -> String {
    let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    name.chars().take(NAME_CHARS_MAX).map(printable).collect()
}

/// The second of one name becomes `name #2`.
#[derive(Debug, Default)]
pub(crate) struct Numbered(BTreeMap<String, u32>);

impl Numbered {
    pub fn name(&mut self, name: String) -> String {
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} #{count}") }
    }
}

#[cfg(test)]
mod tests;
