//! What ran in a computer, as whimbrel saw it from outside: for each execution its arguments, its
//! end, what it used, and all that it said, up to a limit.
//!
//! A folder of the host, for nobody else: a line for each execution that is over in
//! `executions.jsonl`, beside it `NUMBER.began.json` of each that isn't, and `NUMBER.output.gz`.
//! All is written as it comes, so that a crash keeps what there was. Values of environment
//! variables are never written; known secrets are replaced by their names in brackets, as they are
//! and in base64, but not what a program makes of them otherwise. Knows no computer.

mod journal;
mod output;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Status, Usage};

pub use self::journal::{COMPUTER_BYTES_MAX, EXECUTION_BYTES_MAX, EXECUTIONS_MAX};
pub(crate) use self::journal::{Journal, Tape};
pub use self::output::{Recorded, output};

const LINES: &str = "executions.jsonl";
const BEGAN: &str = "began.json";

/// One execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, in the order in which they began.
    pub number: u64,
    pub argv: Vec<String>,
    /// Whether `argv` was too long to be written down whole.
    pub argv_cut: bool,
    pub cwd: PathBuf,
    /// Names of the variables that it had besides the computer's own.
    pub env: Vec<String>,
    /// Whether it had a terminal, whose output is all on `stdout`.
    pub terminal: bool,
    pub began: Timestamp,
    /// None for one whose end nobody saw.
    pub end: Option<End>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub at: Timestamp,
    pub how: How,
    /// None where it isn't known.
    pub usage: Option<Usage>,
    pub stdout: Stream,
    pub stderr: Stream,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Exited(i32),
    Signalled(i32),
    OutOfTime,
    OutOfMemory,
    OutOfDisk,
    /// And why.
    NotStarted(String),
    /// The computer went before it.
    Lost,
}

impl From<Status> for How {
    fn from(status: Status) -> Self {
        match status {
            Status::Exited(code) => Self::Exited(code),
            Status::Signalled(signal) => Self::Signalled(signal),
            Status::OutOfTime => Self::OutOfTime,
            Status::OutOfMemory => Self::OutOfMemory,
            Status::OutOfDisk => Self::OutOfDisk,
        }
    }
}

/// What came out of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// As they came.
    pub bytes: u64,
    /// Of those that can be read again, secrets replaced.
    pub kept_bytes: u64,
    /// Of all that came, secrets replaced: lower-case hexadecimal.
    pub sha256: String,
}

/// All executions of a computer, in the order in which they began. None where there is no record.
pub fn read(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = ended(folder)?;
    for entry in begun(folder)? {
        if !entries.iter().any(|ended| ended.number == entry.number) {
            entries.push(entry);
        }
    }
    entries.sort_by_key(|entry| entry.number);
    Ok(entries)
}

/// A crash may have left half a line, which is none.
fn ended(folder: &Path) -> io::Result<Vec<Entry>> {
    let text = match fs::read_to_string(folder.join(LINES)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn begun(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(entries),
        other => other?,
    };
    for file in files {
        let path = file?.path();
        if path.to_string_lossy().ends_with(BEGAN) {
            entries.extend(serde_json::from_slice::<Entry>(&fs::read(path)?).ok());
        }
    }
    Ok(entries)
}

fn file_of(folder: &Path, number: u64, kind: &str) -> PathBuf {
    folder.join(format!("{number:06}.{kind}"))
}
