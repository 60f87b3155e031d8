//! The JavaScript files of ours that run inside: put there, started by the test command itself,
//! and told what to try.

use std::collections::BTreeMap;
use std::time::Duration;

use computer::{Computer, Exec};
use serde::{Deserialize, Serialize};
use syntax::edit::Replacement;

use super::{JavaScript, Learned, copy, record};
use crate::Error;
use crate::bench::{Answer, Answers, Batch, Level, Verdict};
use crate::candidate::Candidate;

/// By name.
const FILES: [(&str, &str); 6] = [
    ("preload.cjs", include_str!("probe/preload.cjs")),
    ("runner.cjs", include_str!("probe/runner.cjs")),
    ("lane.cjs", include_str!("probe/lane.cjs")),
    ("server.cjs", include_str!("probe/server.cjs")),
    ("hooks.mjs", include_str!("probe/hooks.mjs")),
    ("node_test.mjs", include_str!("probe/node_test.mjs")),
];
/// Of one batch's answers.
const ANSWERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// What starting the command may take on top of the batch itself: several times what the watched
/// run took, which started as many processes on the same machine, within these bounds.
const STARTUP: Duration = Duration::from_secs(20);
const STARTUP_MAX: Duration = Duration::from_secs(60);
const STARTUP_TIMES: u32 = 4;
/// A single test that takes longer hangs, as far as a repair is concerned.
const TEST_SECONDS_MAX: f64 = 10.0;
/// A test may take so long at least, whatever it took when it was watched.
const TEST_SECONDS_MIN: f64 = 0.25;
/// What a run of all wanted tests may take by the clock, for a machine that became busy.
const WALL_SECONDS: f64 = 2.0;
/// The id of the edit that changes nothing.
const NO_EDIT: usize = 0;

pub async fn install(computer: &dyn Computer) -> Result<(), Error> {
    for (name, text) in FILES {
        let path = copy::scratch("probe").join(name);
        let written = computer.write(&path, text.as_bytes(), 0o644).await;
        written.map_err(|source| Error::Computer { step: "putting the probe in", source })?;
    }
    Ok(())
}

/// The test command in the copy, with our files loaded by each node process of it.
pub fn exec(test_command: &str, mode: &str, time: Duration) -> Exec {
    let (out, preload) = (copy::scratch("out"), copy::scratch("probe/preload.cjs"));
    let (out, preload) = (out.display(), preload.display());
    let command = format!(
        "rm -rf {out}; mkdir -p {out}; \
         export NODE_OPTIONS=\"--require={preload}${{NODE_OPTIONS:+ $NODE_OPTIONS}}\"; {test_command}"
    );
    Exec::shell(&command)
        .cwd(copy::root())
        .env("WHIMBREL_PROBE", mode)
        .env("WHIMBREL_ROOT", copy::root().to_string_lossy())
        .env("WHIMBREL_OUT", out.to_string())
        .env("WHIMBREL_BATCH", copy::scratch("batch.json").to_string_lossy())
        .env("WHIMBREL_TEST_SECONDS", TEST_SECONDS_MAX.to_string())
        .timeout(time)
        .output_bytes_max(record::OUTPUT_BYTES_MAX)
}

#[derive(Serialize)]
struct WireBatch<'b> {
    level: &'static str,
    tests: &'b [&'b str],
    candidates: Vec<WireCandidate<'b>>,
    /// For each hook, a script that does what the function does.
    hooks: BTreeMap<usize, String>,
    /// The bare texts of the files that are edited.
    sources: BTreeMap<&'b str, &'b str>,
    /// Whether any script has types in it.
    types: bool,
    stop: bool,
    patience: f64,
    /// Of one test, by the clock.
    milliseconds: f64,
    /// Of all wanted tests together.
    wall: f64,
    seconds: f64,
}

#[derive(Serialize)]
struct WireCandidate<'b> {
    id: usize,
    path: &'b str,
    replacements: Vec<WireReplacement<'b>>,
    #[serde(flatten)]
    swap: Option<Swap>,
}

/// `text` in place of some bytes of the file.
#[derive(Serialize)]
struct WireReplacement<'b> {
    start: usize,
    end: usize,
    text: &'b str,
}

#[derive(Serialize)]
struct Swap {
    hook: usize,
    body: String,
}

#[derive(Deserialize)]
struct WireAnswer {
    id: usize,
    verdict: Verdict,
    passed: Vec<usize>,
}

#[derive(Deserialize)]
struct WireEnd {
    served_ms: u64,
}

pub async fn run(
    bench: &JavaScript<'_>,
    learned: &Learned,
    batch: &Batch<'_>,
) -> Result<Answers, Error> {
    let bytes = serde_json::to_vec(&wire(learned, batch)).map_err(Error::Batch)?;
    let written = bench.computer.write(&copy::scratch("batch.json"), &bytes, 0o644).await;
    written.map_err(|source| Error::Computer { step: "writing a batch", source })?;
    let startup = (STARTUP_TIMES * learned.took).clamp(STARTUP, STARTUP_MAX);
    let exec = exec(&bench.test_command, "serve", batch.time + startup)
        .env("WHIMBREL_SERVES", &learned.process);
    let ran = bench.computer.run(exec).await;
    ran.map_err(|source| Error::Computer { step: "trying a batch", source })?;
    if batch.level == Level::Fresh {
        restore(bench, learned, batch).await?;
    }
    answers(bench.computer, batch.candidates.len(), batch.tests.len()).await
}

/// A server that was stopped leaves its last edit in the copy.
async fn restore(
    bench: &JavaScript<'_>,
    learned: &Learned,
    batch: &Batch<'_>,
) -> Result<(), Error> {
    let paths: BTreeMap<&str, ()> =
        batch.candidates.iter().map(|candidate| (candidate.path.as_str(), ())).collect();
    for path in paths.into_keys() {
        if let Some(file) = learned.files.get(path) {
            copy::write(bench.computer, path, &file.marked.woven).await?;
        }
    }
    Ok(())
}

fn wire<'b>(learned: &'b Learned, batch: &'b Batch<'_>) -> WireBatch<'b> {
    let known = |candidate: &&&Candidate| learned.files.contains_key(&candidate.path);
    let mut hooks = BTreeMap::new();
    let mut sources = BTreeMap::new();
    let path = batch.candidates.iter().find(known).map_or("", |candidate| candidate.path.as_str());
    let no_edit = WireCandidate { id: NO_EDIT, path, replacements: Vec::new(), swap: None };
    let mut candidates = vec![no_edit];
    for (index, candidate) in batch.candidates.iter().enumerate() {
        let Some(file) = learned.files.get(&candidate.path) else { continue };
        sources.insert(candidate.path.as_str(), file.text.as_str());
        let swap = (batch.level == Level::Swapped).then(|| swap(learned, candidate, &mut hooks));
        candidates.push(WireCandidate {
            id: index + 1,
            path: &candidate.path,
            replacements: replacements(candidate),
            swap: swap.flatten(),
        });
    }
    let seconds = |test: &&str| learned.seconds.get(*test).copied().unwrap_or_default();
    let longest = batch.tests.iter().map(seconds).fold(0.0, f64::max);
    let all: f64 = batch.tests.iter().map(seconds).sum();
    let limit = |seconds: f64| {
        (batch.patience * seconds).clamp(TEST_SECONDS_MIN, TEST_SECONDS_MAX * batch.patience)
    };
    WireBatch {
        level: if batch.level == Level::Swapped { "swapped" } else { "fresh" },
        tests: &batch.tests,
        candidates,
        hooks,
        types: sources.keys().any(|path| path.ends_with("ts") || path.ends_with("tsx")),
        sources,
        stop: batch.stop_at_failure,
        patience: batch.patience,
        milliseconds: 1000.0 * limit(longest),
        wall: 1000.0 * (limit(all) + WALL_SECONDS),
        seconds: batch.time.as_secs_f64(),
    }
}

fn replacements(candidate: &Candidate) -> Vec<WireReplacement<'_>> {
    fn wire(each: &Replacement) -> WireReplacement<'_> {
        WireReplacement { start: each.range.start, end: each.range.end, text: &each.text }
    }
    candidate.edit.replacements.iter().map(wire).collect()
}

/// The function around the edit with the edit in it, and the function as it is for its hook.
fn swap(
    learned: &Learned,
    candidate: &Candidate,
    hooks: &mut BTreeMap<usize, String>,
) -> Option<Swap> {
    let file = learned.files.get(&candidate.path)?;
    let function = file.marked.function(&candidate.edit.range())?;
    let body = file.marked.edited(&file.text, function, &candidate.edit)?;
    hooks.entry(function.hook).or_insert_with(|| file.marked.as_it_is(&file.text, function));
    Some(Swap { hook: function.hook, body })
}

/// A server that never got to serve leaves no answers, which is an answer, too.
async fn answers(computer: &dyn Computer, count: usize, tests: usize) -> Result<Answers, Error> {
    let path = copy::scratch("out").join("results.jsonl");
    let text = computer.read(&path, ANSWERS_BYTES_MAX).await.unwrap_or_default();
    let mut served = None;
    let mut all: Vec<Option<Answer>> = vec![None; count + 1];
    for line in String::from_utf8_lossy(&text).lines() {
        if let Ok(WireEnd { served_ms }) = serde_json::from_str(line) {
            served = Some(Duration::from_millis(served_ms));
        }
        // Half a line, of a server that was stopped while it wrote, is no answer.
        let Ok(one) = serde_json::from_str::<WireAnswer>(line) else { continue };
        if let Some(slot) = all.get_mut(one.id) {
            let passed = one.passed.into_iter().filter(|place| *place < tests).collect();
            *slot = Some(Answer { verdict: one.verdict, passed });
        }
    }
    let without_edit = all.remove(NO_EDIT);
    let each = all.into_iter().map(|one| one.unwrap_or(Answer::of(Verdict::Untried))).collect();
    Ok(Answers { each, without_edit, served })
}
