//! Evidence: what the server itself ran and saw about a change.

use serde::{Deserialize, Serialize};

use crate::id::Commit;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub base: Commit,
    pub head: Commit,
    pub checks: Vec<Check>,
    pub tests: Tests,
    /// What keeps this evidence from saying more, in sentences for people.
    pub notes: Vec<String>,
}

/// One of the project's own commands, in clean computers at base and at head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `test` or `lint`.
    pub name: String,
    pub command: String,
    pub base: Run,
    pub head: Run,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub exit: Exit,
    pub duration_ms: u64,
    /// The name of the log's file among the attempt's files.
    pub log: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Exit {
    Code { code: i32 },
    Signal { signal: i32 },
    OutOfTime,
    OutOfMemory,
    OutOfDisk,
}

impl Exit {
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Code { code: 0 })
    }

    pub fn words(&self) -> String {
        match self {
            Self::Code { code } => format!("exit {code}"),
            Self::Signal { signal } => format!("killed by signal {signal}"),
            Self::OutOfTime => "out of time".into(),
            Self::OutOfMemory => "out of memory".into(),
            Self::OutOfDisk => "out of disk".into(),
        }
    }
}

/// Tests by name, each list sorted. Empty where the runner's output names no tests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tests {
    /// Whether single tests could be told apart at base and at head.
    pub known: bool,
    pub passed_base: u64,
    pub failed_base: u64,
    pub passed_head: u64,
    pub failed_head: u64,
    /// Failed at base, passes at head.
    pub fixed: Vec<String>,
    /// Passed at base, fails at head.
    pub broken: Vec<String>,
    /// At head but not at base.
    pub added: Vec<AddedTest>,
    /// At base but not at head.
    pub removed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedTest {
    pub name: String,
    pub passes: bool,
    pub on_base: OnBase,
}

/// What an added test does on the base's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBase {
    /// Fails there and passes at head: it tests the change.
    RedGreen,
    /// Passes there too: it says nothing about the change.
    Empty,
    /// Fails at both.
    Red,
    /// It could not be run on the base's code by itself.
    Unknown,
}

impl Evidence {
    /// Every check passes at head and no test that passed at base fails. A project without
    /// checks proves nothing, so nothing holds.
    pub fn holds(&self) -> bool {
        !self.checks.is_empty()
            && self.checks.iter().all(|check| check.head.exit.is_success())
            && self.tests.broken.is_empty()
            && !self.lost_all_tests()
    }

    /// Tests passed at base, and at head not one has a result: whatever was run there in their
    /// place (a test script that the change edits says "true"), it was not the project's tests.
    pub fn lost_all_tests(&self) -> bool {
        let Tests { passed_base, passed_head, failed_head, .. } = self.tests;
        passed_base > 0 && passed_head == 0 && failed_head == 0
    }

    /// Something that was fine at base isn't at head.
    pub fn breaks(&self) -> bool {
        !self.tests.broken.is_empty()
            || self.lost_all_tests()
            || self
                .checks
                .iter()
                .any(|check| check.base.exit.is_success() && !check.head.exit.is_success())
    }

    /// Why it doesn't hold, in words; empty when it does.
    pub fn objections(&self) -> Vec<String> {
        let mut objections = Vec::new();
        if self.checks.is_empty() {
            objections.push("the project has no checks that could be run".into());
        }
        if !self.tests.broken.is_empty() {
            objections.push(format!("broken: {}", self.tests.broken.join(", ")));
        }
        if self.lost_all_tests() {
            let count = self.tests.passed_base;
            objections.push(format!("none of the tests ran at head; {count} passed at base"));
        }
        for check in self.checks.iter().filter(|check| !check.head.exit.is_success()) {
            let before = if check.base.exit.is_success() { "passed" } else { "failed too" };
            let exit = check.head.exit.words();
            objections.push(format!("{} fails at head ({exit}); at base it {before}", check.name));
        }
        objections
    }
}

#[cfg(test)]
mod tests;
