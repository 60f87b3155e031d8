//! What a change does that a reviewer should know, found by reading and by running it.

use serde::{Deserialize, Serialize};

/// Something that a reviewer should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Finding {
    pub kind: Kind,
    pub weight: Weight,
    /// Where in head's files, or in base's for what was removed.
    pub path: Option<String>,
    pub line: Option<u32>,
    /// A sentence for people, without its place. It may quote the change.
    pub text: String,
}

/// How much a finding says against the change. Greater is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Good to know.
    Note,
    /// A reviewer should look at it.
    Warning,
    /// The evidence doesn't hold.
    Objection,
}

/// In the order in which people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    TestDeleted,
    TestSkipped,
    /// Assertions removed, a tolerance widened.
    TestWeakened,
    TestEdited,
    /// The change writes what a test runner should say.
    ReportForged,
    /// Settings of a test runner or of the checks changed.
    RunnerConfigured,
    /// The code singles out what a test asks for.
    SpecialCase,
    /// Files of a cache that the checks would believe.
    CacheWritten,
    Secret,
    Ci,
    Build,
    Dependency,
    Lockfile,
    Licence,
    PublicInterface,
    Style,
    Warning,
    Binary,
    Large,
    Generated,
}

impl Finding {
    /// With its place: `tests/test_x.py:3: the assertion was removed`.
    pub fn sentence(&self) -> String {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => format!("{path}:{line}: {}", self.text),
            (Some(path), None) => format!("{path}: {}", self.text),
            (None, _) => self.text.clone(),
        }
    }
}
