//! The recipe of a computer: read from `whimbrel.toml` and a dev container's file, or guessed from
//! the files present, with the reason for each guess. Pure: it is given files' texts and touches no
//! disk.

mod devcontainer;
mod document;
mod error;
mod files;
mod guess;
mod image;
pub mod inputs;
mod script;
mod settings;

use std::collections::BTreeMap;

use domain::network::Policy;
use serde::Serialize;

pub use error::Error;
pub use files::Files;
pub use image::{Image, MalformedImage};
pub use inputs::Inputs;
pub use script::Script;

/// Where a repository says what it wants.
pub const FILE: &str = "whimbrel.toml";

/// A setup that takes longer hangs, where nobody says otherwise.
const SETUP_MS: u64 = 15 * 60_000;

const VARIABLE_NAME_CHARS_MAX: usize = 128;

/// Reads [`FILE`], and a dev container's file for what it leaves open; guesses the checks where
/// none are written.
pub fn read(files: &dyn Files) -> Result<Environment, Error> {
    let document = match files.text(FILE) {
        Some(text) => document::parse(&text)?,
        None if files.exists(FILE) => return Err(Error::Unreadable),
        None => document::Document::default(),
    };
    let mut environment = Environment::default();
    devcontainer::apply(&mut environment, &document, files)?;
    settings::read(&document, &mut environment)?;
    if !document.has_section("checks") {
        let guess = guess::checks(files, environment.setup_text().as_deref());
        environment.checks = guess.checks;
        environment.findings.extend(guess.findings);
    }
    Ok(environment)
}

/// Whether a shell can say `$name`.
pub fn is_variable_name(name: &str) -> bool {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.len() <= VARIABLE_NAME_CHARS_MAX && name.chars().all(of_a_name)
}

/// Everything that one commit says about how it wants to be built, checked and worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    pub image: Image,
    /// One after the other; none where nothing is to be set up.
    pub setup: Vec<Script>,
    /// Run on top of a setup that another commit's computer was built with.
    pub maintenance: Option<Script>,
    /// In every program's environment, in the setup and afterwards.
    pub variables: BTreeMap<String, String>,
    /// What setup and maintenance reach. The agent's is in [`AgentSettings`].
    pub network: Policy,
    /// Names of what only setup and maintenance are given.
    pub secrets: Vec<String>,
    /// Patterns of further files that the setup reads.
    pub inputs: Vec<String>,
    /// Wall time of setup and of maintenance, each, in milliseconds.
    pub setup_ms: u64,
    pub limits: domain::Limits,
    /// In the order they run. Named `test`, `lint`.
    pub checks: Vec<Check>,
    pub proving: Proving,
    pub agent: AgentSettings,
    /// What was read or guessed, from which file, and how to fix it; for `env explain`.
    pub findings: Vec<Finding>,
    /// What was read and isn't used, and why.
    pub unused: Vec<Unused>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            image: Image::default(),
            setup: Vec::new(),
            maintenance: None,
            variables: BTreeMap::new(),
            network: Policy::None,
            secrets: Vec::new(),
            inputs: Vec::new(),
            setup_ms: SETUP_MS,
            limits: domain::Limits::default(),
            checks: Vec::new(),
            proving: Proving::default(),
            agent: AgentSettings::default(),
            findings: Vec::new(),
            unused: Vec::new(),
        }
    }
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

    /// The setup's commands together, for who looks for a word in them.
    pub fn setup_text(&self) -> Option<String> {
        let commands: Vec<&str> = self.setup.iter().map(|script| &*script.command).collect();
        (!commands.is_empty()).then(|| commands.join("\n"))
    }
}

/// How much the server does to make evidence, from `[evidence]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Proving {
    /// Times that a test which changed its result is run again, to know whether it is flaky.
    pub reruns: u32,
    /// Wall time for putting faults into changed lines, in milliseconds; 0 for none.
    pub mutation_ms: u64,
}

impl Default for Proving {
    fn default() -> Self {
        Self { reruns: 3, mutation_ms: 60_000 }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AgentSettings {
    pub name: Option<String>,
    pub model: Option<String>,
    pub attempts: Option<u32>,
    /// When so many attempts of a task hold, those that haven't begun are cancelled.
    pub enough: Option<u32>,
    /// What the agent's work and the checks reach.
    pub network: Policy,
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

/// A property of another tool's file that changes nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unused {
    pub file: String,
    pub property: String,
    pub why: String,
    /// Whether a computer is another one for it than its authors meant.
    pub matters: bool,
}

#[cfg(test)]
mod tests;
