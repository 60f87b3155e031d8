//! Orders attempts at one task and says why: by their evidence, by what the others' tests say of
//! their code, by how many others behave the same, and by the size of the change. Pure. A model's
//! judgement breaks a tie where there is one, and is called so.

mod group;
mod why;

use std::cmp::Reverse;

use domain::evidence::OnBase;
use domain::{AttemptId, Change, Evidence, Examination};

pub(crate) use why::count;

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
    /// Those of `order` that may become a pull request: they change files, break nothing and
    /// nothing in them objects to believing it.
    pub eligible: Vec<AttemptId>,
    /// Those of `eligible` that behave the same in everything that was run. The first one's group
    /// comes first; each has at least one.
    pub groups: Vec<Vec<AttemptId>>,
    /// Different changes that nothing but their size and number puts behind the first, with it.
    /// None where it is first by more than that.
    pub tied: Vec<AttemptId>,
    /// Sentences for people, the best attempt's first.
    pub why: Vec<String>,
}

/// Smaller is better. The order of the fields is the order of what counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    proven: Proven,
    /// Attempts whose tests fail on its code.
    refuted_by: usize,
    alike: Reverse<usize>,
    unjudged: bool,
    files: usize,
    lines: u64,
    number: u32,
}

/// What its own evidence says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Proven {
    unfit: bool,
    fails: bool,
    breaks: bool,
    removed: usize,
    fixed: Reverse<usize>,
    without_red_green: bool,
}

/// A candidate with all that its place depends on.
#[derive(Debug, Clone)]
struct Ranked<'a> {
    candidate: Candidate<'a>,
    rank: Rank,
    refutations: Vec<Refutation<'a>>,
}

/// Tests of one attempt that fail on another's code.
#[derive(Debug, Clone)]
struct Refutation<'a> {
    by: &'a AttemptId,
    /// Those that could be run there.
    ran: usize,
    failed: Vec<&'a str>,
}

/// `examination` is empty where none was held.
pub fn rank(candidates: &[Candidate<'_>], examination: &Examination) -> Ranking {
    let groups = group::groups(candidates, examination);
    let mut ranked: Vec<Ranked<'_>> = candidates
        .iter()
        .map(|candidate| ranked(candidate, candidates, examination, &groups))
        .collect();
    ranked.sort_by(|a, b| a.rank.cmp(&b.rank));
    let eligible = ranked.iter().map(|one| one.candidate).filter(Candidate::is_eligible);
    Ranking {
        order: ranked.iter().map(|one| one.candidate.attempt.clone()).collect(),
        eligible: eligible.map(|candidate| candidate.attempt.clone()).collect(),
        groups: group::in_order(&groups, &ranked),
        tied: tied(&ranked),
        why: why::why(&ranked, examination, &groups),
    }
}

fn ranked<'a>(
    candidate: &Candidate<'a>,
    candidates: &[Candidate<'a>],
    examination: &'a Examination,
    groups: &[Vec<&AttemptId>],
) -> Ranked<'a> {
    let refutations = refutations(candidate, candidates, examination);
    let group = groups.iter().find(|group| group.contains(&candidate.attempt));
    let rank = Rank {
        proven: candidate.proven(),
        refuted_by: refutations.len(),
        alike: Reverse(group.map_or(1, Vec::len)),
        unjudged: !is_preferred(candidate, candidates, examination),
        files: candidate.change.files.len(),
        lines: candidate.change.lines(),
        number: candidate.attempt.number(),
    };
    Ranked { candidate: *candidate, rank, refutations }
}

/// A model's preference is for a change, whoever made it.
fn is_preferred(
    candidate: &Candidate<'_>,
    candidates: &[Candidate<'_>],
    examination: &Examination,
) -> bool {
    let judgement = examination.judgement.as_ref();
    let preferred = judgement.and_then(|judgement| judgement.preferred.as_ref());
    let tree = candidates.iter().find(|one| Some(one.attempt) == preferred).map(|one| one.tree);
    tree == Some(candidate.tree)
}

fn refutations<'a>(
    candidate: &Candidate<'a>,
    candidates: &[Candidate<'a>],
    examination: &'a Examination,
) -> Vec<Refutation<'a>> {
    let Some(examined) = group::examined(candidate, candidates, examination) else {
        return Vec::new();
    };
    let exams = examination.exams.iter().filter(|exam| exam.code_of == *examined);
    let refutations = exams.map(|exam| {
        use domain::evidence::Outcome::{Failed, Passed};
        let failed = exam.tests.iter().filter(|test| test.outcome == Failed);
        Refutation {
            by: &exam.tests_of,
            ran: exam.count(Passed) + exam.count(Failed),
            failed: failed.map(|test| test.name.as_str()).collect(),
        }
    });
    refutations.filter(|refutation| !refutation.failed.is_empty()).collect()
}

/// The different changes that only size and number tell from the first.
fn tied(ranked: &[Ranked<'_>]) -> Vec<AttemptId> {
    let Some(first) = ranked.first().filter(|first| first.candidate.is_eligible()) else {
        return Vec::new();
    };
    let counts = |one: &Ranked<'_>| (one.rank.proven.clone(), one.rank.refuted_by, one.rank.alike);
    let mut trees = Vec::new();
    let mut tied = Vec::new();
    for one in ranked.iter().filter(|one| counts(one) == counts(first)) {
        if !trees.contains(&one.candidate.tree) {
            trees.push(one.candidate.tree);
            tied.push(one.candidate.attempt.clone());
        }
    }
    if tied.len() < 2 { Vec::new() } else { tied }
}

impl Candidate<'_> {
    pub fn is_eligible(&self) -> bool {
        !self.change.files.is_empty()
            && !self.evidence.breaks()
            && self.evidence.cheats().next().is_none()
    }

    fn proven(&self) -> Proven {
        let evidence = self.evidence;
        Proven {
            unfit: !self.is_eligible(),
            fails: !evidence.holds(),
            breaks: evidence.breaks(),
            removed: evidence.tests.removed.len(),
            fixed: Reverse(evidence.tests.fixed.len()),
            without_red_green: self.red_green() == 0,
        }
    }

    fn red_green(&self) -> usize {
        let added = &self.evidence.tests.added;
        added.iter().filter(|test| test.on_base == OnBase::RedGreen).count()
    }
}

#[cfg(test)]
mod tests;
