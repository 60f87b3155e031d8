//! Reads `go test`: the events of `go test -json`, or the text of `go test -v`. Names are
//! `example.com/mod/package.TestName/case`. The formats are those of `go doc test2json` and of
//! Go's testing package.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Outcome, Report};

pub(crate) const READER: &str = "go";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    package: Option<String>,
    test: Option<String>,
}

/// Nothing is known from a log without a package in it.
pub(crate) fn read(log: &str) -> Report {
    let events: Vec<Event> = log
        .lines()
        .filter(|line| line.starts_with('{'))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    if events.iter().any(|event| event.package.is_some()) {
        of_events(events)
    } else {
        of_text(log)
    }
}

#[derive(Debug, Default)]
struct Package {
    open: BTreeSet<String>,
    results: BTreeMap<String, Outcome>,
    ended: Option<Outcome>,
}

impl Package {
    fn take(&mut self, test: String, action: &str) {
        match (action, outcome(action)) {
            ("run", _) => {
                self.open.insert(test);
            }
            (_, Some(outcome)) => {
                self.open.remove(&test);
                let worst = self.results.entry(test).or_insert(outcome);
                *worst = outcome.max(*worst);
            }
            (_, None) => {}
        }
    }

    fn close(self, name: &str, report: &mut Report) {
        report.merge(Report::of(READER));
        for (test, outcome) in &self.results {
            report.record(&format!("{name}.{test}"), *outcome);
        }
        // A test that crashes takes its package with it, and has no result of its own.
        for test in &self.open {
            report.record(&format!("{name}.{test}"), Outcome::Failed);
        }
        let none_failed = !self.results.values().any(|outcome| *outcome == Outcome::Failed);
        match self.ended {
            Some(Outcome::Failed) if none_failed && self.open.is_empty() => {
                report.record_unreachable(name);
            }
            Some(Outcome::Failed) => report.stopped_early |= !self.open.is_empty(),
            Some(Outcome::Passed | Outcome::Skipped) if none_failed && self.open.is_empty() => {}
            Some(Outcome::Passed | Outcome::Skipped) => {
                report.doubt(format!("{name} is said to pass and not all of its tests are"));
            }
            None => {
                report.stopped_early = true;
                report.doubt(format!("{name} went away in the middle"));
            }
        }
    }
}

fn outcome(action: &str) -> Option<Outcome> {
    match action {
        "pass" => Some(Outcome::Passed),
        "fail" => Some(Outcome::Failed),
        "skip" => Some(Outcome::Skipped),
        _ => None,
    }
}

fn of_events(events: Vec<Event>) -> Report {
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for Event { action, package, test } in events {
        let Some(package) = package else { continue };
        let package = packages.entry(package).or_default();
        match test {
            Some(test) => package.take(test, &action),
            None => package.ended = outcome(&action).or(package.ended),
        }
    }
    let mut report = Report::default();
    packages.into_iter().for_each(|(name, package)| package.close(&name, &mut report));
    report
}

/// A package's line comes after those of its tests.
fn of_text(log: &str) -> Report {
    let mut report = Report::default();
    let mut package = Package::default();
    let mut unannounced = false;
    for line in log.lines() {
        if let Some(test) = line.strip_prefix("=== RUN   ") {
            package.take(test.trim().to_owned(), "run");
        } else if let Some((test, action)) = result(line) {
            unannounced |= !package.open.contains(test);
            package.take(test.to_owned(), action);
        } else if let Some((name, outcome)) = package_line(line) {
            let mut ended = std::mem::take(&mut package);
            ended.ended = Some(outcome);
            report.unnamed += u64::from(ended.results.is_empty() && outcome == Outcome::Passed);
            ended.close(name, &mut report);
        }
    }
    if unannounced && report.is_known {
        report.doubt("a result is printed of a test that go didn't say it runs");
    }
    if report.is_known && !package.results.is_empty() {
        report.doubt("results are printed that belong to no package");
    }
    report
}

/// `    --- PASS: TestX/case (0.00s)`.
fn result(line: &str) -> Option<(&str, &'static str)> {
    let (word, rest) = line.trim_start().strip_prefix("--- ")?.split_once(": ")?;
    let action = match word {
        "PASS" => "pass",
        "FAIL" => "fail",
        "SKIP" => "skip",
        _ => return None,
    };
    Some((rest.rsplit_once(" (").map_or(rest, |(test, _time)| test), action))
}

/// `ok`, `FAIL` or `?`, a tab, the package, and then its time or why there is none.
fn package_line(line: &str) -> Option<(&str, Outcome)> {
    let (word, rest) = line.split_once('\t')?;
    let outcome = match word.trim_end() {
        "ok" => Outcome::Passed,
        "FAIL" => Outcome::Failed,
        "?" => Outcome::Skipped,
        _ => return None,
    };
    let name = rest.split(['\t', ' ']).next().unwrap_or(rest);
    (!name.is_empty()).then_some((name, outcome))
}
