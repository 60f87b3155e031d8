//! The mechanic's other jobs, none of which needs a model: linters' own fixes, the commit that broke
//! a check, a change made smaller.
//!
//! Each works in the repository of a computer and ends in commits, an answer, or a reason for
//! neither. [`choose`] reads a task's sentence, and only to tell which of them it asks for. Knows
//! nothing of tasks, attempts or the store.

mod bisect;
mod choose;
mod lint;
mod minimise;
mod tree;

use std::time::Duration;

use domain::Commit;

pub use bisect::bisect;
pub use choose::{Choice, beyond, choose};
pub use lint::lint;
pub use minimise::minimise;

/// What the mechanic can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Make failing tests pass; see [`crate::repair`].
    Repair,
    Lint,
    Bisect,
    Minimise,
}

impl Name {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Lint => "lint",
            Self::Bisect => "bisect",
            Self::Minimise => "minimise",
        }
    }
}

/// What a job is given.
#[derive(Debug)]
pub struct Order<'o> {
    /// The task's sentence. A job looks for names in it that it knows from elsewhere.
    pub text: &'o str,
    /// The project's own, in the order they run.
    pub checks: &'o [Check],
    /// The change that is to be made smaller.
    pub other: Option<Other>,
    pub time: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: String,
    /// Run by `sh -c` in the repository's root.
    pub command: String,
}

/// Another change, whose commits are in the computer's repository beside what is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// What it is called, as people know it.
    pub name: String,
    /// Its own, or empty.
    pub title: String,
    pub head: Commit,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The change is in the work tree's branch, as commits.
    Changed {
        /// One line, imperative.
        title: String,
        /// Markdown.
        summary: String,
    },
    /// Markdown. Nothing was changed.
    Answered { answer: String },
    /// Nothing was changed, and why.
    Nothing { reason: String },
}

impl Ended {
    fn nothing(reason: impl Into<String>) -> Self {
        Self::Nothing { reason: reason.into() }
    }
}

/// Where a job tells what it does, a sentence each.
pub type Say<'s> = dyn FnMut(String) + Send + 's;

impl Order<'_> {
    fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

/// Of a text from the repository, what a sentence quotes.
const QUOTED_CHARS_MAX: usize = 200;

/// A text from the repository within a sentence: one line without control characters.
fn quoted(text: &str) -> String {
    let plain = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    let text: String = text.trim().chars().take(QUOTED_CHARS_MAX).map(plain).collect();
    text.trim().to_owned()
}

/// `1 commit`, `2 commits`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests;
