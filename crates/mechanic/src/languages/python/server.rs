//! Tries candidates by the batch: writes them down, runs the test command with our fork server in
//! it, and reads the answers. No file of the repository is touched.

use std::collections::BTreeMap;
use std::time::Duration;

use computer::Computer;
use serde::{Deserialize, Serialize};

use super::Learned;
use super::probe::{self, Mode};
use crate::Error;
use crate::bench::{Answer, Answers, Batch, Behaviour, Verdict};
use crate::candidate::Candidate;

/// Children that run at once.
const CHILDREN: u32 = 2;
/// What starting the runner and collecting the tests may take on top of the batch itself.
const STARTUP: Duration = Duration::from_secs(20);
/// Of one batch's answers.
const ANSWERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The id of the edit that changes nothing, by which it is seen whether the server can be trusted.
const NO_EDIT: usize = 0;
/// Of processor time, for one candidate's tests.
const SECONDS_MIN: f64 = 0.5;
const SECONDS_MAX: f64 = 300.0;
/// For starting the runner and collecting the tests.
const COLD_SECONDS: f64 = 2.0;

pub struct Server<'c> {
    pub computer: &'c dyn Computer,
    pub test_command: &'c str,
    pub learned: &'c Learned,
}

#[derive(Serialize)]
struct WireBatch<'b> {
    process: &'b [String],
    runner: &'static str,
    tests: &'b [&'b str],
    candidates: Vec<WireCandidate<'b>>,
    children: u32,
    patience: f64,
    seconds_of: BTreeMap<&'b str, f64>,
    /// Of processor time, for what isn't a test: starting, fixtures of a class, compiling.
    start_seconds: f64,
    /// What all of a candidate is thought to take.
    wall_seconds: f64,
    few: bool,
    dedupe: bool,
    /// The tests are those that fail, so that passing without an edit means nothing is believed.
    failing: bool,
    stop_at_failure: bool,
    seconds: f64,
}

#[derive(Serialize)]
struct WireCandidate<'b> {
    id: usize,
    path: &'b str,
    /// Start, end and what stands there instead.
    edits: Vec<(usize, usize, &'b str)>,
}

#[derive(Deserialize)]
struct WireAnswer {
    id: usize,
    verdict: Verdict,
    passed: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireBehaviour {
    Inputs { inputs: usize },
    Of { id: usize, does: Option<String> },
}

/// The last line, of a server that came to its end.
#[derive(Deserialize)]
struct WireEnd {
    served_ms: u64,
}

fn replacements(candidate: &Candidate) -> Vec<(usize, usize, &str)> {
    let all = candidate.edit.replacements.iter();
    all.map(|each| (each.range.start, each.range.end, each.text.as_str())).collect()
}

impl Server<'_> {
    /// Tries every candidate of the batch, as far as its time goes.
    pub async fn run(&self, mode: Mode, batch: &Batch<'_>) -> Result<Answers, Error> {
        self.serve(mode, batch).await?;
        Ok(understood(&self.read("results.jsonl").await, batch))
    }

    /// What every candidate of the batch does, as far as its time goes.
    pub async fn behaviour(&self, batch: &Batch<'_>) -> Result<Behaviour, Error> {
        self.serve(Mode::Behaviour, batch).await?;
        let mut found = Behaviour { inputs: 0, each: vec![None; batch.candidates.len()] };
        for line in self.read("behaviour.jsonl").await.lines() {
            match serde_json::from_str(line) {
                Ok(WireBehaviour::Inputs { inputs }) => found.inputs = inputs,
                Ok(WireBehaviour::Of { id, does }) => {
                    let slot = id.checked_sub(1).and_then(|index| found.each.get_mut(index));
                    slot.into_iter().for_each(|slot| slot.clone_from(&does));
                }
                // Half a line, of a server that was stopped while it wrote, says nothing.
                Err(_) => {}
            }
        }
        Ok(found)
    }

    async fn serve(&self, mode: Mode, batch: &Batch<'_>) -> Result<(), Error> {
        let wire = serde_json::to_vec(&self.wire(mode, batch)).map_err(Error::Batch)?;
        let written = self.computer.write(&probe::path("batch.json"), &wire, 0o644).await;
        written.map_err(|source| Error::Computer { step: "writing a batch", source })?;
        let exec = probe::exec(self.test_command, mode, batch.time + STARTUP);
        let ran = self.computer.run(exec).await;
        ran.map_err(|source| Error::Computer { step: "trying a batch", source })?;
        Ok(())
    }

    /// What a server left; one that never got to serve left nothing, which is an answer, too.
    async fn read(&self, name: &str) -> String {
        let path = probe::path("out").join(name);
        let bytes = self.computer.read(&path, ANSWERS_BYTES_MAX).await.unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn wire<'b>(&'b self, mode: Mode, batch: &'b Batch<'_>) -> WireBatch<'b> {
        let path = batch.candidates.first().map_or("", |candidate| candidate.path.as_str());
        let no_edit = WireCandidate { id: NO_EDIT, path, edits: Vec::new() };
        let edits = batch.candidates.iter().enumerate().map(|(index, candidate)| WireCandidate {
            id: index + 1,
            path: &candidate.path,
            edits: replacements(candidate),
        });
        let all: f64 = batch.tests.iter().map(|test| self.seconds(test)).sum();
        let all = (batch.patience * all).clamp(SECONDS_MIN, SECONDS_MAX);
        let startup = if matches!(mode, Mode::Hot | Mode::Behaviour) { 0.0 } else { COLD_SECONDS };
        let is_pytest = batch.tests.iter().any(|test| test.contains("::"));
        WireBatch {
            process: &self.learned.process,
            runner: if is_pytest { "pytest" } else { "unittest" },
            tests: &batch.tests,
            candidates: [no_edit].into_iter().chain(edits).collect(),
            children: CHILDREN,
            patience: batch.patience,
            seconds_of: batch.tests.iter().map(|test| (*test, self.seconds(test))).collect(),
            start_seconds: all + startup,
            wall_seconds: 2.0 * all + startup,
            few: is_pytest && batch.tests.len() < self.learned.seconds.len(),
            dedupe: batch.dedupe && mode == Mode::Hot,
            failing: batch.failing,
            stop_at_failure: batch.stop_at_failure,
            seconds: batch.time.as_secs_f64(),
        }
    }

    /// Of one test, as recorded.
    fn seconds(&self, test: &str) -> f64 {
        self.learned.seconds.get(test).copied().unwrap_or_default()
    }
}

/// What a server wrote, which the program under repair could write, too.
fn understood(text: &str, batch: &Batch<'_>) -> Answers {
    let mut all: Vec<Option<Answer>> = vec![None; batch.candidates.len() + 1];
    let mut served = None;
    for line in text.lines() {
        if let Ok(WireEnd { served_ms }) = serde_json::from_str(line) {
            served = Some(Duration::from_millis(served_ms));
        }
        // Half a line, of a server that was stopped while it wrote, is no answer.
        let Ok(mut one) = serde_json::from_str::<WireAnswer>(line) else { continue };
        if let Some(slot) = all.get_mut(one.id) {
            one.passed.retain(|place| *place < batch.tests.len());
            *slot = Some(Answer { verdict: one.verdict, passed: one.passed });
        }
    }
    // The tests were seen to end by themselves, so that a child crashes is our own fault.
    let crashed = |answer: &Answer| answer.verdict == Verdict::Crashed;
    let without_edit = all.remove(NO_EDIT).filter(|answer| !crashed(answer));
    let untried = || Answer::of(Verdict::Untried);
    let each = all.into_iter().map(|answer| answer.unwrap_or_else(untried)).collect();
    Answers { each, without_edit, served }
}

#[cfg(test)]
mod tests;
