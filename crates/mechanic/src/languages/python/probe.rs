//! The probe: Python files of ours that the project's own test command loads because of its
//! environment, and the records they leave. Knows nothing of edits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use computer::{Computer, Exec, Exited, SCRATCH, WORKSPACE};
use serde::Deserialize;

use crate::Error;
use crate::bench::{Recorded, Test, Uncollected};

/// The files of the probe, by name.
const FILES: [(&str, &str); 7] = [
    ("sitecustomize.py", include_str!("probe/sitecustomize.py")),
    ("whimbrel_probe.py", include_str!("probe/whimbrel_probe.py")),
    ("whimbrel_behaviour.py", include_str!("probe/whimbrel_behaviour.py")),
    ("whimbrel_edits.py", include_str!("probe/whimbrel_edits.py")),
    ("whimbrel_pytest.py", include_str!("probe/whimbrel_pytest.py")),
    ("whimbrel_server.py", include_str!("probe/whimbrel_server.py")),
    ("whimbrel_unittest.py", include_str!("probe/whimbrel_unittest.py")),
];
/// Of all records of one run together.
const RECORDS_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Of the test command's own output.
const OUTPUT_BYTES_MAX: u64 = 256 * 1024;
/// A single test that takes longer hangs, as far as a repair is concerned.
const TEST_TIME_MAX: Duration = Duration::from_secs(10);

/// A line of a record file.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Record {
    Test(Test),
    Uncollected(Uncollected),
    Imported { imported: BTreeMap<String, Vec<u32>> },
    Process { process: Vec<String> },
}

/// How the probe behaves in the processes of the test command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writes down tests and lines.
    Record,
    /// Serves a batch from after the collection of the tests.
    Hot,
    /// Serves a batch from before the program's first line.
    Cold,
    /// As `Hot`, but tells what candidates do instead of which tests they pass.
    Behaviour,
    /// Isn't there at all; only keeps the work tree clean.
    Off,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Hot => "hot",
            Self::Cold => "cold",
            Self::Behaviour => "behaviour",
            Self::Off => "",
        }
    }
}

pub fn path(name: &str) -> PathBuf {
    Path::new(SCRATCH).join("mechanic").join(name)
}

/// Puts the probe's files into the computer.
pub async fn install(computer: &dyn Computer) -> Result<(), Error> {
    for (name, text) in FILES {
        let written = computer.write(&path("probe").join(name), text.as_bytes(), 0o644).await;
        written.map_err(|source| Error::Computer { step: "putting the probe in", source })?;
    }
    Ok(())
}

/// The test command with the probe in its environment.
pub fn exec(test_command: &str, mode: Mode, timeout: Duration) -> Exec {
    let cache = format!("-o cache_dir={}", path("cache").display());
    let exec = Exec::shell(&command(test_command, mode))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0")
        .env("WHIMBREL_PROBE", mode.name())
        .env("WHIMBREL_ROOT", WORKSPACE)
        .env("WHIMBREL_OUT", path("out").to_string_lossy())
        .env("WHIMBREL_BATCH", path("batch.json").to_string_lossy())
        .env("WHIMBREL_TEST_SECONDS", TEST_TIME_MAX.as_secs().to_string())
        .timeout(timeout)
        .output_bytes_max(OUTPUT_BYTES_MAX);
    if mode == Mode::Off { exec.env("PYTEST_ADDOPTS", cache) } else { exec }
}

/// A command that sets PYTHONPATH itself would hide the probe, so it is told there, too.
fn command(test_command: &str, mode: Mode) -> String {
    if mode == Mode::Off {
        return test_command.to_owned();
    }
    let (probe, out) = (path("probe"), path("out"));
    let (probe, out) = (probe.display(), out.display());
    // Files differ from one recorded run to the next, so what was tried before is unknown again.
    let known = path("known");
    let known = if mode == Mode::Record { format!(" {}", known.display()) } else { String::new() };
    let with_probe = test_command.replace("PYTHONPATH=", &format!("PYTHONPATH={probe}:"));
    format!(
        "rm -rf {out}{known}; mkdir -p {out}; \
         export PYTHONPATH=\"{probe}${{PYTHONPATH:+:$PYTHONPATH}}\"; {with_probe}"
    )
}

/// Runs the test command once and reads what the probe noted, and the command line of the process
/// that ran the tests.
pub async fn record(
    computer: &dyn Computer,
    test_command: &str,
    timeout: Duration,
) -> Result<(Recorded, Vec<String>), Error> {
    let began = Instant::now();
    let run = computer.run(exec(test_command, Mode::Record, timeout)).await;
    let took = began.elapsed();
    let exited = run.map_err(|source| Error::Computer { step: "running the tests", source })?;
    let out = path("out");
    // A process that died while it wrote leaves half a line; the next file begins a new one.
    let all = format!("for f in {}/*.jsonl; do cat \"$f\"; echo; done 2>/dev/null", out.display());
    let all = computer.run(Exec::shell(&all).output_bytes_max(RECORDS_BYTES_MAX)).await;
    let all =
        all.map_err(|source| Error::Computer { step: "reading the probe's records", source })?;
    Ok(understand(exited, took, &all.stdout.text()))
}

/// Half a line, of a process that died while it wrote, says nothing; the others stand.
fn understand(exited: Exited, took: Duration, text: &str) -> (Recorded, Vec<String>) {
    let mut recorded = Recorded::nothing(exited, took);
    let mut tests_process = None;
    let mut process = Vec::new();
    for record in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        match record {
            Record::Test(test) => {
                tests_process.get_or_insert_with(|| process.clone());
                recorded.tests.push(test);
            }
            Record::Uncollected(failed) => recorded.uncollected.push(failed),
            Record::Imported { imported } => note_imported(&mut recorded, imported),
            Record::Process { process: one } => {
                recorded.loaded = true;
                process = one;
            }
        }
    }
    let process = tests_process.unwrap_or_default();
    recorded.main = process.iter().find(|word| word.ends_with(".py")).map(|word| own(word));
    (recorded, process)
}

/// A path of the command line, relative to the repository as every other.
fn own(word: &str) -> String {
    let word = word.strip_prefix(&format!("{WORKSPACE}/")).unwrap_or(word);
    word.trim_start_matches("./").to_owned()
}

fn note_imported(recorded: &mut Recorded, imported: BTreeMap<String, Vec<u32>>) {
    for (path, lines) in imported {
        recorded.imported.entry(path).or_default().extend(lines);
    }
}
