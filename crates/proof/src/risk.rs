//! Risk in one word, with its reasons. Pure: a table of what may go wrong, applied to the rest of
//! the evidence. `docs/evidence.md` has the table.

use std::collections::BTreeSet;

use domain::Evidence;
use domain::evidence::{Finding, Kind, Level, Risk, Weight};

use crate::sources::Source;

/// Lines added and removed.
const LINES_MEDIUM: u64 = 400;
const LINES_HIGH: u64 = 2_000;
const FILES_MEDIUM: usize = 30;
/// Fewer faults than these say nothing about the tests.
const FAULTS_MIN: u64 = 4;
/// Of the faults that were tried, in percent.
const CAUGHT_MEDIUM: u64 = 80;
const CAUGHT_HIGH: u64 = 50;
/// So many reasons for care are a reason for more of it.
const MEDIUMS_FOR_HIGH: usize = 4;
const REASONS_MAX: usize = 12;

type Reason = (Level, String);

/// From all the rest of the evidence and what the change is made of.
pub(crate) fn judge(evidence: &Evidence, sources: &[Source]) -> Risk {
    let mut reasons = results(evidence);
    reasons.extend(proof(evidence));
    reasons.extend(kinds(&evidence.findings));
    reasons.extend(size(sources));
    // Stable: within a level the order in which they were found is that of their weight.
    reasons.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let mediums = reasons.iter().filter(|(level, _)| *level == Level::Medium).count();
    let worst = reasons.first().map_or(Level::Low, |(level, _)| *level);
    let level = if mediums >= MEDIUMS_FOR_HIGH { Level::High } else { worst };
    let more = reasons.len().saturating_sub(REASONS_MAX);
    let mut reasons: Vec<String> =
        reasons.into_iter().map(|(_, reason)| reason).take(REASONS_MAX).collect();
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    if reasons.is_empty() {
        reasons
            .push("all checks pass, a test shows the change, and nothing in it stands out".into());
    }
    Risk { level, reasons }
}

/// What the runs say.
fn results(evidence: &Evidence) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut high = |reason: String| reasons.push((Level::High, reason));
    let cheats = evidence.cheats().count();
    if cheats > 0 {
        let first = evidence.cheats().next().map(Finding::sentence).unwrap_or_default();
        high(format!("{} against it; the first: {first}", counted(cheats, "objection")));
    }
    let broken = evidence.tests.broken.len();
    if broken > 0 {
        high(format!("{} that passed before", fails(broken)));
    }
    if evidence.lost_all_tests() {
        high("none of the tests ran at head".into());
    }
    if evidence.checks.is_empty() {
        high("the project has no checks that could be run".into());
    }
    for check in evidence.checks.iter().filter(|check| !check.head.passes()) {
        let why = match &check.head.doubt {
            Some(doubt) => format!("could not tell: {doubt}"),
            None if check.base.passes() => "fails, and passed before".into(),
            None => "fails, as before".into(),
        };
        high(format!("the check {}: {why}", check.name));
    }
    let flaky = evidence.tests.flaky.len();
    if flaky > 0 {
        reasons.push((Level::Medium, format!("{} from run to run", differs(flaky))));
    }
    reasons
}

/// How much the tests would notice.
fn proof(evidence: &Evidence) -> Vec<Reason> {
    let (tests, mutation) = (&evidence.tests, &evidence.mutation);
    let mut reasons = Vec::new();
    if mutation.tried >= FAULTS_MIN {
        let caught = mutation.caught.saturating_mul(100) / mutation.tried;
        let level = match caught {
            0..CAUGHT_HIGH => Level::High,
            CAUGHT_HIGH..CAUGHT_MEDIUM => Level::Medium,
            _ => Level::Low,
        };
        let lines: BTreeSet<(&str, u32)> =
            mutation.survivors.iter().map(|mutant| (mutant.path.as_str(), mutant.line)).collect();
        if level > Level::Low {
            let (missed, tried) = (mutation.tried - mutation.caught, mutation.tried);
            let on = counted(lines.len(), "changed line");
            let text = format!("the tests miss {missed} of {tried} faults, put into {on}");
            reasons.push((level, text));
        }
    }
    let shows = tests
        .added
        .iter()
        .any(|test| test.passes && test.on_base == domain::evidence::OnBase::RedGreen);
    if !shows && tests.fixed.is_empty() && mutation.caught == 0 && !evidence.checks.is_empty() {
        let text = "no test fails without the change and passes with it";
        reasons.push((Level::Medium, text.into()));
    }
    reasons
}

/// Kinds of findings, the weightiest first, with the level of a warning of this kind.
const KINDS: [(Kind, Level, &str); 15] = [
    (Kind::Secret, Level::High, "what looks like a secret is in it"),
    (Kind::TestDeleted, Level::Medium, "tests are deleted"),
    (Kind::TestSkipped, Level::Medium, "tests are skipped"),
    (Kind::TestWeakened, Level::Medium, "tests are weaker"),
    (Kind::TestEdited, Level::Medium, "what tests expect is edited"),
    (Kind::RunnerConfigured, Level::Medium, "how tests are run is edited"),
    (Kind::ReportForged, Level::Medium, "it comes near to what test runners report"),
    (Kind::SpecialCase, Level::Medium, "it treats what tests use by itself"),
    (Kind::CacheWritten, Level::Medium, "files that a build or a cache makes are in it"),
    (Kind::Ci, Level::Medium, "CI is edited"),
    (Kind::Build, Level::Medium, "the build is edited"),
    (Kind::Dependency, Level::Medium, "dependencies are added or of another version"),
    (Kind::Licence, Level::Medium, "a licence is edited"),
    (Kind::PublicInterface, Level::Medium, "what others call is gone or different"),
    (Kind::Binary, Level::Medium, "something in it can't be read as text"),
];

/// Lock files, style and size have no line of their own: they say little about what may go wrong,
/// or are counted elsewhere.
fn kinds(findings: &[Finding]) -> Vec<Reason> {
    let count = |kind: Kind| {
        let of_kind =
            |finding: &&Finding| finding.kind == kind && finding.weight == Weight::Warning;
        findings.iter().filter(of_kind).count()
    };
    let found = KINDS.iter().map(|(kind, level, text)| (count(*kind), *level, text));
    let said = found.filter(|(count, ..)| *count > 0);
    said.map(|(count, level, text)| (level, format!("{text} ({})", counted(count, "finding"))))
        .collect()
}

fn size(sources: &[Source]) -> Vec<Reason> {
    let of = |ranges: &[std::ops::RangeInclusive<u32>]| -> u64 {
        ranges.iter().map(|range| u64::from(range.end() - range.start()) + 1).sum()
    };
    let lines: u64 = sources.iter().map(|source| of(&source.changed) + of(&source.gone)).sum();
    let level = match lines {
        LINES_HIGH.. => Level::High,
        LINES_MEDIUM.. => Level::Medium,
        _ if sources.len() > FILES_MEDIUM => Level::Medium,
        _ => return Vec::new(),
    };
    vec![(level, format!("it is large: {lines} lines in {}", counted(sources.len(), "file")))]
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn fails(count: usize) -> String {
    if count == 1 { "1 test fails".into() } else { format!("{count} tests fail") }
}

fn differs(count: usize) -> String {
    if count == 1 { "1 test differs".into() } else { format!("{count} tests differ") }
}

#[cfg(test)]
mod tests;
