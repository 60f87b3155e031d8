//! Makes the evidence about one change: each check at head and at base, what failed at head once
//! more, and the change's tests on the base's code. Head first: how long it takes tells when a test
//! at base hangs. One computer at a time, so that proving needs
//! no more memory than working did.

use computer::{Backend, Computer, Snapshot, Spec};
use domain::Change;
use domain::change::Kind;
use domain::evidence::{self, Evidence, Tests};
use environment::Check;

use crate::clean::Yard;
use crate::compare::{Transplant, compare, disabled, told};
use crate::job::{Job, Log, Place, Progress};
use crate::report::{Outcome, Report};
use crate::run::{self, Bounds, CheckRun};
use crate::test_files::is_test_file;
use crate::{Error, inject};

/// Runs everything. `snapshot` has the repository checked out at `job.base`. An `Err` says that
/// there is no evidence, not that the change is bad.
pub async fn prove(
    backend: &dyn Backend,
    snapshot: &Snapshot,
    spec: &Spec,
    job: &Job<'_>,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Evidence, Vec<Log>), Error> {
    let yard = Yard { backend, snapshot, spec, job };
    let bounds = Bounds { time: job.time, log_bytes: spec.limits.output_bytes, test_time: None };
    let mut proof = Proof { yard, tell, bounds, logs: Vec::new(), notes: opening_notes(job) };
    let mut head = proof.run_all(yard.at_head().await?, Place::Head).await?;
    proof.bounds = bounds.after(&head);
    let base = proof.run_all(yard.at_base().await?, Place::Base).await?;
    proof.bounds = bounds;
    proof.settle(&base, &mut head).await?;
    let files = test_files(job.change);
    let (base_report, head_report) = (merged(&base), merged(&head));
    let mut tests = compare(&base_report, &head_report, &files);
    proof.note_runs(&base, &head);
    proof.note_tests(&tests, &base_report, &head_report);
    proof.bounds = bounds.after(&head);
    proof.doubt(&files, &mut tests, &head).await?;
    let evidence = Evidence {
        checks: checks(job.checks, &base, &head),
        tests,
        notes: proof.notes,
        ..Evidence::new(job.base.clone(), job.head.clone())
    };
    Ok((evidence, proof.logs))
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

/// Beyond this a change isn't one of tests but of a whole tree.
const TEST_FILES_MAX: usize = 1_000;

/// The change's test files as they are at head. A path that isn't UTF-8 can't be handed on.
pub(crate) fn test_files(change: &Change) -> Vec<String> {
    let is_there = |kind: Kind| match kind {
        Kind::Added | Kind::Modified => true,
        Kind::Deleted => false,
    };
    let files = change.files.iter().filter(|file| is_there(file.kind) && is_test_file(&file.path));
    files
        .map(|file| file.path.clone())
        .filter(|path| !path.contains('\u{fffd}'))
        .take(TEST_FILES_MAX)
        .collect()
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
    let log = log_name(check, place);
    evidence::Run {
        exit: run.exit.clone(),
        duration_ms: run.duration_ms,
        log,
        reader: None,
        doubt: None,
        cached: false,
    }
}

fn log_name(check: &Check, place: Place) -> String {
    format!("{}-{}.log", check.name, place.name())
}

struct Proof<'a> {
    yard: Yard<'a>,
    tell: &'a mut (dyn FnMut(Progress) + Send),
    /// Of the runs to come.
    bounds: Bounds,
    logs: Vec<Log>,
    notes: Vec<String>,
}

impl Proof<'_> {
    async fn run_all(
        &mut self,
        computer: Box<dyn Computer>,
        place: Place,
    ) -> Result<Vec<CheckRun>, Error> {
        let checks: Vec<&Check> = self.yard.job.checks.iter().collect();
        self.run_in(computer, &checks, place).await
    }

    async fn run_in(
        &mut self,
        computer: Box<dyn Computer>,
        checks: &[&Check],
        place: Place,
    ) -> Result<Vec<CheckRun>, Error> {
        let injection =
            inject::prepare(&*computer).await.map_err(Error::at("be given its reporters"))?;
        let mut runs = Vec::new();
        for check in checks {
            self.tell_start(check, place);
            let run = run::check(&*computer, &injection, check, self.bounds).await;
            let run = run.map_err(Error::at("run a check"))?;
            self.tell_end(check, place, &run);
            runs.push(run);
        }
        computer.destroy().await.map_err(Error::at("be removed"))?;
        Ok(runs)
    }

    fn tell_start(&mut self, check: &Check, place: Place) {
        (self.tell)(Progress::Started { check: check.name.clone(), place });
    }

    fn tell_end(&mut self, check: &Check, place: Place, run: &CheckRun) {
        (self.tell)(Progress::Ended {
            check: check.name.clone(),
            place,
            exit: run.exit.clone(),
            duration_ms: run.duration_ms,
        });
        self.logs.push(Log { name: log_name(check, place), bytes: run.log.clone() });
    }

    /// Runs what broke once more, in another clean computer: what passes then is flaky, and
    /// nobody's fault.
    async fn settle(&mut self, base: &[CheckRun], head: &mut [CheckRun]) -> Result<(), Error> {
        let checks = self.yard.job.checks;
        let broken: Vec<usize> =
            (0..head.len()).filter(|&index| breaks(&base[index], &head[index])).collect();
        if broken.is_empty() {
            return Ok(());
        }
        let again: Vec<&Check> = broken.iter().map(|&index| &checks[index]).collect();
        let computer = self.yard.at_head().await?;
        let reruns = self.run_in(computer, &again, Place::HeadAgain).await?;
        for (index, rerun) in broken.into_iter().zip(reruns) {
            self.forgive(&checks[index], &mut head[index], &rerun);
        }
        Ok(())
    }

    fn forgive(&mut self, check: &Check, head: &mut CheckRun, rerun: &CheckRun) {
        let passes = |name: &&str| match rerun.report.outcome(name) {
            Some(Outcome::Passed) => true,
            // What couldn't be loaded has no name of its own where it could.
            None => head.report.holds_tests(name) && rerun.exit.is_success(),
            Some(Outcome::Failed | Outcome::Skipped) => false,
        };
        let flaky: Vec<String> = head.report.failed().filter(passes).map(str::to_owned).collect();
        flaky.iter().for_each(|name| head.report.forgive(name));
        if rerun.exit.is_success() && !head.exit.is_success() {
            head.exit = rerun.exit.clone();
            let name = &check.name;
            self.notes.push(format!("{name} failed at head once and passed when it was run again"));
        }
        let names: Vec<&str> = flaky.iter().map(String::as_str).collect();
        self.notes.extend(told("flaky, so not counted as broken", &names));
    }

    fn note_runs(&mut self, base: &[CheckRun], head: &[CheckRun]) {
        let runs = self.yard.job.checks.iter().zip(base.iter().zip(head));
        for (check, (base, head)) in runs {
            for (run, place) in [(base, Place::Base), (head, Place::Head)] {
                let (name, place) = (&check.name, place.name());
                let seen = run.missing().into_iter().chain(run.contradiction());
                let notes = run.report.notes.iter().cloned().chain(seen);
                self.notes.extend(notes.map(|note| format!("{name} at {place}: {note}")));
            }
        }
    }

    fn note_tests(&mut self, tests: &Tests, base: &Report, head: &Report) {
        if !tests.known && !self.yard.job.checks.is_empty() {
            let note = "single tests can't be told apart, so only exit codes are compared";
            self.notes.push(note.into());
        }
        for (report, place) in [(base, "base"), (head, "head")] {
            if report.is_known && report.stopped_early {
                self.notes.push(format!("not every test had its turn at {place}"));
            }
        }
        let disabled = disabled(base, head);
        let names: Vec<&str> = disabled.iter().map(String::as_str).collect();
        self.notes.extend(told("ran at base and is skipped at head", &names));
    }

    /// Looks at the base a second time, with the change's tests: they should fail there without
    /// the rest of it (red→green), and what is called fixed should fail there again.
    async fn doubt(
        &mut self,
        files: &[String],
        tests: &mut Tests,
        head: &[CheckRun],
    ) -> Result<(), Error> {
        if !tests.known || (files.is_empty() && tests.fixed.is_empty()) {
            return Ok(());
        }
        let place = if files.is_empty() { Place::BaseAgain } else { Place::BaseWithTests };
        let pairs = self.yard.job.checks.iter().zip(head);
        let testing: Vec<&Check> =
            pairs.filter(|(_, run)| run.report.is_known).map(|(check, _)| check).collect();
        let computer = self.yard.at_base_with(files).await?;
        let runs = self.run_in(computer, &testing, place).await?;
        let transplant = Transplant {
            report: &merged(&runs),
            succeeded: runs.iter().all(|run| run.exit.is_success()),
            files,
        };
        self.notes.extend(transplant.judge(tests, &merged(head)));
        Ok(())
    }
}

/// Something that was fine at base isn't at head.
fn breaks(base: &CheckRun, head: &CheckRun) -> bool {
    (base.exit.is_success() && !head.exit.is_success())
        || !compare(&base.report, &head.report, &[]).broken.is_empty()
}

#[cfg(test)]
mod tests;
