//! Orders attempts at one task by their evidence, then by the size of their change, and says why.
//! Pure; no model has a word in it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use domain::evidence::OnBase;
use domain::{AttemptId, Change, Evidence};

/// An attempt that changed something.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub attempt: &'a AttemptId,
    pub change: &'a Change,
    pub evidence: &'a Evidence,
    /// What tells changes apart: the object name of head's tree, or a patch id. All candidates'
    /// are of one kind.
    pub tree: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// The best first; each candidate once.
    pub order: Vec<AttemptId>,
    /// Those of `order` that may become a pull request: they change files and break nothing.
    pub eligible: Vec<AttemptId>,
    /// Sentences for people, the best attempt's first.
    pub why: Vec<String>,
}

/// Smaller is better. The order of the fields is the order of what counts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    unfit: bool,
    fails: bool,
    breaks: bool,
    fixed: Reverse<usize>,
    without_red_green: bool,
    removed: usize,
    files: usize,
    lines: u64,
    number: u32,
}

pub fn rank(candidates: &[Candidate<'_>]) -> Ranking {
    let mut ranked: Vec<(Rank, &Candidate<'_>)> =
        candidates.iter().map(|candidate| (candidate.rank(), candidate)).collect();
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    let order: Vec<&Candidate<'_>> = ranked.iter().map(|(_, candidate)| *candidate).collect();
    let ids =
        |candidates: &[&Candidate<'_>]| candidates.iter().map(|c| c.attempt.clone()).collect();
    let eligible: Vec<_> = order.iter().copied().filter(|c| c.is_eligible()).collect();
    Ranking { order: ids(&order), eligible: ids(&eligible), why: why(&ranked) }
}

impl Candidate<'_> {
    fn is_eligible(&self) -> bool {
        !self.change.files.is_empty() && !self.evidence.breaks()
    }

    fn rank(&self) -> Rank {
        let evidence = self.evidence;
        Rank {
            unfit: !self.is_eligible(),
            fails: !evidence.holds(),
            breaks: evidence.breaks(),
            fixed: Reverse(evidence.tests.fixed.len()),
            without_red_green: self.red_green() == 0,
            removed: evidence.tests.removed.len(),
            files: self.change.files.len(),
            lines: self.change.lines(),
            number: self.attempt.number(),
        }
    }

    fn red_green(&self) -> usize {
        let added = &self.evidence.tests.added;
        added.iter().filter(|test| test.on_base == OnBase::RedGreen).count()
    }

    /// `attempt 2: every check holds, 2 tests fixed; 1 file, 2 lines`.
    fn told(&self) -> String {
        let mut parts = vec![self.verdict()];
        let fixed = self.evidence.tests.fixed.len();
        if fixed > 0 {
            parts.push(format!("{} fixed", count(fixed, "test")));
        }
        match self.red_green() {
            0 => {}
            red_green => parts.push(format!("{} red→green", count(red_green, "added test"))),
        }
        let lines = usize::try_from(self.change.lines()).unwrap_or(usize::MAX);
        let size = format!("{}, {}", count(self.change.files.len(), "file"), count(lines, "line"));
        format!("attempt {}: {}; {size}", self.attempt.number(), parts.join(", "))
    }

    fn verdict(&self) -> String {
        let broken = self.evidence.tests.broken.len();
        if self.change.files.is_empty() {
            "it changes no file".into()
        } else if self.evidence.holds() {
            "every check holds".into()
        } else if broken > 0 {
            format!("{} broken", count(broken, "test"))
        } else if self.evidence.lost_all_tests() {
            "none of the tests ran at head".into()
        } else if self.evidence.breaks() {
            "a check that passed at base fails".into()
        } else if self.evidence.checks.is_empty() {
            "there are no checks to hold".into()
        } else {
            "a check fails, as it does at base".into()
        }
    }
}

/// Each different change once, and then which attempts made the same.
fn why(ranked: &[(Rank, &Candidate<'_>)]) -> Vec<String> {
    let mut trees = BTreeSet::new();
    let different: Vec<_> = ranked.iter().filter(|(_, c)| trees.insert(c.tree)).collect();
    let first = different.iter().take(1).map(|(_, candidate)| candidate.told());
    let others = different.windows(2).map(|pair| {
        let difference = difference(pair[0], pair[1]);
        format!("{} ({difference})", pair[1].1.told())
    });
    first.chain(others).chain(same(ranked)).collect()
}

/// The first thing that counts in which the two differ: why `after` comes after.
fn difference(before: &(Rank, &Candidate<'_>), after: &(Rank, &Candidate<'_>)) -> String {
    let ((better, ahead), (worse, _)) = (before, after);
    let ahead_number = ahead.attempt.number();
    let reason = if better.unfit != worse.unfit {
        "it can't become a pull request"
    } else if better.fails != worse.fails {
        "not every check holds"
    } else if better.breaks != worse.breaks {
        "it breaks something"
    } else if better.fixed != worse.fixed {
        "it fixes fewer tests"
    } else if better.without_red_green != worse.without_red_green {
        "it adds no test that fails on the base's code"
    } else if better.removed != worse.removed {
        "it removes more tests"
    } else if better.files != worse.files {
        "it touches more files"
    } else if better.lines != worse.lines {
        "it changes more lines"
    } else {
        "only its number is larger"
    };
    format!("behind attempt {ahead_number}: {reason}")
}

fn same(ranked: &[(Rank, &Candidate<'_>)]) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (_, candidate) in ranked {
        groups.entry(candidate.tree).or_default().push(candidate.attempt.number());
    }
    let mut groups: Vec<Vec<u32>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort();
    groups.iter().map(|group| format!("attempts {} made the same change", listed(group))).collect()
}

fn listed(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some(_) | None => words.join(""),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests;
