//! JavaScript and TypeScript, tested by node's own runner or mocha. A copy of the work tree has
//! counters and hooks woven into its sources; the tests run there, in processes that have loaded
//! them once, with one function's body after another swapped. Other runners can't be watched: for
//! them the test command is run as it is, for each edit anew.

mod lanes;
mod marks;
mod record;
mod whole;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use computer::{Computer, Exec};
use syntax::Parsed;
use syntax::edit::Hints;

use super::copy::{self, Besides};
use super::sides;
use crate::Error;
use crate::bench::{Answers, Batch, Bench, CantRun, Level, Recorded, Test};
use marks::Marked;

struct JavaScript<'c> {
    computer: &'c dyn Computer,
    test_command: String,
    learned: Mutex<Arc<Learned>>,
}

/// From the last recorded run.
#[derive(Debug, Default)]
struct Learned {
    files: BTreeMap<String, File>,
    /// The file and the line of each counter.
    counters: Vec<(Arc<str>, u32)>,
    /// The command line of the process that ran the tests.
    process: String,
    seconds: HashMap<String, f64>,
    /// The whole run.
    took: Duration,
    /// Some failing test starts processes, which no hook reaches.
    spawns: bool,
}

#[derive(Debug)]
struct File {
    text: String,
    marked: Marked,
}

pub fn is_file(path: &str) -> bool {
    let endings = [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"];
    let declares = path.ends_with(".d.ts") || path.ends_with(".d.mts") || path.ends_with(".d.cts");
    !declares && endings.iter().any(|ending| path.ends_with(ending)) && !is_fetched(path)
}

fn is_fetched(path: &str) -> bool {
    path.split('/').any(|folder| folder == "node_modules") || path.ends_with(".min.js")
}

pub fn open<'c>(computer: &'c dyn Computer, test_command: &str) -> Box<dyn Bench + 'c> {
    Box::new(JavaScript {
        computer,
        test_command: test_command.to_owned(),
        learned: Mutex::default(),
    })
}

impl JavaScript<'_> {
    fn learned(&self) -> Arc<Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The test command as one test, on the sources as they are.
    async fn record_whole(
        &self,
        recorded: &mut Recorded,
        learned: &Learned,
        time: Duration,
    ) -> Result<(), Error> {
        if whole::runner(&self.test_command, &recorded.exited).is_none() {
            return Ok(());
        }
        copy::make(self.computer, Besides::NodeModules).await?;
        let exec = self.command(time).cwd(copy::root());
        let exited = self.computer.run(exec).await;
        let exited =
            exited.map_err(|source| Error::Computer { step: "running the tests", source })?;
        recorded.took = exited.duration;
        let is_over = !matches!(exited.status.code(), 124 | 127);
        if is_over {
            let tests = copy::sources(self.computer, |path| is_file(path) && is_test(path)).await?;
            let tests: BTreeMap<String, String> = tests.into_iter().collect();
            let named = whole::named(&exited.text(), &tests.keys().cloned().collect());
            let tests = tests.into_iter().filter(|(path, _)| named.contains(path)).collect();
            recorded.tests.push(whole::test(&self.test_command, &exited, learned, &tests));
            recorded.loaded = true;
        }
        recorded.exited = exited;
        Ok(())
    }

    /// The copy, with everything woven in that isn't a test.
    async fn weave(&self) -> Result<Learned, Error> {
        copy::make(self.computer, Besides::NodeModules).await?;
        let wanted = |path: &str| is_file(path) && !is_test(path);
        let mut learned = Learned::default();
        let mut hooks = 0;
        for (path, text) in copy::sources(self.computer, wanted).await? {
            let Some(parsed) = Parsed::new(&path, text) else { continue };
            let marked = Marked::new(&parsed, learned.counters.len(), hooks);
            copy::write(self.computer, &path, &marked.woven).await?;
            hooks += marked.functions.len();
            let name: Arc<str> = path.as_str().into();
            learned.counters.extend(marked.lines.iter().map(|line| (name.clone(), *line)));
            learned.files.insert(path, File { text: parsed.text, marked });
        }
        Ok(learned)
    }
}

#[async_trait]
impl Bench for JavaScript<'_> {
    fn language(&self) -> &'static str {
        "JavaScript"
    }

    fn edits(&self, path: &str) -> bool {
        is_file(path)
    }

    fn is_test(&self, path: &str) -> bool {
        is_test(path)
    }

    fn tests_within(&self, parsed: &Parsed) -> Vec<RangeInclusive<u32>> {
        record::tests_within(parsed)
    }

    fn command(&self, time: Duration) -> Exec {
        Exec::shell(&self.test_command).timeout(time).output_bytes_max(record::OUTPUT_BYTES_MAX)
    }

    async fn record(&self, time: Duration) -> Result<Recorded, Error> {
        lanes::install(self.computer).await?;
        let mut learned = self.weave().await?;
        let mut recorded = record::record(self, &mut learned, time).await?;
        learned.took = recorded.took;
        if !recorded.loaded {
            self.record_whole(&mut recorded, &learned, time).await?;
        }
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(learned);
        Ok(recorded)
    }

    fn why_none(&self, recorded: &Recorded) -> CantRun {
        record::why_none(recorded)
    }

    fn hints(&self, failed: &[&Test]) -> Hints {
        sides::of(failed.iter().map(|test| test.error.as_str()), ["actual:", "expected:"], true)
    }

    async fn try_batch(&self, batch: &Batch<'_>) -> Result<Answers, Error> {
        let learned = self.learned();
        match batch.level {
            _ if learned.process.is_empty() => Ok(Answers::none(batch)),
            Level::Swapped if learned.spawns => Ok(Answers::none(batch)),
            Level::Swapped | Level::Fresh => lanes::run(self, &learned, batch).await,
            Level::Disk => Ok(Answers::none(batch)),
        }
    }
}

/// By the names that test files and their helpers have everywhere.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_folder = |folder: &str| matches!(folder, "test" | "tests" | "__tests__" | "__mocks__");
    let stem = name.split('.').next().unwrap_or_default();
    let marked = name.split('.').any(|part| matches!(part, "test" | "spec"));
    folders.split('/').any(is_folder)
        || marked
        || stem == "test"
        || stem.starts_with("test-")
        || stem.ends_with("-test")
        || stem.ends_with("_test")
}

#[cfg(test)]
mod tests;
