//! What a computer may reach: a list of rules, and nothing else. Pure; it opens no connection.

use serde::{Deserialize, Serialize};

/// Default deny. The empty policy is loopback only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Loopback only.
    #[default]
    None,
    /// The registries of the common ecosystems: [`PACKAGES`].
    Packages,
    /// Every public address, by the gateway.
    All,
    Only(Vec<Rule>),
}

/// One line of an allow-list: `crates.io`, `*.example.com:8443`, `GET example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// None is every method, and then TLS passes untouched.
    pub method: Option<String>,
    /// Lower case; `*.` at the beginning stands for any names below.
    pub host: String,
    /// None is 80 and 443.
    pub port: Option<u16>,
}
