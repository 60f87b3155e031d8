//! Makes the evidence about one change, in the order in which one step needs what another found:
//! the change's text, the checks at head and at base, what changed once more, the change's tests on
//! the base's code and the base's tests on the change's, faults in the changed lines, and at last
//! what only reads: claims and risk.

mod both;
mod settle;
mod transplant;

use std::time::{Duration, Instant};

use computer::{Backend, Snapshot, Spec};
use domain::Evidence;
use domain::evidence::{self, Finding, Mutation, Tests};
use environment::Check;

use crate::clean::Yard;
use crate::compare::{compare, told};
use crate::inline::Places;
use crate::job::{Job, Log, Place, Progress};
use crate::report::Report;
use crate::run::{Bounds, CheckRun};
use crate::runs::{Runs, run_log_name};
use crate::sources::{self, Mention, Source};
use crate::{Error, audit, claims, doubt, mutate, risk, style};

pub(crate) use transplant::test_files;

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
    let Read { sources, mentions, formatting } = read(&runs).await?;
    let mut both = both::run(&runs, bounds).await?;
    let as_seen = both.clone();
    let places = Places::new(transplant::test_files(job.change), &sources);
    let mut tests = compare(&merged(&both.base), &merged(&both.head), &places);
    let settled = settle::settle(&runs, bounds, &places, &mut both, &mut tests).await?;
    both::keep(&runs, &as_seen, &settled);
    let Both { base, head } = &both;
    let (runs, sources, places) = (&runs, &*sources, &places);
    let seen = Seen { runs, sources, places, base, head, bounds };
    let mut notes = opening_notes(job);
    notes.extend(settled.notes);
    notes.extend(notes_of(&seen, &tests));
    let (on_base, hidden) = transplant::both(&seen, &mut tests).await?;
    notes.extend(on_base);
    let mut evidence = Evidence {
        checks: checks(&seen, &tests),
        tests,
        findings: findings(&seen, &mentions, hidden, formatting),
        notes,
        ..Evidence::new(job.base.clone(), job.head.clone())
    };
    evidence.mutation = mutated(&seen).await?;
    evidence.claims = claims::link(job.summary, &evidence, &runs.logs());
    evidence.risk = risk::judge(&evidence, sources);
    let (logs, spent) = runs.take_records();
    evidence.spent = spent;
    Ok((evidence, logs))
}

/// Every check at both commits, in the order of the job's checks.
#[derive(Debug, Clone)]
struct Both {
    base: Vec<CheckRun>,
    head: Vec<CheckRun>,
}

/// Awaits both, at the same time where two computers may live at once.
async fn pair<A, B>(
    width: usize,
    one: impl Future<Output = Result<A, Error>>,
    other: impl Future<Output = Result<B, Error>>,
) -> Result<(A, B), Error> {
    if width >= 2 { tokio::try_join!(one, other) } else { Ok((one.await?, other.await?)) }
}

/// What the steps after the checks look at.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub runs: &'a Runs<'a>,
    pub sources: &'a [Source],
    pub places: &'a Places,
    pub base: &'a [CheckRun],
    pub head: &'a [CheckRun],
    pub bounds: Bounds,
}

impl<'a> Seen<'a> {
    pub fn job(&self) -> &'a Job<'a> {
        self.runs.yard.job
    }

    /// The checks whose runner reported single tests in `runs`.
    pub fn testing(&self, runs: &[CheckRun]) -> Vec<&'a Check> {
        let pairs = self.job().checks.iter().zip(runs);
        pairs.filter(|(_, run)| run.report.is_known).map(|(check, _)| check).collect()
    }

    fn each(&self) -> impl Iterator<Item = (&'a Check, &'a CheckRun, &'a CheckRun)> {
        let runs = self.base.iter().zip(self.head);
        self.job().checks.iter().zip(runs).map(|(check, (base, head))| (check, base, head))
    }
}

/// The change's text, and what the project's formatters say of it.
struct Read {
    sources: Vec<Source>,
    mentions: Vec<Mention>,
    formatting: Vec<Finding>,
}

/// Reads where nothing of the change ever ran. The formatters come last: they are the project's, set
/// up as base has them.
async fn read(runs: &Runs<'_>) -> Result<Read, Error> {
    let began = Instant::now();
    let computer = runs.yard.with_change().await?;
    let sources = sources::read(&*computer, runs.yard.job).await?;
    let mentions = sources::mentions(&*computer, runs.yard.job, &sources).await?;
    let formatting = style::formatters(&*computer, &sources).await?;
    computer.destroy().await.map_err(Error::at("be removed"))?;
    runs.spend("reading the change", began, 0);
    Ok(Read { sources, mentions, formatting })
}

/// Faults in the changed lines.
async fn mutated(seen: &Seen<'_>) -> Result<Mutation, Error> {
    let (began, job) = (Instant::now(), seen.job());
    let budget = Duration::from_millis(job.proving.mutation_ms);
    let yard = &seen.runs.yard;
    let tell = |text: String| seen.runs.tell(Progress::Noted { text });
    tell("puts faults into the changed lines, to see whether a test notices".into());
    let mutated = mutate::run(yard, job.checks, seen.sources, seen.head, budget).await?;
    let (mutation, checks_ms) = mutated;
    match &mutation.why {
        Some(why) if mutation.tried == 0 => tell(format!("no faults: {why}")),
        Some(_) | None => {
            seen.runs.spend("mutation", began, checks_ms);
            tell(format!("tests notice {} of {} faults", mutation.caught, mutation.tried));
        }
    }
    Ok(mutation)
}

/// The worst first.
fn findings(
    seen: &Seen<'_>,
    mentions: &[Mention],
    hidden: Vec<Finding>,
    formatting: Vec<Finding>,
) -> Vec<Finding> {
    let mut findings = hidden;
    findings.extend(formatting);
    findings.extend(seen.each().flat_map(|(_, base, head)| {
        let text = |run: &CheckRun| String::from_utf8_lossy(&run.log).into_owned();
        style::from_logs(&text(base), &text(head), seen.sources)
    }));
    findings.extend(seen.each().filter_map(|(check, base, head)| doubt::forged(check, base, head)));
    findings.extend(audit::findings(seen.sources, mentions));
    audit::told(findings)
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

fn checks(seen: &Seen<'_>, tests: &Tests) -> Vec<evidence::Check> {
    let told = seen.each().map(|(check, base, head)| {
        let at_head = doubt::at_head(check, base, head)
            .or_else(|| doubt::replaced(base, head, &tests.as_they_were));
        evidence::Check {
            name: check.name.clone(),
            command: check.command.clone(),
            base: told_run(check, base, Place::Base, doubt::alone(check, base)),
            head: told_run(check, head, Place::Head, at_head),
        }
    });
    told.collect()
}

fn told_run(check: &Check, run: &CheckRun, place: Place, doubt: Option<String>) -> evidence::Run {
    evidence::Run {
        exit: run.exit.clone(),
        duration_ms: run.duration_ms,
        log: run_log_name(check, place),
        reader: run.report.reader(),
        doubt,
        cached: run.cached,
    }
}

fn notes_of(seen: &Seen<'_>, tests: &Tests) -> Vec<String> {
    let mut notes = Vec::new();
    for (check, base, head) in seen.each() {
        for (run, place) in [(base, Place::Base), (head, Place::Head)] {
            let (name, place) = (&check.name, place.name());
            let doubts = run.report.doubts.iter().cloned().chain(run.contradiction());
            // Of a run that ends well its doubt says it.
            let doubts = doubts.filter(|_| !run.exit.is_success());
            let said = run.missing().into_iter().chain(run.report.notes.iter().cloned());
            notes.extend(said.chain(doubts).map(|note| format!("{name} at {place}: {note}")));
        }
    }
    if !tests.known && !seen.job().checks.is_empty() {
        notes.push("single tests can't be told apart, so only exit codes are compared".into());
    }
    for (runs, place) in [(seen.base, "base"), (seen.head, "head")] {
        let report = merged(runs);
        if report.is_known && report.stopped_early {
            notes.push(format!("not every test had its turn at {place}"));
        }
    }
    let names: Vec<&str> = tests.skipped.iter().map(String::as_str).collect();
    notes.extend(told("ran at base and is skipped at head", &names));
    notes
}

#[cfg(test)]
mod tests;
