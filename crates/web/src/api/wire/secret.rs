//! Secrets of setups: written, never read.

use domain::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Secret {
    pub name: String,
    /// Whose setups may have it; null for every project's.
    pub project: Option<ProjectId>,
    /// The variable that it is read from; null where its value is stored.
    pub variable: Option<String>,
}

/// A secret's value. No answer ever holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretValue {
    #[schemars(length(min = 8, max = 65536))]
    pub value: String,
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretValue")
    }
}
