//! Which of the edits that pass every test is taken, and what there is to say against it: how many
//! others pass, too, and how many ways of behaving there are among them. Pure.

use std::collections::BTreeMap;

use crate::bench::Behaviour;
use crate::candidate::Candidate;
use crate::search::simplest_first;

/// How much less far-fetched a group is that is e times as large. Edits that happen to pass mostly
/// behave each in its own way; the right one is often written in several.
const GROUP_SHARE: f64 = 0.5;

/// The edits that pass, the one to take first.
#[derive(Debug, Default)]
pub struct Choice {
    pub ranked: Vec<Candidate>,
    groups: Vec<usize>,
    inputs: usize,
}

/// What is said of one that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ambiguity {
    /// Other edits that pass all tests.
    pub others: usize,
    /// Ways of behaving among all, on so many inputs near those of the tests; 0 where that is not
    /// known.
    pub ways: usize,
    pub inputs: usize,
    /// Of the others, those that behave like this one.
    pub alike: usize,
    pub why: Why,
}

impl Ambiguity {
    /// Of one that no other was compared with.
    pub const NONE: Self = Self { others: 0, ways: 0, inputs: 0, alike: 0, why: Why::Only };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No other passes.
    Only,
    Cheapest,
    /// A cheaper one behaves as fewer do.
    LargerGroup,
    /// What came before failed when the test command ran as it is.
    OthersFailed,
}

impl Choice {
    /// `behaviour` is of `whole`, in its order; what is not in it behaves in a way of its own.
    pub fn of(whole: Vec<Candidate>, behaviour: &Behaviour) -> Self {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        let mut groups = Vec::new();
        for index in 0..whole.len() {
            let next = groups.iter().max().map_or(0, |last: &usize| last + 1);
            let group = match behaviour.each.get(index).and_then(Option::as_deref) {
                Some(does) => *named.entry(does).or_insert(next),
                None => next,
            };
            groups.push(group);
        }
        let costs = costs(&whole, &groups);
        let mut both: Vec<(Candidate, usize)> = whole.into_iter().zip(groups).collect();
        both.sort_by(|(a, of_a), (b, of_b)| {
            costs[of_a].total_cmp(&costs[of_b]).then_with(|| simplest_first(a, b))
        });
        let known = behaviour.each.iter().flatten().next().is_some();
        let inputs = if known { behaviour.inputs } else { 0 };
        let (ranked, groups) = both.into_iter().unzip();
        Self { ranked, groups, inputs }
    }

    /// Of the one at this place.
    pub fn ambiguity(&self, place: usize) -> Ambiguity {
        let group = self.groups.get(place);
        let alike = self.groups.iter().filter(|other| Some(*other) == group).count();
        let ways = self.groups.iter().max().map_or(0, |last| last + 1);
        let cheaper = |other: &Candidate| simplest_first(other, &self.ranked[place]).is_lt();
        let why = match place {
            0 if self.ranked.len() == 1 => Why::Only,
            0 if self.ranked.iter().any(cheaper) => Why::LargerGroup,
            0 => Why::Cheapest,
            _ => Why::OthersFailed,
        };
        Ambiguity {
            others: self.ranked.len().saturating_sub(1),
            ways: if self.inputs == 0 { 0 } else { ways },
            inputs: self.inputs,
            alike: alike.saturating_sub(1),
            why,
        }
    }
}

/// How far-fetched each group is: as its simplest member, less what its size speaks for it.
#[expect(clippy::cast_precision_loss, reason = "a handful of candidates")]
fn costs(whole: &[Candidate], groups: &[usize]) -> BTreeMap<usize, f64> {
    let mut members: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (candidate, group) in whole.iter().zip(groups) {
        members.entry(*group).or_default().push(candidate.cost());
    }
    let cost = |costs: &Vec<f64>| {
        let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
        least - GROUP_SHARE * (costs.len() as f64).ln()
    };
    members.iter().map(|(group, costs)| (*group, cost(costs))).collect()
}

#[cfg(test)]
mod tests;
