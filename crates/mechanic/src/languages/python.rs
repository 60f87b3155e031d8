//! Python: pytest and unittest, by a probe that the test command's own processes load, which
//! records a run or serves batches of edits from forks of itself.

mod cant_run;
mod hints;
mod probe;
mod server;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use computer::{Computer, Exec};
use syntax::edit::Hints;
use syntax::{Node, Parsed, Role};

use crate::Error;
use crate::bench::{Answers, Batch, Behaviour, Bench, CantRun, Level, Recorded, Test};
use crate::candidate::Candidate;

struct Python<'c> {
    computer: &'c dyn Computer,
    test_command: String,
    learned: Mutex<Learned>,
}

/// From the last recorded run.
#[derive(Debug, Clone, Default)]
struct Learned {
    /// The command line of the process that ran the tests.
    process: Vec<String>,
    /// Of each test, with every line watched. A test that hangs says nothing about how long it
    /// should take; its peers do.
    seconds: BTreeMap<String, f64>,
}

pub fn is_file(path: &str) -> bool {
    path.ends_with(".py")
}

pub fn open<'c>(computer: &'c dyn Computer, test_command: &str) -> Box<dyn Bench + 'c> {
    Box::new(Python { computer, test_command: test_command.to_owned(), learned: Mutex::default() })
}

#[async_trait]
impl Bench for Python<'_> {
    fn language(&self) -> &'static str {
        "Python"
    }

    fn edits(&self, path: &str) -> bool {
        is_file(path)
    }

    /// By the names that test files and their helpers have everywhere.
    fn is_test(&self, path: &str) -> bool {
        is_test(path)
    }

    /// By the names that unittest and pytest go by.
    fn tests_within(&self, parsed: &Parsed) -> Vec<RangeInclusive<u32>> {
        let tests = parsed.file().all().filter(|node| is_test_node(*node));
        tests.map(|node| node.first_line()..=node.last_line()).collect()
    }

    fn command(&self, time: Duration) -> Exec {
        probe::exec(&self.test_command, probe::Mode::Off, time)
    }

    async fn record(&self, time: Duration) -> Result<Recorded, Error> {
        probe::install(self.computer).await?;
        let (recorded, process) = probe::record(self.computer, &self.test_command, time).await?;
        let learned = Learned { process, seconds: seconds(&recorded.tests) };
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = learned;
        Ok(recorded)
    }

    fn why_none(&self, recorded: &Recorded) -> CantRun {
        cant_run::why_none(recorded)
    }

    fn hints(&self, failed: &[&Test]) -> Hints {
        hints::of(failed.iter().map(|test| test.error.as_str()))
    }

    async fn behaviour(
        &self,
        candidates: &[Candidate],
        tests: &[String],
        time: Duration,
    ) -> Result<Behaviour, Error> {
        let batch = Batch {
            level: Level::Swapped,
            tests: tests.iter().map(String::as_str).collect(),
            candidates: candidates.iter().collect(),
            patience: 1.0,
            dedupe: false,
            failing: false,
            stop_at_failure: false,
            time,
        };
        let learned = self.learned();
        self.server(&learned).behaviour(&batch).await
    }

    async fn try_batch(&self, batch: &Batch<'_>) -> Result<Answers, Error> {
        let mode = match batch.level {
            Level::Swapped => probe::Mode::Hot,
            Level::Fresh => probe::Mode::Cold,
            Level::Disk => return Ok(Answers::none(batch)),
        };
        let learned = self.learned();
        self.server(&learned).run(mode, batch).await
    }
}

impl<'c> Python<'c> {
    fn learned(&self) -> Learned {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn server<'s>(&'s self, learned: &'s Learned) -> server::Server<'s> {
        let (computer, test_command) = (self.computer, self.test_command.as_str());
        server::Server { computer, test_command, learned }
    }
}

fn seconds(tests: &[Test]) -> BTreeMap<String, f64> {
    let usual = tests.iter().filter(|test| !test.hung).map(|test| test.seconds);
    let usual = usual.fold(0.0, f64::max);
    let of = |test: &Test| if test.hung { usual } else { test.seconds };
    tests.iter().map(|test| (test.id.clone(), of(test))).collect()
}

fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_tests = folders.split('/').any(|folder| matches!(folder, "tests" | "test" | "testing"));
    let stem = name.trim_end_matches(".py");
    in_tests || name == "conftest.py" || stem.starts_with("test_") || stem.ends_with("_test")
}

fn is_test_node(node: Node<'_>) -> bool {
    let name = node.own_name().unwrap_or_default();
    match node.role() {
        Role::Function => name.starts_with("test") || is_fixture(node),
        Role::Class => name.starts_with("Test") || header_says(node, "TestCase"),
        _ => false,
    }
}

fn is_fixture(function: Node<'_>) -> bool {
    let around = function.parent().into_iter().flat_map(Node::children);
    let decorators = around.filter(|node| node.role() == Role::Decorator);
    decorators.map(Node::text).any(|text| text.contains("fixture"))
}

fn header_says(class: Node<'_>, word: &str) -> bool {
    class.text().lines().next().is_some_and(|first| first.contains(word))
}

#[cfg(test)]
mod tests;
