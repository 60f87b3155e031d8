//! Makes the evidence about one change, in the order in which one step needs what another found:
//! the change's text, the checks at head and at base, what changed once more, the change's tests on
//! the base's code and the base's tests on the change's, faults in the changed lines, and at last
//! what only reads: claims and risk.

mod both;
mod settle;
mod transplant;

use std::time::Instant;

use computer::{Backend, Snapshot, Spec};
use domain::Evidence;
use domain::evidence::{self, Finding, Tests};
use environment::Check;

use crate::clean::Yard;
use crate::compare::{compare, told};
use crate::job::{Job, Log, Place, Progress};
use crate::report::Report;
use crate::run::{Bounds, CheckRun};
use crate::runs::{Runs, run_log_name};
use crate::sources::{self, Source};
use crate::{Error, audit, claims, risk};

/// Runs everything. `snapshot` has the repository checked out at `job.base`. An `Err` says that
/// there is no evidence, not that the change is bad.
pub async fn prove(
    backend: &dyn Backend,
    snapshot: &Snapshot,
    spec: &Spec,
    job: &Job<'_>,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Evidence, Vec<Log>), Error> {
    let bounds = Bounds { time: job.time, log_bytes: spec.limits.output_bytes, test_time: None };
    let runs = Runs::new(Yard { backend, snapshot, spec, job }, tell);
    let sources = read(&runs).await?;
    let Both { base, mut head } = both::run(&runs, bounds).await?;
    let mut notes = opening_notes(job);
    let mut tests = compare(&merged(&base), &merged(&head), &transplant::test_files(job.change));
    let settled = settle::settle(&runs, bounds, &base, &mut head, &mut tests).await?;
    notes.extend(settled);
    note_runs(job, &base, &head, &mut notes);
    note_tests(job, &tests, &merged(&base), &merged(&head), &mut notes);
    let seen = Seen { runs: &runs, sources: &sources, base: &base, head: &head, bounds };
    let mut evidence = Evidence {
        checks: checks(job.checks, &base, &head),
        tests,
        ..Evidence::new(job.base.clone(), job.head.clone())
    };
    notes.extend(transplant::on_base(&seen, &mut evidence.tests).await?);
    evidence.findings = findings(&seen);
    evidence.notes = notes;
    evidence.claims = claims::link(job.summary, &evidence, &runs.logs());
    evidence.risk = risk::judge(&evidence, &sources);
    let (logs, spent) = runs.take_records();
    evidence.spent = spent;
    Ok((evidence, logs))
}

/// Every check at both commits, in the order of the job's checks.
#[derive(Debug)]
struct Both {
    base: Vec<CheckRun>,
    head: Vec<CheckRun>,
}

/// What the steps after the checks look at.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub runs: &'a Runs<'a>,
    pub sources: &'a [Source],
    pub base: &'a [CheckRun],
    pub head: &'a [CheckRun],
    pub bounds: Bounds,
}

impl<'a> Seen<'a> {
    pub fn job(&self) -> &'a Job<'a> {
        self.runs.yard.job
    }

    /// The checks whose runner reported single tests at head.
    pub fn testing(&self) -> Vec<&'a Check> {
        let pairs = self.job().checks.iter().zip(self.head);
        pairs.filter(|(_, run)| run.report.is_known).map(|(check, _)| check).collect()
    }
}

/// The change's text, read where nothing of it ever ran.
async fn read(runs: &Runs<'_>) -> Result<Vec<Source>, Error> {
    let began = Instant::now();
    let computer = runs.yard.with_change().await?;
    let sources = sources::read(&*computer, runs.yard.job).await?;
    computer.destroy().await.map_err(Error::at("be removed"))?;
    runs.spend("reading the change", began, 0);
    Ok(sources)
}

/// The worst first.
fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = audit::findings(seen.sources);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    findings
}

fn opening_notes(job: &Job<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if job.change.files.iter().any(|file| file.path == environment::FILE) {
        let file = environment::FILE;
        notes.push(format!("the change edits {file}; the checks are the base's all the same"));
    }
    if job.checks.is_empty() {
        notes.push("the project has no checks that could be run".into());
    }
    notes
}

fn merged(runs: &[CheckRun]) -> Report {
    let mut whole = Report::default();
    runs.iter().for_each(|run| whole.merge(run.report.clone()));
    whole
}

fn checks(checks: &[Check], base: &[CheckRun], head: &[CheckRun]) -> Vec<evidence::Check> {
    let pairs = checks.iter().zip(base.iter().zip(head));
    pairs
        .map(|(check, (base, head))| evidence::Check {
            name: check.name.clone(),
            command: check.command.clone(),
            base: told_run(check, base, Place::Base),
            head: told_run(check, head, Place::Head),
        })
        .collect()
}

fn told_run(check: &Check, run: &CheckRun, place: Place) -> evidence::Run {
    evidence::Run {
        exit: run.exit.clone(),
        duration_ms: run.duration_ms,
        log: run_log_name(check, place),
        reader: None,
        doubt: None,
        cached: false,
    }
}

fn note_runs(job: &Job<'_>, base: &[CheckRun], head: &[CheckRun], notes: &mut Vec<String>) {
    let runs = job.checks.iter().zip(base.iter().zip(head));
    for (check, (base, head)) in runs {
        for (run, place) in [(base, Place::Base), (head, Place::Head)] {
            let (name, place) = (&check.name, place.name());
            let seen = run.missing().into_iter().chain(run.contradiction());
            let said = run.report.notes.iter().cloned().chain(seen);
            notes.extend(said.map(|note| format!("{name} at {place}: {note}")));
        }
    }
}

fn note_tests(job: &Job<'_>, tests: &Tests, base: &Report, head: &Report, notes: &mut Vec<String>) {
    if !tests.known && !job.checks.is_empty() {
        notes.push("single tests can't be told apart, so only exit codes are compared".into());
    }
    for (report, place) in [(base, "base"), (head, "head")] {
        if report.is_known && report.stopped_early {
            notes.push(format!("not every test had its turn at {place}"));
        }
    }
    let names: Vec<&str> = tests.skipped.iter().map(String::as_str).collect();
    notes.extend(told("ran at base and is skipped at head", &names));
}

#[cfg(test)]
mod tests;
