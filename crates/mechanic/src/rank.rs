//! Where to look: Ochiai's coefficient of every line that a failing test ran, from which tests ran
//! it and how they ended. Knows nothing of syntax.
//!
//! Source: Abreu, Zoeteweij, van Gemund, "An Evaluation of Similarity Coefficients for Software
//! Fault Localization", PRDC 2006.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::bench::{Outcome, Test};

/// Scores between 0 and 1, by file and line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    scores: BTreeMap<String, BTreeMap<u32, f64>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Runs {
    failing: u32,
    passing: u32,
}

impl Ranking {
    /// Lines of files in `ignored` (the tests themselves) are left out.
    pub fn of(tests: &[Test], ignored: &BTreeSet<String>) -> Self {
        let failing = tests.iter().filter(|test| test.outcome == Outcome::Failed).count();
        let mut ranking = Self::default();
        for ((path, line), runs) in count(tests) {
            if runs.failing > 0 && !ignored.contains(path) {
                let score = ochiai(runs, failing);
                ranking.scores.entry(path.to_owned()).or_default().insert(line, score);
            }
        }
        ranking
    }

    /// Without some lines of a file.
    pub fn leave_out(&mut self, path: &str, ranges: &[RangeInclusive<u32>]) {
        if let Some(lines) = self.scores.get_mut(path) {
            lines.retain(|line, _| !ranges.iter().any(|range| range.contains(line)));
        }
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.scores.keys().map(String::as_str)
    }

    pub fn lines(&self, path: &str) -> impl Iterator<Item = (u32, f64)> {
        self.scores.get(path).into_iter().flatten().map(|(line, score)| (*line, *score))
    }

    /// The highest score from `first` to `last`.
    pub fn best_within(&self, path: &str, first: u32, last: u32) -> f64 {
        let lines = self.scores.get(path).into_iter().flat_map(|lines| lines.range(first..=last));
        lines.map(|(_, score)| *score).fold(0.0, f64::max)
    }

    /// The highest score of all.
    pub fn best(&self) -> f64 {
        self.scores.values().flat_map(BTreeMap::values).copied().fold(0.0, f64::max)
    }

    /// All lines, most suspicious first, then by place.
    pub fn sorted(&self) -> Vec<(&str, u32, f64)> {
        let mut all: Vec<_> = self
            .paths()
            .flat_map(|path| self.lines(path).map(move |(line, score)| (path, line, score)))
            .collect();
        all.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(b.0)).then(a.1.cmp(&b.1)));
        all
    }
}

fn count(tests: &[Test]) -> BTreeMap<(&str, u32), Runs> {
    let mut counted: BTreeMap<(&str, u32), Runs> = BTreeMap::new();
    for test in tests {
        for (path, line) in test.lines() {
            let runs = counted.entry((path, line)).or_default();
            match test.outcome {
                Outcome::Failed => runs.failing += 1,
                Outcome::Passed => runs.passing += 1,
                Outcome::Skipped => {}
            }
        }
    }
    counted
}

fn ochiai(runs: Runs, failing: usize) -> f64 {
    let ran = f64::from(runs.failing) + f64::from(runs.passing);
    #[expect(clippy::cast_precision_loss, reason = "a count of tests")]
    let all = failing as f64;
    f64::from(runs.failing) / (all * ran).sqrt()
}

#[cfg(test)]
mod tests;
