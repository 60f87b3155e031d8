//! The steps on the way to a snapshot, and what is told about them.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// What lies below: the host's tools, or an image.
    Base,
    /// The repository and its setup.
    Setup,
    /// The commit, where the setup was made at another one, and the maintenance script.
    Commit,
}

impl Name {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Setup => "setup",
            Self::Commit => "commit",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A step that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub name: Name,
    /// Of the snapshot that it leads to.
    pub key: String,
    pub outcome: Outcome,
    pub duration_ms: u64,
    /// What it did, and how long each took; empty where it was found.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// What its scripts printed; none where none ran.
    pub log: Option<PathBuf>,
}

/// How a step went, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was made before.
    Hit { why: String },
    /// It was made now, since nothing that was made before fits.
    Built { why: String },
    /// There was nothing to do.
    Skipped { why: String },
}

impl Outcome {
    pub fn why(&self) -> &str {
        match self {
            Self::Hit { why } | Self::Built { why } | Self::Skipped { why } => why,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Hit { .. } => "hit",
            Self::Built { .. } => "built",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// One thing that a step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `repository`, or a script's name.
    pub name: String,
    pub duration_ms: u64,
}

/// What is told while something is prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Somebody else makes the same.
    Waiting {
        step: Name,
    },
    /// It has to be made, because of `why`.
    Started {
        step: Name,
        why: String,
    },
    /// A part of a step begins.
    Part {
        step: Name,
        name: String,
    },
    /// A script printed this; secrets are replaced by their names.
    Output {
        step: Name,
        bytes: Vec<u8>,
    },
    Ended(Step),
}
