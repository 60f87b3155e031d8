//! The bench: where one language's edits are tried. What it says is the same for every language,
//! so that the search knows none of them. Knows nothing of templates, ranking, git or words.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use computer::{Exec, Exited};
use serde::Deserialize;
use syntax::Parsed;
use syntax::edit::Hints;

use crate::Error;
use crate::candidate::Candidate;

/// One language's way of running a project's tests and of trying edits on them. One file below
/// `languages/` implements it. Everything runs inside the computer that the bench was made with;
/// what it hands out was written by the program under repair, so it is bounded and believed of
/// nothing but that program.
#[async_trait]
pub trait Bench: Send + Sync {
    /// For people: "Python".
    fn language(&self) -> &'static str;

    /// Whether edits of this file can be tried here.
    fn edits(&self, path: &str) -> bool;

    /// Whether a file is a test or a test's helper, by its name alone.
    fn is_test(&self, path: &str) -> bool;

    /// The lines of tests and their fixtures within a file that also holds what they test.
    fn tests_within(&self, parsed: &Parsed) -> Vec<RangeInclusive<u32>>;

    /// The test command as it is, unwatched, but so that it leaves nothing in the work tree.
    fn command(&self, time: Duration) -> Exec;

    /// Runs the test command once, watched. A later call records what the files are then.
    async fn record(&self, time: Duration) -> Result<Recorded, Error>;

    /// Why a run came to no test that could be repaired: none ran, or what failed didn't load.
    fn why_none(&self, recorded: &Recorded) -> CantRun;

    /// What the failures say that can be put into a program: an assertion's two sides, types of
    /// exceptions.
    fn hints(&self, failed: &[&Test]) -> Hints;

    /// What each candidate does on inputs near those that `tests` give to the edited functions, so
    /// that those can be told apart which pass the same tests.
    async fn behaviour(
        &self,
        candidates: &[Candidate],
        _tests: &[String],
        _time: Duration,
    ) -> Result<Behaviour, Error> {
        Ok(Behaviour { inputs: 0, each: vec![None; candidates.len()] })
    }

    /// Tries every candidate of the batch, as far as its time goes. No file of the repository is
    /// different afterwards. A level that this bench doesn't have gives no `without_edit`.
    async fn try_batch(&self, batch: &Batch<'_>) -> Result<Answers, Error>;
}

/// How much of the program is anew for each candidate; the later, the slower and the surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A child of a process that has loaded everything, with the edited code in the old one's place.
    Swapped,
    /// A child that loads the program anew, with the edit there from the beginning.
    Fresh,
    /// The edit written to its file, and the test command run as it is. Every bench has this: the
    /// search does it itself.
    Disk,
}

/// Why nothing can be repaired, and what a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CantRun {
    pub why: String,
    pub remedy: String,
}

/// What one watched run of the test command showed.
#[derive(Debug)]
pub struct Recorded {
    pub exited: Exited,
    /// By the clock, with every line watched.
    pub took: Duration,
    pub tests: Vec<Test>,
    /// What the runner could not even load, with the error.
    pub uncollected: Vec<Uncollected>,
    /// Lines that ran outside of tests, by file.
    pub imported: BTreeMap<String, Vec<u32>>,
    /// The process's own main file, where that is one of the repository's.
    pub main: Option<String>,
    /// Whether any process of the command let itself be watched.
    pub loaded: bool,
}

impl Recorded {
    /// Nothing but how the command ended.
    pub fn nothing(exited: Exited, took: Duration) -> Self {
        Self {
            exited,
            took,
            tests: Vec::new(),
            uncollected: Vec::new(),
            imported: BTreeMap::new(),
            main: None,
            loaded: false,
        }
    }

    /// Whether the runner itself was there and tried to load tests.
    pub fn loaded_tests(&self) -> bool {
        !self.tests.is_empty() || !self.uncollected.is_empty()
    }

    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(move |test| test.outcome == outcome)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// One test of a watched run.
#[derive(Debug, Clone, Deserialize)]
pub struct Test {
    #[serde(rename = "test")]
    pub id: String,
    /// The file it is in, where that is known.
    pub path: Option<String>,
    pub outcome: Outcome,
    pub seconds: f64,
    /// It was stopped, so its seconds are ours.
    #[serde(default)]
    pub hung: bool,
    /// What the failure said: a traceback, an assertion's two sides. Empty where it passed.
    #[serde(default)]
    pub error: String,
    pub lines: BTreeMap<String, Vec<u32>>,
}

impl Test {
    pub fn lines(&self) -> impl Iterator<Item = (&str, u32)> {
        self.lines
            .iter()
            .flat_map(|(path, lines)| lines.iter().map(move |line| (path.as_str(), *line)))
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Uncollected {
    #[serde(rename = "uncollected")]
    pub id: String,
    pub error: String,
}

/// What to try, and on which tests.
pub struct Batch<'b> {
    pub level: Level,
    pub tests: Vec<&'b str>,
    pub candidates: Vec<&'b Candidate>,
    /// How many times its own time each test may take.
    pub patience: f64,
    pub stop_at_failure: bool,
    /// Code that an earlier batch tried since the last recorded run is [`Verdict::Same`].
    pub dedupe: bool,
    /// The tests are those that fail without an edit, all of them.
    pub failing: bool,
    pub time: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    Timeout,
    Crashed,
    /// The edited file is no program.
    Syntax,
    /// This level can't try it; [`Level::Fresh`] can.
    Cold,
    /// The same code as the unedited file or a candidate that was tried before.
    Same,
    /// The batch's time was over before.
    #[serde(skip)]
    Untried,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    /// Which of the batch's tests passed, by their places in it, in order.
    pub passed: Vec<usize>,
}

impl Answer {
    pub fn of(verdict: Verdict) -> Self {
        Self { verdict, passed: Vec::new() }
    }
}

/// What candidates do, as far as that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// On how many inputs each was tried.
    pub inputs: usize,
    /// One per candidate, equal where they did the same on all inputs; `None` where it is not known.
    pub each: Vec<Option<String>>,
}

/// How a whole batch went.
#[derive(Debug)]
pub struct Answers {
    /// One per candidate, in order.
    pub each: Vec<Answer>,
    /// What the tests say without any edit; `None` if the batch didn't get to be tried.
    pub without_edit: Option<Answer>,
    /// What trying took, without the starting of the test command, where that is known.
    pub served: Option<Duration>,
}

impl Answers {
    /// Nothing of the batch was tried.
    pub fn none(batch: &Batch<'_>) -> Self {
        let each = batch.candidates.iter().map(|_| Answer::of(Verdict::Untried)).collect();
        Self { each, without_edit: None, served: None }
    }

    /// Whether the tests failed without an edit as they do for the test command itself, so that
    /// the rest can be believed.
    pub fn are_sound(&self) -> bool {
        let failed =
            |answer: &Answer| answer.passed.is_empty() && answer.verdict != Verdict::Passed;
        self.without_edit.as_ref().is_some_and(failed)
    }
}
