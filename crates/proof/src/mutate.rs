//! Mutation: small faults put into the lines that a change adds or edits, one at a time, in a clean
//! computer, and whether the project's tests notice. What no test notices is shown. The faults come
//! from the catalogue of edits that repair draws from too; what a fault means isn't known here.

mod suspect;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use computer::{Computer, Exec, Stdin, WORKSPACE};
use domain::evidence::{Exit, Mutant, Mutation};
use environment::Check;
use similar::TextDiff;
use tokio::time::Instant;

use crate::Error;
use crate::clean::Yard;
use crate::inject::{self, Injection, Tools};
use crate::narrow::{self, Narrow};
use crate::run::{self, Bounds, CheckRun};
use crate::sources::Source;
use suspect::{Fault, Suspects};

/// A run with a fault in it may take so many times as long as one without, and so much more.
const PATIENCE_FACTOR: u32 = 5;
const PATIENCE_MIN: Duration = Duration::from_secs(2);
const WRITE_TIME: Duration = Duration::from_secs(20);
/// Survivors that are shown; more are counted by the score.
const SURVIVORS_MAX: usize = 100;
const DIFF_BYTES_MAX: usize = 4_096;

/// Tries faults until `budget` is over. `checks` are those that were run at head, as `head` says, in
/// the same order. Also says what the project's own commands took, in milliseconds.
pub(crate) async fn run(
    yard: &Yard<'_>,
    checks: &[Check],
    sources: &[Source],
    head: &[CheckRun],
    budget: Duration,
) -> Result<(Mutation, u64), Error> {
    let began = Instant::now();
    if budget.is_zero() {
        return Ok((unmade("it is switched off (evidence.mutation_seconds = 0)"), 0));
    }
    let suspects = Suspects::new(sources);
    if suspects.faults.is_empty() {
        return Ok((unmade(suspects.why_none()), 0));
    }
    let Some((check, ran)) = telling(checks, head) else {
        let why = "no check of tests passes at head, so none could notice a fault";
        return Ok((unmade(why), 0));
    };
    let computer = yard.at_head().await?;
    let tried = async {
        let injection = inject::prepare(&*computer, &Tools::default()).await.map_err(told)?;
        narrow::prepare(&*computer).await.map_err(told)?;
        let bench = Bench {
            computer: &*computer,
            injection,
            check,
            log_bytes: yard.spec.limits.output_bytes,
            whole: Duration::from_millis(ran.duration_ms),
            until: began + budget,
            checks_ms: AtomicU64::new(0),
        };
        let mutation = bench.try_all(&suspects, ran).await?;
        Ok((mutation, bench.checks_ms.into_inner()))
    };
    let mutation = tried.await;
    computer.destroy().await.map_err(Error::at("be removed"))?;
    mutation
}

fn told(source: computer::Error) -> Error {
    Error::at("be given its reporters")(source)
}

fn unmade(why: &str) -> Mutation {
    Mutation { why: Some(why.into()), ..Mutation::default() }
}

/// The check whose tests can be told apart, else the one that is called so; and only if it passes,
/// since one that fails anyway notices nothing.
fn telling<'a>(checks: &'a [Check], head: &'a [CheckRun]) -> Option<(&'a Check, &'a CheckRun)> {
    let pairs = || checks.iter().zip(head).filter(|(_, run)| is_green(run));
    let known = pairs().find(|(_, run)| run.report.is_known);
    known.or_else(|| pairs().find(|(check, _)| check.name == "test"))
}

fn is_green(run: &CheckRun) -> bool {
    run.exit.is_success() && run.report.failed().next().is_none()
}

/// One computer in which one fault after the other is tried.
struct Bench<'a> {
    computer: &'a dyn Computer,
    injection: Injection,
    check: &'a Check,
    log_bytes: u64,
    /// What the whole check took at head.
    whole: Duration,
    until: Instant,
    checks_ms: AtomicU64,
}

/// What came of one fault.
enum Fate {
    Caught,
    Survived,
    /// The program can't be built with it, so it is none.
    NoProgram,
    /// The budget ended first.
    Untold,
}

/// Files to run first, and how long they take; none where there is nothing but all.
struct First {
    narrow: Narrow,
    took: Duration,
}

impl Bench<'_> {
    async fn try_all(&self, suspects: &Suspects<'_>, head: &CheckRun) -> Result<Mutation, Error> {
        let mut mutation =
            Mutation { possible: suspects.faults.len() as u64, ..Mutation::default() };
        let mut firsts: Vec<Option<Option<First>>> = suspects.files.iter().map(|_| None).collect();
        let mut ended = false;
        for fault in &suspects.faults {
            if firsts[fault.file].is_none() {
                firsts[fault.file] = Some(self.first(suspects, fault.file, head).await?);
            }
            let first = firsts[fault.file].as_ref().and_then(Option::as_ref);
            match self.try_one(suspects, fault, first).await? {
                Fate::Caught => {
                    mutation.tried += 1;
                    mutation.caught += 1;
                }
                Fate::Survived => {
                    mutation.tried += 1;
                    if mutation.survivors.len() < SURVIVORS_MAX {
                        mutation.survivors.push(survivor(suspects, fault));
                    }
                }
                Fate::NoProgram => mutation.possible -= 1,
                Fate::Untold => {
                    ended = true;
                    break;
                }
            }
        }
        if mutation.caught > 0 && !self.is_sound().await? {
            return Ok(unmade(
                "the tests no longer passed once every fault was taken out again: what one of them \
                 did to the files outlived it, so nothing is said",
            ));
        }
        mutation.why = why(&mutation, ended);
        Ok(mutation)
    }

    /// The test files that matter most for a source, if its runner can be made to run them alone, and
    /// they pass.
    async fn first(
        &self,
        suspects: &Suspects<'_>,
        file: usize,
        head: &CheckRun,
    ) -> Result<Option<First>, Error> {
        let is_pytest = head.report.names().any(|name| name.contains(".py::"));
        let files = match is_pytest {
            true => suspects.test_files(self.computer, file).await?,
            false => Vec::new(),
        };
        if files.is_empty() {
            return Ok(None);
        }
        let narrow = Narrow { files, until_first_failure: true };
        let ran = self.run(&narrow, self.patience(self.whole)).await?;
        let runs_tests = ran.report.passed_count() > 0;
        let took = Duration::from_millis(ran.duration_ms);
        let is_quicker = took < self.whole;
        Ok((is_green(&ran) && runs_tests && is_quicker).then_some(First { narrow, took }))
    }

    async fn try_one(
        &self,
        suspects: &Suspects<'_>,
        fault: &Fault,
        first: Option<&First>,
    ) -> Result<Fate, Error> {
        let file = &suspects.files[fault.file];
        self.write(file.path, &fault.edit.apply(file.text)).await?;
        let fate = self.fate(first).await;
        self.write(file.path, file.text).await?;
        fate
    }

    async fn fate(&self, first: Option<&First>) -> Result<Fate, Error> {
        let all = Narrow { files: Vec::new(), until_first_failure: true };
        let first = first.map(|first| (&first.narrow, first.took));
        for (narrow, took) in first.into_iter().chain([(&all, self.whole)]) {
            let patience = self.patience(took);
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Fate::Untold);
            }
            let ran = self.run(narrow, patience.min(left)).await?;
            if ran.exit == Exit::OutOfTime && left < patience {
                return Ok(Fate::Untold);
            }
            if !is_green(&ran) {
                let built = !is_unbuilt(&ran.log);
                return Ok(if built { Fate::Caught } else { Fate::NoProgram });
            }
        }
        Ok(Fate::Survived)
    }

    fn patience(&self, took: Duration) -> Duration {
        took * PATIENCE_FACTOR + PATIENCE_MIN
    }

    async fn run(&self, narrow: &Narrow, time: Duration) -> Result<CheckRun, Error> {
        let bounds = Bounds { time, log_bytes: self.log_bytes, test_time: None };
        let check = narrow.narrowed(self.check);
        let ran = run::check(self.computer, &self.injection, &check, None, bounds).await?;
        self.checks_ms.fetch_add(ran.duration_ms, Ordering::Relaxed);
        Ok(ran)
    }

    /// As the file is there, with its mode: only its bytes are others.
    async fn write(&self, path: &str, text: &str) -> Result<(), Error> {
        let exec = Exec::new(["sh", "-c", "cat > \"$0\"", &format!("./{path}")])
            .cwd(WORKSPACE)
            .stdin(Stdin::Bytes(text.as_bytes().to_vec()))
            .timeout(WRITE_TIME);
        let step = "put a fault into a file";
        let exited = self.computer.run(exec).await.map_err(Error::at(step))?;
        if exited.status.is_success() {
            return Ok(());
        }
        let exit = format!("exit {}", exited.status.code());
        Err(Error::Git { step, exit, said: stdx::cut::line(&exited.stderr.text(), 200) })
    }

    /// Whether the tests pass as they did, without a fault.
    async fn is_sound(&self) -> Result<bool, Error> {
        let all = Narrow { files: Vec::new(), until_first_failure: true };
        Ok(is_green(&self.run(&all, self.patience(self.whole)).await?))
    }
}

/// What a compiler says that refuses a program. A test that printed it would only make fewer faults
/// count.
fn is_unbuilt(log: &[u8]) -> bool {
    let log = String::from_utf8_lossy(log);
    log.lines().any(|line| {
        line.starts_with("error: could not compile")
            || line.starts_with("error[E")
            || line.contains(": error TS")
    })
}

fn survivor(suspects: &Suspects<'_>, fault: &Fault) -> Mutant {
    let file = &suspects.files[fault.file];
    let mutated = fault.edit.apply(file.text);
    let (from, to) = (format!("a/{}", file.path), format!("b/{}", file.path));
    let diff = TextDiff::from_lines(file.text, &mutated);
    let diff = diff.unified_diff().context_radius(2).header(&from, &to).to_string();
    Mutant {
        path: file.path.to_owned(),
        line: fault.line,
        operator: fault.edit.template.name().to_owned(),
        diff: stdx::cut::middle(&diff, DIFF_BYTES_MAX),
    }
}

fn why(mutation: &Mutation, ended: bool) -> Option<String> {
    let Mutation { possible, tried, .. } = mutation;
    match (ended, possible) {
        (_, 0) => Some("no fault that could be put in leaves a program".into()),
        (true, _) => Some(format!("{tried} of {possible} tried before the budget's end")),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests;
