//! Verdicts: what persons decide about attempts' changes.

use domain::AttemptId;
pub use domain::Verdict;
use domain::verdict::Reason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A decision. It is kept at once, and carried out when its time has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = Self::example())]
pub struct NewVerdict {
    pub attempt: AttemptId,
    pub kind: Kind,
    /// Why it is rejected; needed for that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// With a rejection what is to be said, if anything; with feedback what is to be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub text: Option<String>,
    /// For so long nothing is done, and it can be withdrawn; 5,000 where it isn't said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 60000))]
    pub grace_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What follows is the project's choice: its setting `approval`.
    Approve,
    /// Never again.
    Reject,
    /// A follow-up attempt begins with the text.
    Feedback,
}

impl NewVerdict {
    fn example() -> Self {
        Self {
            attempt: "k3v9x2ab.1".parse().expect("it is an attempt's id"),
            kind: Kind::Approve,
            reason: None,
            text: None,
            grace_ms: Some(5_000),
        }
    }
}
