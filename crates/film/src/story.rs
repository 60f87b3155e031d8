//! What a film tells: plain data, in the order in which it is told. Every text may be hostile and of
//! any length; what doesn't fit is cut, and what can't be shown is marked.

use serde::Serialize;

/// One change or answer. What there is nothing of is left out, and the film is shorter for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Story {
    /// The project's name, which stands above everything.
    pub project: String,
    /// The task's sentence.
    pub asked: String,
    pub failing: Option<Failing>,
    pub cause: Option<Cause>,
    pub change: Option<Change>,
    /// Where the task ended in words and not in a change.
    pub answer: Option<String>,
    pub proof: Option<Proof>,
    /// The figures to decide by, the weightiest first.
    pub numbers: Vec<Number>,
    pub question: Question,
}

/// A test that fails without the change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Failing {
    pub name: String,
    /// The lines of its output that say the most.
    pub output: Vec<Output>,
    /// How many others fail too.
    pub others: u64,
}

/// A line of a test's output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    pub text: String,
    /// It says what is wrong, and not only where.
    pub tells: bool,
}

/// The place that was wrong, with the code around it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub path: String,
    /// Consecutive lines, as they were before the change.
    pub lines: Vec<CauseLine>,
    /// Why it is thought to be there, in a sentence.
    pub why: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CauseLine {
    /// From 1.
    pub number: u32,
    pub text: String,
    pub suspect: bool,
}

/// The part of a change that is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    pub path: String,
    /// Consecutive lines of one hunk.
    pub lines: Vec<ChangeLine>,
    /// What isn't shown, in words: "and 3 more files". Empty where that is all.
    pub more: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeLine {
    pub kind: LineKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum LineKind {
    Kept,
    Removed,
    Added,
}

/// What whimbrel itself ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Tests, or checks where single tests aren't known, the most telling first.
    pub rows: Vec<Row>,
    /// What there is beside the rows, in words: "and 41 other tests pass".
    pub more: String,
    /// Of the tests that the change adds: how many fail without it, and how many there are.
    pub red_green: Option<(u64, u64)>,
    /// Of the faults put into the changed lines: how many the tests noticed, and how many there were.
    pub mutants: Option<(u64, u64)>,
    /// What it comes to, in words.
    pub verdict: String,
    pub holds: bool,
}

/// A test or a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub name: String,
    /// Without the change.
    pub before: Mark,
    /// With it.
    pub after: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Mark {
    Passed,
    Failed,
    /// It wasn't there, or nobody knows.
    Absent,
}

/// A figure and what it is of: `2` and `fixed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Number {
    pub value: String,
    pub label: String,
    pub tone: Tone,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Warn,
    Bad,
}

/// What the person is asked in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Question {
    /// "Merge it?"
    pub text: String,
    /// What it is about, in a line: the change's title.
    pub about: String,
    /// What a swipe to the left does, and to the right.
    pub left: String,
    pub right: String,
}
