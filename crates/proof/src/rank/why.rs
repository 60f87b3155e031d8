//! A ranking in sentences. Names of tests and a model's words in them are others' text, on one line
//! and cut; whoever shows them escapes them.

use std::collections::BTreeMap;

use domain::evidence::Outcome;
use domain::examination::Judgement;
use domain::{AttemptId, Examination};

use super::{Candidate, Rank, Ranked, Refutation, group};

/// Of a finding, a test's name, or a model's words.
const QUOTE_CHARS_MAX: usize = 160;
/// Tests that one sentence names.
const NAMES_MAX: usize = 3;

/// Each different change once, and then what the attempts have in common.
pub(super) fn why(
    ranked: &[Ranked<'_>],
    examination: &Examination,
    groups: &[Vec<&AttemptId>],
) -> Vec<String> {
    let mut trees = Vec::new();
    let mut different: Vec<&Ranked<'_>> = Vec::new();
    for one in ranked {
        if !trees.contains(&one.candidate.tree) {
            trees.push(one.candidate.tree);
            different.push(one);
        }
    }
    let first = different.iter().take(1).map(|one| told(one, examination));
    let others = different.windows(2).map(|pair| {
        let difference = difference(pair[0], pair[1]);
        format!("{} ({difference})", told(pair[1], examination))
    });
    let judged = examination.judgement.as_ref().map(judgement);
    let notes = examination.notes.iter().map(|note| quote(note));
    first
        .chain(others)
        .chain(judged)
        .chain(same_changes(ranked))
        .chain(same_behaviour(groups, ranked, examination))
        .chain(notes)
        .collect()
}

/// `attempt 2: every check holds, 2 tests fixed, passes 3 tests of others; 1 file, 2 lines`.
fn told(one: &Ranked<'_>, examination: &Examination) -> String {
    let candidate = &one.candidate;
    let mut parts = vec![verdict(candidate)];
    let tests = &candidate.evidence.tests;
    if !tests.fixed.is_empty() {
        parts.push(format!("{} fixed", count(tests.fixed.len(), "test")));
    }
    match candidate.red_green() {
        0 => {}
        red_green => parts.push(format!("{} red→green", count(red_green, "added test"))),
    }
    if !tests.removed.is_empty() {
        parts.push(format!("{} removed", count(tests.removed.len(), "test")));
    }
    parts.extend(crossed(one, examination));
    let lines = usize::try_from(candidate.change.lines()).unwrap_or(usize::MAX);
    let size = format!("{}, {}", count(candidate.change.files.len(), "file"), count(lines, "line"));
    format!("attempt {}: {}; {size}", candidate.attempt.number(), parts.join(", "))
}

/// What the others' tests say of it, where it was examined.
fn crossed(one: &Ranked<'_>, examination: &Examination) -> Option<String> {
    let exams = examination.exams.iter().filter(|exam| exam.code_of == *one.candidate.attempt);
    let (passed, failed) = exams.fold((0, 0), |(passed, failed), exam| {
        (passed + exam.count(Outcome::Passed), failed + exam.count(Outcome::Failed))
    });
    match (passed, failed, passed + failed) {
        (_, _, 0) => None,
        (1, 0, _) => Some("it passes the others' one test".into()),
        (_, 0, all) => Some(format!("it passes all {all} tests of the others")),
        (_, _, 1) => Some("it fails the others' one test".into()),
        (_, _, all) => Some(format!("it fails {failed} of the others' {all} tests")),
    }
}

fn verdict(candidate: &Candidate<'_>) -> String {
    let evidence = candidate.evidence;
    let broken = evidence.tests.broken.len();
    if candidate.change.files.is_empty() {
        "it changes no file".into()
    } else if broken > 0 {
        format!("{} broken", count(broken, "test"))
    } else if evidence.lost_all_tests() {
        "none of the tests ran at head".into()
    } else if evidence.breaks() {
        "a check that passed at base fails".into()
    } else if let Some(finding) = evidence.cheats().next() {
        format!("its evidence can't be believed ({})", quote(&finding.sentence()))
    } else if evidence.holds() {
        "every check holds".into()
    } else if evidence.checks.is_empty() {
        "there are no checks to hold".into()
    } else if evidence.checks.iter().any(|check| !check.head.exit.is_success()) {
        "a check fails, as it does at base".into()
    } else {
        "whether its checks hold can't be told".into()
    }
}

/// The first thing that counts in which the two differ: why `after` comes after.
fn difference(before: &Ranked<'_>, after: &Ranked<'_>) -> String {
    let ahead = before.candidate.attempt.number();
    let evidence = by_evidence(&before.rank, &after.rank).map(str::to_owned);
    let refuted = || (before.rank.refuted_by != after.rank.refuted_by).then(|| refuted(after));
    let reason = evidence.or_else(refuted).unwrap_or_else(|| by_the_rest(before, after));
    format!("behind attempt {ahead}: {reason}")
}

fn by_evidence(better: &Rank, worse: &Rank) -> Option<&'static str> {
    let (better, worse) = (&better.proven, &worse.proven);
    if better.unfit != worse.unfit {
        Some("it can't become a pull request")
    } else if better.fails != worse.fails {
        Some("not every check holds")
    } else if better.breaks != worse.breaks {
        Some("it breaks something")
    } else if better.removed != worse.removed {
        Some("it removes more tests")
    } else if better.fixed != worse.fixed {
        Some("it fixes fewer tests")
    } else if better.without_red_green != worse.without_red_green {
        Some("it adds no test that fails on the base's code")
    } else {
        None
    }
}

/// `2 of attempt 1's 3 tests fail on it: t.py::test_one, t.py::test_two`
fn refuted(after: &Ranked<'_>) -> String {
    let parts = after.refutations.iter().map(|Refutation { by, ran, failed }| {
        let mut names: Vec<String> =
            failed.iter().take(NAMES_MAX).map(|name| quote(name)).collect();
        if failed.len() > NAMES_MAX {
            names.push("…".into());
        }
        let (whose, names) = (by.number(), names.join(", "));
        match (failed.len(), ran) {
            (_, 1) => format!("attempt {whose}'s test fails on it: {names}"),
            (1, ran) => format!("1 of attempt {whose}'s {ran} tests fails on it: {names}"),
            (failed, ran) => {
                format!("{failed} of attempt {whose}'s {ran} tests fail on it: {names}")
            }
        }
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn by_the_rest(before: &Ranked<'_>, after: &Ranked<'_>) -> String {
    let (better, worse) = (&before.rank, &after.rank);
    let reason = if better.alike != worse.alike {
        "fewer attempts behave as it does"
    } else if better.unjudged != worse.unjudged {
        "a model's judgement broke the tie"
    } else if better.files != worse.files {
        "it touches more files"
    } else if better.lines != worse.lines {
        "it changes more lines"
    } else {
        "only its number is larger"
    };
    reason.into()
}

fn judgement(judgement: &Judgement) -> String {
    let Judgement { model, among, preferred, reason } = judgement;
    let among = listed(&numbers(among.iter()));
    let reason = quote(reason);
    match preferred {
        Some(preferred) => format!(
            "a model's judgement broke the tie of attempts {among}, which is no evidence: {model} \
             prefers attempt {}, {reason}",
            preferred.number()
        ),
        None => format!(
            "a model's judgement on attempts {among} was asked for and couldn't be used: {reason}"
        ),
    }
}

fn same_changes(ranked: &[Ranked<'_>]) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for one in ranked {
        groups.entry(one.candidate.tree).or_default().push(one.candidate.attempt.number());
    }
    let mut groups: Vec<Vec<u32>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort();
    groups.iter().map(|group| format!("attempts {} made the same change", listed(group))).collect()
}

/// Different changes that no test tells apart.
fn same_behaviour(
    groups: &[Vec<&AttemptId>],
    ranked: &[Ranked<'_>],
    examination: &Examination,
) -> Vec<String> {
    let tests = group::witnesses(examination).len();
    if tests == 0 {
        return Vec::new();
    }
    let tree = |id: &AttemptId| {
        ranked.iter().find(|one| one.candidate.attempt == id).map(|one| one.candidate.tree)
    };
    let differ = |group: &&Vec<&AttemptId>| group.iter().any(|&id| tree(id) != tree(group[0]));
    let tests = count(tests, "test");
    let alike = groups.iter().filter(differ);
    alike
        .map(|group| {
            let group = listed(&numbers(group.iter().copied()));
            format!("attempts {group} behave the same in {tests} of all attempts")
        })
        .collect()
}

fn numbers<'a>(ids: impl Iterator<Item = &'a AttemptId>) -> Vec<u32> {
    let mut numbers: Vec<u32> = ids.map(AttemptId::number).collect();
    numbers.sort_unstable();
    numbers
}

fn listed(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some(_) | None => words.join(""),
    }
}

fn quote(text: &str) -> String {
    stdx::cut::line(text, QUOTE_CHARS_MAX)
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
