//! The order of cards: value times trust, for each minute that the review takes. Rough on purpose, and
//! all of it here, so that it can be argued with.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use domain::evidence::{Level, OnBase, Shown, Weight};
use domain::{Change, Evidence, ProjectId};

use super::Card;

/// Each test that is repaired adds so much to a change's value of 1, up to [`REPAIRED_MAX`].
const REPAIRED: f64 = 0.25;
const REPAIRED_MAX: usize = 4;
/// A person has spent words on it already, and waits for the answer.
const FOLLOWS: f64 = 1.5;
/// It was approved once, and something came in between.
const RETURNED: f64 = 1.25;
/// Each day of waiting adds so much, up to [`DAYS_MAX`]: nothing stays at the end for ever.
const DAY: f64 = 0.15;
const DAYS_MAX: f64 = 10.0;
const DAY_MS: f64 = 86_400_000.0;

/// Trust in a change whose evidence doesn't hold.
const DOESNT_HOLD: f64 = 0.25;
/// None of its tests was red before, and none was repaired.
const NOTHING_RED: f64 = 0.6;
/// With no fault caught, or no added test red before: the shares in between are in proportion.
const NONE_CAUGHT: f64 = 0.6;
const NONE_RED: f64 = 0.5;
/// A claim of the agent's that isn't so.
const REFUTED: f64 = 0.5;
/// Each warning, up to [`WARNINGS_MAX`].
const WARNING: f64 = 0.9;
const WARNINGS_MAX: usize = 5;
const RISK_MEDIUM: f64 = 0.8;
const RISK_HIGH: f64 = 0.5;

/// Minutes to look at a card at all, for each changed line (60 a minute), file and finding.
const GLANCE: f64 = 0.2;
const LINE: f64 = 1.0 / 60.0;
const FILE: f64 = 0.15;
const FINDING: f64 = 0.5;
/// Nobody reads longer at a time.
const MINUTES_MAX: f64 = 60.0;

/// Why a card is where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// From 1 for any change that was asked for.
    pub value: f64,
    /// 0 to 1.
    pub trust: f64,
    /// What its review takes.
    pub minutes: f64,
}

impl Score {
    /// Larger is earlier.
    pub fn weight(self) -> f64 {
        self.value * self.trust / self.minutes
    }
}

/// What a score is made from.
pub(super) struct Weighed<'a> {
    pub evidence: &'a Evidence,
    pub change: &'a Change,
    pub follows: bool,
    pub returned: bool,
    pub waits_ms: u64,
}

pub(super) fn score(weighed: &Weighed<'_>) -> Score {
    Score { value: value(weighed), trust: trust(weighed.evidence), minutes: minutes(weighed) }
}

fn value(weighed: &Weighed<'_>) -> f64 {
    let repaired = weighed.evidence.tests.fixed.len().min(REPAIRED_MAX);
    let days = (weighed.waits_ms as f64 / DAY_MS).min(DAYS_MAX);
    let mut value = 1.0 + REPAIRED * repaired as f64 + DAY * days;
    if weighed.follows {
        value *= FOLLOWS;
    }
    if weighed.returned {
        value *= RETURNED;
    }
    value
}

fn trust(evidence: &Evidence) -> f64 {
    let tests = &evidence.tests;
    let red = tests.added.iter().filter(|test| test.on_base == OnBase::RedGreen).count();
    let mut trust = if evidence.holds() { 1.0 } else { DOESNT_HOLD };
    if red == 0 && tests.fixed.is_empty() {
        trust *= NOTHING_RED;
    }
    trust *= share(red as u64, tests.added.len() as u64, NONE_RED);
    trust *= share(evidence.mutation.caught, evidence.mutation.tried, NONE_CAUGHT);
    if evidence.claims.iter().any(|claim| matches!(claim.shown, Shown::Refuted { .. })) {
        trust *= REFUTED;
    }
    let is_warning = |weight: Weight| weight == Weight::Warning;
    let warnings = evidence.findings.iter().filter(|found| is_warning(found.weight)).count();
    for _ in 0..warnings.min(WARNINGS_MAX) {
        trust *= WARNING;
    }
    match evidence.risk.level {
        Level::Low => trust,
        Level::Unknown | Level::Medium => trust * RISK_MEDIUM,
        Level::High => trust * RISK_HIGH,
    }
}

/// From `least`, where none of them is, to 1, where all are, or where there are none to be.
fn share(of: u64, all: u64, least: f64) -> f64 {
    if all == 0 {
        return 1.0;
    }
    least + (1.0 - least) * of.min(all) as f64 / all as f64
}

fn minutes(weighed: &Weighed<'_>) -> f64 {
    let Weighed { change, evidence, .. } = weighed;
    let minutes = GLANCE
        + LINE * change.lines() as f64
        + FILE * change.files.len() as f64
        + FINDING * evidence.findings.len() as f64;
    minutes.min(MINUTES_MAX)
}

/// The weightiest first, of equal ones the oldest; what is on its way already comes last. Of several
/// with the same patch in one project, the first one stays.
pub(super) fn ordered(mut found: Vec<(Card, Option<String>)>) -> Vec<Card> {
    found.sort_by(|(one, _), (other, _)| weigh(one, other));
    // What somebody decided on stands for its likes: none of them takes its place meanwhile.
    found.sort_by_key(|(card, _)| card.pending.is_none());
    let mut seen: BTreeSet<(ProjectId, String)> = BTreeSet::new();
    found.retain(|(card, patch)| match patch {
        Some(patch) => seen.insert((card.project.clone(), patch.clone())),
        None => true,
    });
    found.sort_by_key(|(card, _)| card.pending.is_some());
    found.into_iter().map(|(card, _)| card).collect()
}

fn weigh(one: &Card, other: &Card) -> Ordering {
    let heavier = other.score.weight().total_cmp(&one.score.weight());
    heavier.then_with(|| one.since.cmp(&other.since)).then_with(|| one.attempt.cmp(&other.attempt))
}
