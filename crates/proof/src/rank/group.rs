//! Which attempts behave the same in everything that was run: the project's tests, and every
//! attempt's own.

use domain::evidence::Outcome;
use domain::{AttemptId, Examination};

use super::{Candidate, Ranked};

/// All that is known of how a change behaves.
#[derive(Debug, PartialEq, Eq)]
struct Behaviour<'a> {
    holds: bool,
    fixed: &'a [String],
    removed: &'a [String],
    skipped: &'a [String],
    /// Of each test that every examined change could run; none where it wasn't examined.
    cross: Option<Vec<Outcome>>,
}

/// Those who may win, parted; each once. Whoever made the same change behaves the same.
pub(super) fn groups<'a>(
    candidates: &[Candidate<'a>],
    examination: &Examination,
) -> Vec<Vec<&'a AttemptId>> {
    let witnesses = witnesses(examination);
    let mut groups: Vec<(Behaviour<'a>, Vec<&'a AttemptId>)> = Vec::new();
    for candidate in candidates.iter().filter(|candidate| candidate.is_eligible()) {
        let first = first_of_tree(candidate, candidates);
        let behaviour = behaviour(&first, candidates, examination, &witnesses);
        match groups.iter_mut().find(|(other, _)| *other == behaviour) {
            Some((_, group)) => group.push(candidate.attempt),
            None => groups.push((behaviour, vec![candidate.attempt])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The best one's group first, and in each the best first.
pub(super) fn in_order(groups: &[Vec<&AttemptId>], ranked: &[Ranked<'_>]) -> Vec<Vec<AttemptId>> {
    let place = |id: &AttemptId| ranked.iter().position(|one| one.candidate.attempt == id);
    let mut groups: Vec<Vec<AttemptId>> =
        groups.iter().map(|group| group.iter().map(|&id| id.clone()).collect()).collect();
    groups.iter_mut().for_each(|group| group.sort_by_key(place));
    groups.sort_by_key(|group| group.first().map(place));
    groups
}

/// Who was examined in its place: the attempt itself, or one that made the same change.
pub(super) fn examined<'a>(
    candidate: &Candidate<'a>,
    candidates: &[Candidate<'a>],
    examination: &Examination,
) -> Option<&'a AttemptId> {
    let same = candidates.iter().filter(|other| other.tree == candidate.tree);
    let mut examined = same
        .map(|other| other.attempt)
        .filter(|id| examination.examined.iter().any(|examined| examined.attempt == **id));
    examined.next()
}

fn first_of_tree<'a>(candidate: &Candidate<'a>, candidates: &[Candidate<'a>]) -> Candidate<'a> {
    *candidates.iter().find(|other| other.tree == candidate.tree).unwrap_or(candidate)
}

fn behaviour<'a>(
    candidate: &Candidate<'a>,
    candidates: &[Candidate<'a>],
    examination: &Examination,
    witnesses: &[(&AttemptId, &str)],
) -> Behaviour<'a> {
    let evidence = candidate.evidence;
    let examined = examined(candidate, candidates, examination);
    let cross = examined.map(|code| {
        let outcome = |(by, test): &(&AttemptId, &str)| examination.outcome(by, test, code);
        witnesses.iter().map(outcome).collect()
    });
    Behaviour {
        holds: evidence.holds(),
        fixed: &evidence.tests.fixed,
        removed: &evidence.tests.removed,
        skipped: &evidence.tests.skipped,
        cross,
    }
}

/// Tests that were run on every examined change. One that somewhere couldn't be loaded says of
/// nobody how it behaves.
pub(super) fn witnesses(examination: &Examination) -> Vec<(&AttemptId, &str)> {
    let mut all: Vec<(&AttemptId, &str)> = examination
        .exams
        .iter()
        .flat_map(|exam| exam.tests.iter().map(|test| (&exam.tests_of, test.name.as_str())))
        .collect();
    all.sort();
    all.dedup();
    all.retain(|(by, test)| {
        let mut outcomes = examination.examined.iter();
        outcomes.all(|code| examination.outcome(by, test, &code.attempt) != Outcome::Absent)
    });
    all
}
