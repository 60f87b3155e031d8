//! Rust, tested by cargo. A copy of the work tree has counters woven into its sources for one
//! watched run; then each batch of edits is one build, with the edits behind a switch that is read
//! when a test program starts. Documentation tests can't be watched.

mod cargo;
mod marks;
mod programs;
mod record;
mod schemata;
mod tree;
mod trial;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use computer::{Computer, Exec};
use syntax::Parsed;
use syntax::edit::Hints;

use super::{copy, sides};
use crate::Error;
use crate::bench::{Answers, Batch, Bench, CantRun, Level, Recorded, Test};
use cargo::{Call, Program, Workspace};
use schemata::Schema;
use tree::Tree;

struct Rust<'c> {
    computer: &'c dyn Computer,
    test_command: String,
    tree: Tree,
    learned: Mutex<Arc<Learned>>,
    spent: Mutex<Spent>,
}

/// From the last recorded run.
#[derive(Debug, Default)]
struct Learned {
    call: Call,
    workspace: Workspace,
    files: BTreeMap<String, File>,
    programs: Vec<Program>,
    tests: BTreeMap<String, Known>,
    /// The compiler's words, where the tests couldn't be built.
    broken: Option<String>,
}

/// A source file as it is.
#[derive(Debug)]
struct File {
    text: String,
    schema: Schema,
}

/// A test by its program and its name in it.
#[derive(Debug, Clone)]
struct Known {
    program: usize,
    name: String,
    seconds: f64,
}

/// Where the time of trying went.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    building: Duration,
    running: Duration,
    builds: u32,
    candidates: usize,
}

pub fn is_file(path: &str) -> bool {
    path.ends_with(".rs") && !path.split('/').any(|folder| matches!(folder, "target" | "vendor"))
}

pub fn open<'c>(computer: &'c dyn Computer, test_command: &str) -> Box<dyn Bench + 'c> {
    Box::new(Rust::new(computer, test_command))
}

impl<'c> Rust<'c> {
    fn new(computer: &'c dyn Computer, test_command: &str) -> Self {
        Self {
            computer,
            test_command: test_command.to_owned(),
            tree: Tree::default(),
            learned: Mutex::default(),
            spent: Mutex::default(),
        }
    }

    fn learned(&self) -> Arc<Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn spend(&self, more: Spent) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.building += more.building;
        spent.running += more.running;
        spent.builds += more.builds;
        spent.candidates += more.candidates;
        tracing::debug!(?more, all = ?*spent, "a batch was tried");
    }
}

#[async_trait]
impl Bench for Rust<'_> {
    fn language(&self) -> &'static str {
        "Rust"
    }

    fn edits(&self, path: &str) -> bool {
        is_file(path)
    }

    fn is_test(&self, path: &str) -> bool {
        is_test(path)
    }

    fn tests_within(&self, parsed: &Parsed) -> Vec<RangeInclusive<u32>> {
        marks::of_tests(parsed)
    }

    fn command(&self, time: Duration) -> Exec {
        // In the work tree it would leave `target`, and `Cargo.lock` where there is none.
        self.tree.forget();
        copy::inside(&self.test_command)
            .env("CARGO_TARGET_DIR", tree::target().to_string_lossy())
            .timeout(time)
            .output_bytes_max(cargo::OUTPUT_BYTES_MAX)
    }

    async fn record(&self, time: Duration) -> Result<Recorded, Error> {
        let (recorded, learned) = record::record(self, time).await?;
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(learned);
        Ok(recorded)
    }

    fn why_none(&self, recorded: &Recorded) -> CantRun {
        record::why_none(recorded, &self.learned())
    }

    fn hints(&self, failed: &[&Test]) -> Hints {
        sides::of(failed.iter().map(|test| test.error.as_str()), ["left:", "right:"], false)
    }

    async fn try_batch(&self, batch: &Batch<'_>) -> Result<Answers, Error> {
        match batch.level {
            Level::Swapped | Level::Fresh => trial::run(self, &self.learned(), batch).await,
            Level::Disk => Ok(Answers::none(batch)),
        }
    }
}

/// What cargo calls tests, benches and examples.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_folder = |folder: &str| matches!(folder, "tests" | "benches" | "examples");
    folders.split('/').any(is_folder)
        || matches!(name, "tests.rs" | "test.rs" | "build.rs")
        || name.ends_with("_test.rs")
        || name.ends_with("_tests.rs")
}

#[cfg(test)]
mod tests;
