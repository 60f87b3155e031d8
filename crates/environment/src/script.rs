//! One command of a setup, and where it came from.

use std::collections::BTreeMap;

use serde::Serialize;

/// Run by `sh -c`, one after the other, each in a process of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Script {
    /// `setup`, `maintenance`, `postCreateCommand`, `feature x`.
    pub name: String,
    pub command: String,
    /// In the repository; its root where there is none.
    pub folder: Option<String>,
    /// Besides the environment's own.
    pub variables: BTreeMap<String, String>,
}

impl Script {
    pub fn new(name: &str, command: &str) -> Self {
        Self { name: name.to_owned(), command: command.to_owned(), ..Self::default() }
    }
}
