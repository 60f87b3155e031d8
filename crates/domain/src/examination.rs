//! Cross-examination: what each attempt's own tests say of the other attempts' code, and what a
//! model said where that left a tie. Made by the server in clean computers, like evidence.

use serde::{Deserialize, Serialize};

use crate::evidence::Outcome;
use crate::id::{AttemptId, Commit};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Examination {
    /// Whose code and whose tests it is about. Of attempts that made the same change, the first.
    pub examined: Vec<Examined>,
    /// What was run so far.
    pub exams: Vec<Exam>,
    #[serde(default)]
    pub judgement: Option<Judgement>,
    /// What keeps it from saying more, in sentences for people.
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Examined {
    pub attempt: AttemptId,
    pub head: Commit,
}

/// One attempt's tests on another's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Exam {
    pub tests_of: AttemptId,
    pub code_of: AttemptId,
    /// Sorted by name. [`Outcome::Absent`] where a test can't be loaded with that code, which may
    /// only say that it asks for what its own attempt called so.
    pub tests: Vec<Tested>,
    pub duration_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Tested {
    pub name: String,
    pub outcome: Outcome,
}

/// A model's opinion on changes that nothing else tells apart. No evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Judgement {
    /// `provider/model`.
    pub model: String,
    pub among: Vec<AttemptId>,
    /// None where it couldn't be asked or its answer couldn't be used.
    pub preferred: Option<AttemptId>,
    /// Its words, or why there are none.
    pub reason: String,
}

impl Exam {
    pub fn count(&self, outcome: Outcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }
}

impl Examination {
    pub fn exam(&self, tests_of: &AttemptId, code_of: &AttemptId) -> Option<&Exam> {
        self.exams.iter().find(|exam| exam.tests_of == *tests_of && exam.code_of == *code_of)
    }

    /// How `test` of `tests_of` ends on the code of `code_of`. On its own attempt's code it passes,
    /// or it would be no witness.
    pub fn outcome(&self, tests_of: &AttemptId, test: &str, code_of: &AttemptId) -> Outcome {
        if tests_of == code_of {
            return Outcome::Passed;
        }
        let exam = self.exam(tests_of, code_of);
        let found = exam.and_then(|exam| exam.tests.iter().find(|one| one.name == test));
        found.map_or(Outcome::Absent, |one| one.outcome)
    }
}
