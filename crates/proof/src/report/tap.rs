//! Reads the Test Anything Protocol, versions 12 to 14 (testanything.org), where a log has it: test
//! points at the outermost level, which a plan has to count.

use super::{Numbered, Outcome, Report};

pub(crate) const READER: &str = "tap";

/// Nothing is known from a log without a version and without both a plan and a test point.
pub(crate) fn read(log: &str) -> Report {
    let has = |what: fn(&str) -> bool| log.lines().any(what);
    let is_counted = has(|line| plan(line).is_some()) && has(|line| point(line).is_some());
    if !(is_counted || has(|line| line.starts_with("TAP version "))) {
        return Report::default();
    }
    let mut report = Report::of(READER);
    let mut names = Numbered::default();
    let (mut planned, mut read) = (0_u64, 0_u64);
    for line in log.lines() {
        if let Some(count) = plan(line) {
            planned = planned.saturating_add(count);
        } else if let Some((name, outcome)) = point(line) {
            read += 1;
            report.record(&names.name(name), outcome);
        } else if line.starts_with("Bail out!") {
            report.stopped_early = true;
        }
    }
    if planned != read {
        report.stopped_early = true;
        report.doubt(format!("{planned} tests are planned and {read} results could be read"));
    }
    report
}

/// `1..4`, and `1..0 # SKIP` for none.
fn plan(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("1..")?;
    let digits = rest.split([' ', '#']).next()?;
    digits.parse::<u32>().ok().map(u64::from)
}

/// `ok 1 - adds`, `not ok 2 - breaks # TODO later`.
fn point(line: &str) -> Option<(String, Outcome)> {
    let (passed, rest) = match line.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok")?),
    };
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let (said, directive) = rest.split_once(" # ").unwrap_or((rest, ""));
    let said = said.trim_start();
    let unnumbered = said.trim_start_matches(|c: char| c.is_ascii_digit());
    let name = unnumbered.trim_start().trim_start_matches("- ").trim();
    let name = if name.is_empty() { format!("test {}", said.trim()) } else { name.to_owned() };
    let directive = directive.to_ascii_uppercase();
    let is_off = directive.starts_with("SKIP") || directive.starts_with("TODO");
    let outcome = match (is_off, passed) {
        (true, _) => Outcome::Skipped,
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::Failed,
    };
    Some((name, outcome))
}
