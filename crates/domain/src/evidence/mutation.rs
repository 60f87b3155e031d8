//! Small faults put into the changed lines, and whether the tests notice.

use serde::{Deserialize, Serialize};

/// How many small faults in the changed lines the tests notice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Mutation {
    /// Faults that could be put in.
    pub possible: u64,
    /// Of these, how many were tried before the budget's end.
    pub tried: u64,
    /// Of the tried, how many the tests noticed: a test failed, hung or could not run.
    pub caught: u64,
    /// What no test noticed.
    pub survivors: Vec<Mutant>,
    /// Why there are fewer than possible, or none, in a sentence.
    pub why: Option<String>,
}

/// A small fault that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Mutant {
    pub path: String,
    /// At head.
    pub line: u32,
    /// `operator`, `constant`, `deletion`.
    pub operator: String,
    /// A unified diff against head.
    pub diff: String,
}
