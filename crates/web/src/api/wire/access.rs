//! Who may ask: sessions, tokens, links; and who decided what.

use domain::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A browser that is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    pub id: String,
    pub person: String,
    pub scopes: Vec<String>,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// To the minute.
    pub seen: Timestamp,
    /// What the person would know it by.
    pub device: String,
}

/// A token, without what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    pub id: String,
    pub person: String,
    pub name: String,
    pub scopes: Vec<String>,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    /// To the minute.
    pub seen: Option<Timestamp>,
    pub revoked: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[schemars(length(min = 1, max = 80))]
    pub name: String,
    /// `read`, `task`, `decide`, `secrets`, `admin`; none that you don't have yourself.
    #[schemars(length(min = 1, max = 8))]
    pub scopes: Vec<String>,
    #[schemars(range(min = 1, max = 366))]
    pub days: u32,
}

/// A new token. It is said once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeToken {
    #[serde(flatten)]
    pub token: Token,
    /// Sent as `Authorization: Bearer …`.
    pub secret: String,
}

/// A link that lets somebody in once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    #[schemars(length(min = 1, max = 80))]
    pub person: String,
    #[schemars(length(min = 1, max = 8))]
    pub scopes: Vec<String>,
    /// How long it works; 15 where it isn't said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1440))]
    pub minutes: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeLink {
    /// Below this server's address.
    pub path: String,
    pub expires: Timestamp,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audited {
    pub number: u64,
    pub at: Timestamp,
    pub person: String,
    /// `session ID`, `token ID`, `link`, `cli`.
    pub via: String,
    pub action: String,
    pub subject: String,
    pub details: String,
}
