//! Tries candidates by the batch: writes them down, runs the test command with our fork server in
//! it, and reads the answers. No file of the repository is touched.

use std::time::Duration;

use computer::Computer;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::baseline::Baseline;
use crate::candidate::Candidate;
use crate::probe::{self, Mode};

/// Children that run at once.
const CHILDREN: u32 = 2;
/// What starting the runner and collecting the tests may take on top of the batch itself.
const STARTUP: Duration = Duration::from_secs(20);
/// Of one batch's answers.
const ANSWERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The id of the edit that changes nothing, by which it is seen whether the server can be trusted.
const NO_EDIT: usize = 0;

pub struct Server<'c> {
    pub computer: &'c dyn Computer,
    pub test_command: &'c str,
    pub process: &'c [String],
}

/// What to try, and on which tests.
pub struct Batch<'b> {
    pub mode: Mode,
    pub tests: Vec<&'b str>,
    pub candidates: Vec<&'b Candidate>,
    /// Of processor time, for each candidate.
    pub child_seconds: f64,
    /// Only the files of `tests` need to be loaded.
    pub few: bool,
    pub stop_at_failure: bool,
    pub time: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    Timeout,
    Crashed,
    /// The edited file can't be compiled.
    Syntax,
    /// Only a cold server can try it.
    Cold,
    /// The batch's time was over before.
    #[serde(skip)]
    Untried,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    /// Of the batch's tests, how many passed.
    pub passed: usize,
}

/// How a whole batch went.
#[derive(Debug)]
pub struct Answers {
    /// One per candidate, in order.
    pub each: Vec<Answer>,
    /// What the tests say without any edit; `None` if the server didn't get to serve.
    pub without_edit: Option<Answer>,
}

#[derive(Serialize)]
struct WireBatch<'b> {
    process: &'b [String],
    runner: &'static str,
    tests: &'b [&'b str],
    candidates: Vec<WireCandidate<'b>>,
    children: u32,
    child_seconds: f64,
    few: bool,
    stop_at_failure: bool,
    seconds: f64,
}

#[derive(Serialize)]
struct WireCandidate<'b> {
    id: usize,
    path: &'b str,
    start: usize,
    end: usize,
    text: &'b str,
}

#[derive(Deserialize)]
struct WireAnswer {
    id: usize,
    verdict: Verdict,
    passed: usize,
}

impl Server<'_> {
    /// Tries every candidate of the batch, as far as its time goes.
    pub async fn run(&self, batch: &Batch<'_>) -> Result<Answers, Error> {
        let wire = serde_json::to_vec(&self.wire(batch)).map_err(Error::Batch)?;
        let written = self.computer.write(&probe::path("batch.json"), &wire, 0o644).await;
        written.map_err(|source| Error::Computer { step: "writing a batch", source })?;
        let exec = probe::exec(self.test_command, batch.mode, batch.time + STARTUP);
        let ran = self.computer.run(exec).await;
        ran.map_err(|source| Error::Computer { step: "trying a batch", source })?;
        self.answers(batch.candidates.len()).await
    }

    fn wire<'b>(&'b self, batch: &'b Batch<'_>) -> WireBatch<'b> {
        let path = batch.candidates.first().map_or("", |candidate| candidate.path.as_str());
        let no_edit = WireCandidate { id: NO_EDIT, path, start: 0, end: 0, text: "" };
        let edits = batch.candidates.iter().enumerate().map(|(index, candidate)| WireCandidate {
            id: index + 1,
            path: &candidate.path,
            start: candidate.range.start,
            end: candidate.range.end,
            text: &candidate.text,
        });
        let is_pytest = batch.tests.iter().any(|test| test.contains("::"));
        WireBatch {
            process: self.process,
            runner: if is_pytest { "pytest" } else { "unittest" },
            tests: &batch.tests,
            candidates: [no_edit].into_iter().chain(edits).collect(),
            children: CHILDREN,
            child_seconds: batch.child_seconds,
            few: batch.few && is_pytest,
            stop_at_failure: batch.stop_at_failure,
            seconds: batch.time.as_secs_f64(),
        }
    }

    /// A server that never got to serve leaves no answers, which is an answer, too.
    async fn answers(&self, count: usize) -> Result<Answers, Error> {
        let path = probe::path("out").join("results.jsonl");
        let text = self.computer.read(&path, ANSWERS_BYTES_MAX).await.unwrap_or_default();
        let mut all: Vec<Option<Answer>> = vec![None; count + 1];
        for line in String::from_utf8_lossy(&text).lines() {
            // Half a line, of a server that was stopped while it wrote, is no answer.
            let Ok(one) = serde_json::from_str::<WireAnswer>(line) else { continue };
            if let Some(slot) = all.get_mut(one.id) {
                *slot = Some(Answer { verdict: one.verdict, passed: one.passed });
            }
        }
        let without_edit = all.remove(NO_EDIT);
        let untried = Answer { verdict: Verdict::Untried, passed: 0 };
        let each = all.into_iter().map(|answer| answer.unwrap_or(untried)).collect();
        Ok(Answers { each, without_edit })
    }
}

impl Answers {
    /// Whether the tests failed without an edit as they do for the test command itself, so that
    /// the rest can be believed.
    pub fn are_sound(&self) -> bool {
        let failed = |answer: Answer| answer.passed == 0 && answer.verdict != Verdict::Passed;
        self.without_edit.is_some_and(failed)
    }
}

/// Seconds of processor time that a candidate may use, from how long the tests take unedited with
/// every line watched.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    failing: f64,
    all: f64,
}

/// For starting the runner and collecting the tests.
const COLD_SECONDS: f64 = 2.0;

impl Allowance {
    pub fn of(baseline: &Baseline) -> Self {
        Self {
            failing: (3.0 * baseline.failing_seconds).clamp(0.08, 20.0),
            all: (3.0 * baseline.all_seconds).clamp(0.4, 300.0),
        }
    }

    pub fn failing(self, mode: Mode) -> f64 {
        self.failing + startup(mode)
    }

    pub fn all(self, mode: Mode) -> f64 {
        self.all + startup(mode)
    }
}

fn startup(mode: Mode) -> f64 {
    if mode == Mode::Hot { 0.0 } else { COLD_SECONDS }
}
