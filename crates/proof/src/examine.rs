//! Cross-examination: each attempt's own tests run on the other attempts' code, each time in a
//! clean computer. Only tests that pass on their own attempt's code are witnesses. What can't be
//! loaded with somebody else's code says nothing: it may ask for a name that only its author chose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use computer::{Backend, Snapshot, Spec};
use domain::evidence::{self, OnBase};
use domain::examination::{Exam, Examined, Tested};
use domain::{AttemptId, Change, Evidence, Examination};
use environment::{Check, Proving};

use crate::Error;
use crate::clean::Yard;
use crate::inject::{self, Tools};
use crate::job::Job;
use crate::narrow::{self, Narrow};
use crate::prove::test_files;
use crate::report::{Outcome, Report};
use crate::run::{self, Bounds};
use crate::test_files::lies_in;

/// Different changes that are examined; of more, the best. Each one more costs a run for each.
pub const EXAMINED_MAX: usize = 8;
/// Tests of one exam that are kept.
const TESTS_MAX: usize = 2_000;
/// As in proving: what takes so much longer than it did hangs.
const PATIENCE_FACTOR: u32 = 5;
const TEST_TIME_MIN: Duration = Duration::from_secs(10);
const CHECK_TIME_MIN: Duration = Duration::from_secs(180);

/// An attempt that changed something.
#[derive(Debug, Clone, Copy)]
pub struct Examinee<'a> {
    pub attempt: &'a AttemptId,
    pub change: &'a Change,
    pub evidence: &'a Evidence,
    /// A git bundle on the host that has the change's head.
    pub bundle: &'a Path,
}

/// Where exams are held.
#[derive(Clone, Copy)]
pub struct Hall<'a> {
    pub backend: &'a dyn Backend,
    /// Has the repository checked out at the attempts' base.
    pub snapshot: &'a Snapshot,
    pub spec: &'a Spec,
    pub checks: &'a [Check],
    /// For each run.
    pub time: Duration,
}

/// Whether the change brings tests that could be a witness.
pub fn brings_tests(change: &Change) -> bool {
    !test_files(change).is_empty()
}

/// An examination of these in which nothing was run yet.
pub fn opened(examinees: &[Examinee<'_>]) -> Examination {
    let examined = examinees
        .iter()
        .map(|one| Examined { attempt: one.attempt.clone(), head: one.change.head.clone() });
    Examination { examined: examined.collect(), ..Examination::default() }
}

/// The exam that is to be held next: whose tests, and on whose code. None when all are.
pub fn next<'a>(
    examinees: &[Examinee<'a>],
    known: &Examination,
) -> Option<(Examinee<'a>, Examinee<'a>)> {
    let pairs = examinees.iter().flat_map(|code| examinees.iter().map(move |tests| (tests, code)));
    let mut left = pairs.filter(|(tests, code)| {
        tests.attempt != code.attempt
            && brings_tests(tests.change)
            && known.exam(tests.attempt, code.attempt).is_none()
    });
    left.next().map(|(tests, code)| (*tests, *code))
}

/// Runs the tests of one on the code of the other. What fails is run once more, so that chance
/// speaks against nobody.
pub async fn exam(hall: Hall<'_>, tests: Examinee<'_>, code: Examinee<'_>) -> Result<Exam, Error> {
    let files = test_files(tests.change);
    let held = Held { hall, tests, code, files: &files };
    let (first, mut duration_ms) = held.run().await?;
    let mut outcomes = held.outcomes(&first);
    if outcomes.values().any(|outcome| *outcome == evidence::Outcome::Failed) {
        let (second, more_ms) = held.run().await?;
        duration_ms += more_ms;
        forgive(&mut outcomes, &held.outcomes(&second));
    }
    let tests_of = tests.attempt.clone();
    let told = outcomes.into_iter().take(TESTS_MAX);
    Ok(Exam {
        tests_of,
        code_of: code.attempt.clone(),
        tests: told.map(|(name, outcome)| Tested { name, outcome }).collect(),
        duration_ms,
    })
}

type Outcomes = BTreeMap<String, evidence::Outcome>;

fn forgive(outcomes: &mut Outcomes, again: &Outcomes) {
    for (name, outcome) in outcomes {
        if again.get(name) == Some(&evidence::Outcome::Passed) {
            *outcome = evidence::Outcome::Passed;
        }
    }
}

/// One exam.
struct Held<'a> {
    hall: Hall<'a>,
    tests: Examinee<'a>,
    code: Examinee<'a>,
    files: &'a [String],
}

impl Held<'_> {
    /// What the runners report, and how long it took.
    async fn run(&self) -> Result<(Report, u64), Error> {
        let hall = self.hall;
        let job = self.job();
        let yard =
            Yard { backend: hall.backend, snapshot: hall.snapshot, spec: hall.spec, job: &job };
        let head = &self.tests.change.head;
        let computer = yard.at_head_with(self.tests.bundle, head, self.files).await?;
        let injection = inject::prepare(&*computer, &Tools::default())
            .await
            .map_err(Error::at("be given its reporters"))?;
        narrow::prepare(&*computer).await.map_err(Error::at("be given its reporters"))?;
        let narrow = Narrow { files: self.files.to_vec(), until_first_failure: false };
        let (mut report, mut duration_ms) = (Report::default(), 0);
        for check in testing(hall.checks, self.code.evidence) {
            let check = narrow.narrowed(check);
            let ran = run::check(&*computer, &injection, &check, None, self.bounds()).await?;
            duration_ms += ran.duration_ms;
            report.merge(ran.report);
        }
        computer.destroy().await.map_err(Error::at("be removed"))?;
        Ok((report, duration_ms))
    }

    fn job(&self) -> Job<'_> {
        Job {
            base: self.code.change.base.clone(),
            head: self.code.change.head.clone(),
            change: self.code.change,
            bundle: self.code.bundle,
            checks: self.hall.checks,
            time: self.hall.time,
            proving: Proving::default(),
            summary: "",
            width: 1,
            kept: None,
        }
    }

    fn bounds(&self) -> Bounds {
        let slowest = [self.tests, self.code].into_iter().flat_map(|one| &one.evidence.checks);
        let slowest = slowest.map(|check| check.head.duration_ms).max().unwrap_or(0);
        let patience = Duration::from_millis(slowest) * PATIENCE_FACTOR;
        Bounds {
            time: self.hall.time.min(patience.max(CHECK_TIME_MIN)),
            log_bytes: self.hall.spec.limits.output_bytes,
            test_time: Some(patience.max(TEST_TIME_MIN)),
        }
    }

    /// Of every witness, how it ends.
    fn outcomes(&self, report: &Report) -> Outcomes {
        let added = self.tests.evidence.tests.added.iter().map(|test| test.name.as_str());
        let names: BTreeSet<&str> = report.names().chain(added).collect();
        names
            .into_iter()
            .filter(|name| self.is_witness(name))
            .map(|name| (name.to_owned(), outcome(report, name)))
            .collect()
    }

    /// The author's own test, which passes on the author's own code.
    fn is_witness(&self, name: &str) -> bool {
        let evidence = self.tests.evidence;
        let passes = |test: &evidence::AddedTest| {
            test.name == name && test.passes && test.on_base != OnBase::Empty
        };
        self.files.iter().any(|file| lies_in(name, file))
            && (evidence.holds() || evidence.tests.added.iter().any(passes))
    }
}

fn outcome(report: &Report, name: &str) -> evidence::Outcome {
    match report.outcome(name) {
        _ if report.is_unreachable(name) => evidence::Outcome::Absent,
        Some(Outcome::Passed) => evidence::Outcome::Passed,
        Some(Outcome::Failed) => evidence::Outcome::Failed,
        Some(Outcome::Skipped) => evidence::Outcome::Skipped,
        None => evidence::Outcome::Absent,
    }
}

/// The checks that told single tests apart; where none is known to, the one that is called so.
fn testing<'a>(checks: &'a [Check], evidence: &Evidence) -> Vec<&'a Check> {
    let reads = |check: &&Check| {
        let mut runs = evidence.checks.iter().filter(|run| run.name == check.name);
        runs.any(|run| run.head.reader.is_some())
    };
    let reading: Vec<&Check> = checks.iter().filter(reads).collect();
    if reading.is_empty() {
        checks.iter().filter(|check| check.name == "test").collect()
    } else {
        reading
    }
}

#[cfg(test)]
mod tests;
