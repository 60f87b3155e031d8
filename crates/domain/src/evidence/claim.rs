//! What the agent's summary says was done, against what the logs show.

use serde::{Deserialize, Serialize};

/// A sentence of the agent's summary that claims something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Claim {
    /// The summary's sentence.
    pub text: String,
    pub shown: Shown,
}

/// What the evidence says of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Shown {
    /// A line of a log shows it.
    Proven { log: String, line: u32, quote: String },
    /// The rest of the evidence shows it, though no line of a log does: most runners' logs don't
    /// name the tests that pass.
    Seen { what: String },
    /// The evidence shows the opposite.
    Refuted { why: String },
    /// Nothing that was run shows it.
    Unproven,
}
