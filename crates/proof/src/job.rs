//! What is to be proved, what is told meanwhile, and the logs that come out.

use std::path::Path;
use std::time::Duration;

use domain::evidence::Exit;
use domain::{Change, Commit};
use environment::{Check, Proving};

/// What is to be proved.
#[derive(Debug)]
pub struct Job<'a> {
    pub base: Commit,
    pub head: Commit,
    pub change: &'a Change,
    /// A git bundle on the host that has `head` and needs nothing but `base`.
    pub bundle: &'a Path,
    /// As they are at base, in the order in which they run: a change doesn't choose its checks.
    pub checks: &'a [Check],
    /// For each run of each check.
    pub time: Duration,
    pub proving: Proving,
    /// What the agent says of its change, in Markdown; its sentences are looked for in the logs.
    pub summary: &'a str,
    /// Computers that may live at once, at least 1.
    pub width: usize,
    /// Where results at base are kept between proofs.
    pub kept: Option<&'a dyn Kept>,
}

/// Results at base, by a key that names commit, environment and check. What is lost is made anew.
pub trait Kept: std::fmt::Debug + Send + Sync {
    fn get(&self, key: &str) -> Option<Vec<u8>>;
    fn put(&self, key: &str, bytes: &[u8]);
}

/// Where a check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Base,
    Head,
    /// A second time at head, since something failed that didn't at base.
    HeadAgain,
    /// A second time at base, to know that what is fixed really failed.
    BaseAgain,
    /// The base's code with the change's test files.
    BaseWithTests,
    /// The change's code with the base's test files and its runner's configuration.
    HeadWithTests,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
            Self::HeadAgain => "head-again",
            Self::BaseAgain => "base-again",
            Self::BaseWithTests => "base-with-tests",
            Self::HeadWithTests => "head-with-base-tests",
        }
    }
}

/// A step, for whoever watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Started {
        check: String,
        place: Place,
    },
    Ended {
        check: String,
        place: Place,
        exit: Exit,
        duration_ms: u64,
    },
    /// A step of another kind, in words.
    Noted {
        text: String,
    },
}

/// What a check printed, standard output and error as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A safe file name; what `domain::evidence::Run::log` says.
    pub name: String,
    pub bytes: Vec<u8>,
}
