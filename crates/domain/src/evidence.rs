//! Evidence: what the server itself ran and saw about a change.

mod claim;
mod finding;
mod mutation;
mod risk;

use serde::{Deserialize, Serialize};

use crate::id::Commit;
pub use claim::{Claim, Shown};
pub use finding::{Finding, Kind, Weight};
pub use mutation::{Mutant, Mutation};
pub use risk::{Level, Risk};

/// What whimbrel itself ran and saw about a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Evidence {
    pub base: Commit,
    pub head: Commit,
    pub checks: Vec<Check>,
    pub tests: Tests,
    #[serde(default)]
    pub mutation: Mutation,
    /// What the change does that a reviewer should know, the worst first.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Sentences of the agent's summary that claim something.
    #[serde(default)]
    pub claims: Vec<Claim>,
    #[serde(default)]
    pub risk: Risk,
    /// Where the time went, in the order of the steps; concurrent steps overlap.
    #[serde(default)]
    pub spent: Vec<Spent>,
    /// What keeps this evidence from saying more, in sentences for people.
    pub notes: Vec<String>,
}

/// A step of making evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Spent {
    /// `test at head`, `mutation`.
    pub step: String,
    /// On the clock.
    pub ms: u64,
    /// Of `ms`, what the project's own commands took.
    pub checks_ms: u64,
}

/// One of the project's own commands, in clean computers at base and at head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Check {
    /// `test` or `lint`.
    pub name: String,
    pub command: String,
    pub base: Run,
    pub head: Run,
}

/// One run of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Run {
    pub exit: Exit,
    pub duration_ms: u64,
    /// The name of the log's file among the attempt's files.
    pub log: String,
    /// What told single tests apart: `pytest`, `libtest`, `go`; `None` where only the exit code is
    /// known.
    #[serde(default)]
    pub reader: Option<String>,
    /// Why the result can't be believed, though the exit code may be 0: a report that doesn't fit
    /// what was printed, a runner that ran no test. Such a run never counts as passed.
    #[serde(default)]
    pub doubt: Option<String>,
    /// Taken over from an earlier proof of the same commit, environment and check.
    #[serde(default)]
    pub cached: bool,
}

impl Run {
    pub fn passes(&self) -> bool {
        self.exit.is_success() && self.doubt.is_none()
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
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
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
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
    /// Ran at base and is skipped at head.
    #[serde(default)]
    pub skipped: Vec<String>,
    /// Gave different results when it was run again; neither fixed nor broken.
    #[serde(default)]
    pub flaky: Vec<Flaky>,
    /// Base's tests that the change removes, skips or edits, each as it was at base, run on head's
    /// code with base's own configuration of the runner.
    #[serde(default)]
    pub as_they_were: Vec<AsItWas>,
}

/// A test that differs between runs of the same code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Flaky {
    pub name: String,
    pub runs: u64,
    pub passed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    Skipped,
    /// It isn't there.
    Absent,
}

/// One of base's tests on head's code: what deleting, skipping or editing it hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct AsItWas {
    pub name: String,
    pub at_base: Outcome,
    /// As the change has it.
    pub at_head: Outcome,
    /// As base has it, on head's code.
    pub as_it_was: Outcome,
}

/// A test that is at head and not at base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct AddedTest {
    pub name: String,
    pub passes: bool,
    pub on_base: OnBase,
}

/// What an added test does on the base's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
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
    /// Evidence of nothing yet.
    pub fn new(base: Commit, head: Commit) -> Self {
        Self {
            base,
            head,
            checks: Vec::new(),
            tests: Tests::default(),
            mutation: Mutation::default(),
            findings: Vec::new(),
            claims: Vec::new(),
            risk: Risk::default(),
            spent: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Every check passes at head, no test that passed at base fails, and nothing speaks against
    /// believing it. A project without checks proves nothing, so nothing holds.
    pub fn holds(&self) -> bool {
        !self.checks.is_empty()
            && self.checks.iter().all(|check| check.head.passes())
            && self.tests.broken.is_empty()
            && !self.lost_all_tests()
            && self.cheats().next().is_none()
    }

    /// Findings that keep the evidence from holding, whatever the checks say.
    pub fn cheats(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.weight == Weight::Objection)
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
            || self.checks.iter().any(|check| check.base.passes() && !check.head.exit.is_success())
    }

    /// Why it doesn't hold, in words, cheats first; empty when it does.
    pub fn objections(&self) -> Vec<String> {
        let mut objections: Vec<String> = self.cheats().map(Finding::sentence).collect();
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
        for check in self.checks.iter().filter(|check| check.head.exit.is_success()) {
            let doubt = check.head.doubt.as_ref();
            objections
                .extend(doubt.map(|why| format!("{} at head: could not tell, {why}", check.name)));
        }
        objections
    }
}

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
