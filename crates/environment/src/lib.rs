//! The recipe of a computer: read from `whimbrel.toml`, or guessed from the files present, with
//! the reason for each guess. Pure: it is given files' texts and touches no disk.

mod document;
mod error;
mod files;
mod guess;
mod settings;

use serde::Serialize;

pub use error::Error;
pub use files::Files;

/// Where a repository says what it wants.
pub const FILE: &str = "whimbrel.toml";

/// Reads [`FILE`]; guesses the checks where it has none or there is no such file.
pub fn read(files: &dyn Files) -> Result<Environment, Error> {
    let document = match files.text(FILE) {
        Some(text) => document::parse(&text)?,
        None if files.exists(FILE) => return Err(Error::Unreadable),
        None => document::Document::default(),
    };
    let mut environment = settings::read(&document)?;
    if !document.has_section("checks") {
        let guess = guess::checks(files, environment.setup.as_deref());
        environment.checks = guess.checks;
        environment.findings.extend(guess.findings);
    }
    Ok(environment)
}

/// Everything that one commit says about how it wants to be built, checked and worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Only `host` in this version.
    pub image: String,
    pub setup: Option<String>,
    pub network: NetworkPolicy,
    pub limits: domain::Limits,
    /// In the order they run. Named `test`, `lint`.
    pub checks: Vec<Check>,
    pub agent: AgentSettings,
    /// What was read or guessed, from which file, and how to fix it; for `env explain`.
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: String,
    /// Run by `sh -c` in the repository's root.
    pub command: String,
}

impl Environment {
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum NetworkPolicy {
    None,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AgentSettings {
    pub name: Option<String>,
    pub model: Option<String>,
    pub attempts: Option<u32>,
}

/// One line of `env explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `checks.test`, `environment.setup`, `limits.memory`, …
    pub key: String,
    pub value: String,
    /// The file it was read or guessed from; none for a default.
    pub file: Option<String>,
    pub why: String,
    /// What to write in `whimbrel.toml` to change it.
    pub fix: Option<String>,
}

#[cfg(test)]
mod tests;
