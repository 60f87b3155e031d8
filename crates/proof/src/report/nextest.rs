//! Reads the lines that `cargo nextest` prints, which it indents what tests print below of. Between
//! "Starting" and "Summary" each test has one, and the summary has to agree with them.

use std::collections::BTreeMap;

use super::{Outcome, Report};

pub(crate) const READER: &str = "nextest";

/// Nothing is known from a log without a run in it.
pub(crate) fn read(log: &str) -> Report {
    let mut report = Report::default();
    let mut section: Option<BTreeMap<String, Outcome>> = None;
    for line in log.lines() {
        if let Some(text) = line.strip_prefix("    Starting ")
            && text.contains(" across ")
        {
            close(section.take(), None, &mut report);
            report.merge(Report::of(READER));
            section = Some(BTreeMap::new());
        } else if let Some(text) = line.strip_prefix("     Summary [") {
            close(section.take(), summary(text), &mut report);
        } else if let (Some(tests), Some((name, outcome))) = (&mut section, status(line)) {
            // The last word on a test that is tried more than once.
            tests.insert(name, outcome);
        }
    }
    close(section, None, &mut report);
    report
}

fn close(section: Option<BTreeMap<String, Outcome>>, counts: Option<Counts>, report: &mut Report) {
    let Some(tests) = section else { return };
    let of = |wanted| tests.values().filter(|outcome| **outcome == wanted).count();
    let (passed, failed) = (of(Outcome::Passed), of(Outcome::Failed));
    tests.iter().for_each(|(name, outcome)| report.record(name, *outcome));
    match counts {
        None => {
            report.stopped_early = true;
            report.doubt("nextest went away before it had summed up");
        }
        Some(counts) if (counts.passed, counts.failed) != (passed, failed) => {
            report.stopped_early = true;
            report.doubt(format!(
                "nextest sums up {} passed and {} failed, and shows {passed} and {failed}",
                counts.passed, counts.failed
            ));
        }
        Some(counts) => report.stopped_early |= counts.partial,
    }
}

#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    /// Not every test had its turn.
    partial: bool,
}

/// `   0.096s] 4 tests run: 2 passed (1 slow), 1 failed, 1 timed out, 1 skipped`, and `2/4 tests
/// run` where it stopped early.
fn summary(text: &str) -> Option<Counts> {
    let (_, text) = text.split_once("] ")?;
    let (run, results) = text.split_once(" run: ")?;
    let mut counts = Counts { partial: run.contains('/'), ..Counts::default() };
    for part in without_brackets(results).split(", ") {
        let (number, what) = part.trim().split_once(' ')?;
        let number: usize = number.parse().ok()?;
        match what {
            "passed" => counts.passed += number,
            "failed" | "timed out" | "exec failed" => counts.failed += number,
            _ => {}
        }
    }
    Some(counts)
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let outside = text.chars().filter(|c| {
        depth = if *c == '(' { depth + 1 } else { depth };
        let keep = depth == 0;
        depth = if *c == ')' { depth.saturating_sub(1) } else { depth };
        keep
    });
    outside.collect()
}

/// `        PASS [   0.006s] (1/4) demo::it it` → `demo::it it`. Standing results alone: a test that
/// is slow has another line later.
fn status(line: &str) -> Option<(String, Outcome)> {
    let (word, rest) = line.split_once(" [")?;
    // Right-aligned to a fixed width, which what tests print isn't: that is indented further.
    let aligned = word.len() == STATUS_WIDTH;
    let outcome = aligned.then(|| outcome(word.trim_start())).flatten()?;
    let (_, rest) = rest.split_once("] ")?;
    let rest = match rest.strip_prefix('(') {
        Some(counter) => counter.split_once(") ")?.1,
        None => rest,
    };
    let name = rest.trim();
    name.contains(' ').then(|| (name.to_owned(), outcome))
}

const STATUS_WIDTH: usize = 12;

fn outcome(word: &str) -> Option<Outcome> {
    match word {
        "PASS" | "LEAK" => Some(Outcome::Passed),
        "SKIP" => Some(Outcome::Skipped),
        "FAIL" | "FAIL + LEAK" | "TIMEOUT" | "ABORT" | "XFAIL" | "LEAK-FAIL" => {
            Some(Outcome::Failed)
        }
        _ if word.starts_with("SIG") => Some(Outcome::Failed),
        _ if word.starts_with("TRY ") && word.ends_with(" PASS") => Some(Outcome::Passed),
        _ if word.starts_with("TRY ") => Some(Outcome::Failed),
        _ if word.starts_with("FLAKY ") => Some(Outcome::Passed),
        _ => None,
    }
}
