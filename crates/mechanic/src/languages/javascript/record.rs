//! One watched run: what the lanes noted of each test, and the reasons where they noted none.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use computer::Exec;
use serde::Deserialize;
use syntax::Parsed;

use super::marks::{children, line};
use super::{JavaScript, Learned, copy, lanes};
use crate::Error;
use crate::bench::{CantRun, Outcome, Recorded, Test, Uncollected};

/// Of all records of one run together.
const RECORDS_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Of the test command's own output.
pub const OUTPUT_BYTES_MAX: u64 = 256 * 1024;

/// A test that is said to have taken longer didn't say so itself.
const SECONDS_MAX: f64 = 600.0;

#[derive(Deserialize)]
#[serde(untagged)]
enum Note {
    Test(TestNote),
    Uncollected(Uncollected),
    Imported { imported: Vec<usize> },
    Process { process: String },
}

#[derive(Deserialize)]
struct TestNote {
    test: String,
    path: String,
    outcome: Outcome,
    seconds: f64,
    #[serde(default)]
    hung: bool,
    error: String,
    hits: Vec<usize>,
    spawned: bool,
}

pub async fn record(
    bench: &JavaScript<'_>,
    learned: &mut Learned,
    time: Duration,
) -> Result<Recorded, Error> {
    let began = Instant::now();
    let run = bench.computer.run(lanes::exec(&bench.test_command, "record", time)).await;
    let took = began.elapsed();
    let exited = run.map_err(|source| Error::Computer { step: "running the tests", source })?;
    let all = format!(
        "for f in {}/*.jsonl; do cat \"$f\"; echo; done 2>/dev/null",
        copy::scratch("out").display()
    );
    let all = bench.computer.run(Exec::shell(&all).output_bytes_max(RECORDS_BYTES_MAX)).await;
    let all = all.map_err(|source| Error::Computer { step: "reading what was noted", source })?;
    let mut recorded = Recorded::nothing(exited, took);
    understand(&all.stdout.text(), &mut recorded, learned);
    Ok(recorded)
}

/// Half a line, of a process that died while it wrote, says nothing; the others stand.
fn understand(text: &str, recorded: &mut Recorded, learned: &mut Learned) {
    let mut process = String::new();
    for note in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        match note {
            Note::Test(mut note) => {
                note.seconds = note.seconds.clamp(0.0, SECONDS_MAX);
                if learned.process.is_empty() {
                    learned.process.clone_from(&process);
                }
                learned.spawns |= note.spawned && note.outcome == Outcome::Failed;
                learned.seconds.insert(note.test.clone(), note.seconds);
                recorded.tests.push(test(note, learned));
            }
            Note::Uncollected(failed) => recorded.uncollected.push(failed),
            Note::Imported { imported } => {
                for (path, lines) in lines(&imported, learned) {
                    recorded.imported.entry(path).or_default().extend(lines);
                }
            }
            Note::Process { process: one } => {
                recorded.loaded = true;
                process = one;
            }
        }
    }
}

fn test(note: TestNote, learned: &Learned) -> Test {
    let lines = lines(&note.hits, learned);
    let TestNote { test: id, path, outcome, seconds, hung, error, .. } = note;
    Test { id, path: Some(path), outcome, seconds, hung, error, lines }
}

/// Numbers that no counter has were written by somebody else.
fn lines(hits: &[usize], learned: &Learned) -> BTreeMap<String, Vec<u32>> {
    let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (path, line) in hits.iter().filter_map(|counter| learned.counters.get(*counter)) {
        found.entry(path.to_string()).or_default().insert(*line);
    }
    found.into_iter().map(|(path, lines)| (path, lines.into_iter().collect())).collect()
}

/// The calls that define tests, by the names that all runners give them.
pub fn tests_within(parsed: &Parsed) -> Vec<RangeInclusive<u32>> {
    let mut found = Vec::new();
    let mut waiting = vec![parsed.root()];
    while let Some(node) = waiting.pop() {
        let callee =
            node.child_by_field_name("function").filter(|_| node.kind() == "call_expression");
        let name = callee.map_or("", |callee| parsed.of(callee));
        let name = name.split('.').next().unwrap_or_default();
        let defines = matches!(
            name,
            "test" | "it" | "describe" | "suite" | "before" | "after" | "beforeEach" | "afterEach"
        );
        if defines {
            let last = u32::try_from(node.end_position().row + 1).unwrap_or(u32::MAX);
            found.push(line(node)..=last);
        } else {
            waiting.extend(children(node));
        }
    }
    found
}

/// Why no test could be watched or repaired.
pub fn why_none(recorded: &Recorded) -> CantRun {
    if let Some(Uncollected { id, error }) = recorded.uncollected.first() {
        let first = error.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
        return CantRun {
            why: format!("{id} can't be loaded: {}", first.trim()),
            remedy: "install what is missing in the environment's setup, or repair this first"
                .into(),
        };
    }
    let output = recorded.exited.text();
    let code = recorded.exited.status.code();
    let (why, remedy) = match code {
        127 => (
            "the test command isn't there".to_owned(),
            "install it in the environment's setup, or set checks.test",
        ),
        124 => (
            "the tests didn't end in time".to_owned(),
            "set limits.minutes higher, or checks.test to fewer tests",
        ),
        _ if recorded.loaded => (
            format!("the test command found no test to run (exit code {code})"),
            "set checks.test to the command that runs the tests",
        ),
        _ => {
            let runner = ["jest", "vitest", "ava", "tap", "jasmine", "karma"];
            let runner = runner.into_iter().find(|runner| output.to_lowercase().contains(runner));
            let runner = runner.map_or_else(
                || "no process of the test command is node's own runner or mocha".to_owned(),
                |runner| format!("the tests are run by {runner}, which can't be watched"),
            );
            (
                format!("{runner} (exit code {code})"),
                "set checks.test to a command that runs the tests by `node --test` or mocha",
            )
        }
    };
    CantRun { why, remedy: remedy.into() }
}
