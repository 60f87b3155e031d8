//! The tools, one file each: what the model is told of it, how its arguments are read, and what
//! it does in the computer. Nothing here runs on the host. A call that makes no sense is answered
//! with what would be right, and no tool's failure is an error of ours.

mod finish;
mod patch;
mod read;
mod shell;

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use computer::{Computer, WORKSPACE};
use llm::ToolSpec;
use serde::de::DeserializeOwned;

pub(super) use finish::Finish;

/// A call that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Call {
    Act(Action),
    Finish(Finish),
}

/// Something to do in the computer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Shell(shell::Shell),
    Read(read::Read),
    Patch(patch::Patch),
}

/// What a tool tells the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub ok: bool,
    pub text: String,
    /// Files were changed by it for certain. A shell command may change them too.
    pub changed: bool,
}

impl Answer {
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { ok: true, text: text.into(), changed: false }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { ok: false, text: text.into(), changed: false }
    }
}

/// In the order the model is told of them, which must stay: prompt caches begin with it.
pub(super) fn specs() -> Vec<ToolSpec> {
    vec![shell::spec(), read::spec(), patch::spec(), finish::spec()]
}

/// Reads a call, or says to the model what is wrong with it.
pub(super) fn parse(name: &str, arguments: &str) -> Result<Call, String> {
    match name {
        shell::NAME => arguments_of(shell::spec(), arguments).map(Action::Shell).map(Call::Act),
        read::NAME => arguments_of(read::spec(), arguments).map(Action::Read).map(Call::Act),
        patch::NAME => arguments_of(patch::spec(), arguments).map(Action::Patch).map(Call::Act),
        finish::NAME => finish::check(arguments_of(finish::spec(), arguments)?).map(Call::Finish),
        _ => Err(format!("There is no tool {name:?}. The tools are: {}.", names())),
    }
}

fn names() -> String {
    let names: Vec<String> = specs().into_iter().map(|spec| spec.name).collect();
    names.join(", ")
}

fn arguments_of<T: DeserializeOwned>(spec: ToolSpec, arguments: &str) -> Result<T, String> {
    // Some models send nothing at all where they mean an empty object.
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    serde_json::from_str(arguments).map_err(|error| {
        let ToolSpec { name, parameters, .. } = spec;
        format!(
            "The arguments of {name} can't be read: {error}. They must be one JSON object of this \
             schema: {parameters}"
        )
    })
}

/// Does it. No longer than `left`.
pub(super) async fn act(
    action: &Action,
    computer: &dyn Computer,
    left: Duration,
) -> Result<Answer, computer::Error> {
    match action {
        Action::Shell(shell) => shell.run(computer, left).await,
        Action::Read(read) => read.run(computer).await,
        Action::Patch(patch) => patch.run(computer).await,
    }
}

/// A path as models write them: from the root of the repository, or absolute.
fn resolve(path: &str) -> Result<PathBuf, String> {
    let path = Path::new(path.trim());
    if path.as_os_str().is_empty() || path.components().any(|part| part == Component::ParentDir) {
        return Err(format!("{path:?} is no usable path: give one from {WORKSPACE}, without .."));
    }
    Ok(Path::new(WORKSPACE).join(path))
}

/// Tells apart what the model should hear (a file that can't be read or written) from a computer
/// that doesn't work.
pub(super) fn observed<T>(
    result: Result<T, computer::Error>,
) -> Result<Result<T, Observation>, computer::Error> {
    use computer::Error::{
        Check, Destroy, Exec, Fork, InUse, Lost, NotResumable, OtherSnapshot, Read, Refused,
        SecretInLayer, Snapshot, TooLarge, Unpack, Unsupported, Write,
    };
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error @ (Read { .. } | TooLarge { .. } | Write { .. } | computer::Error::Pattern(_) | computer::Error::Search { .. })) => {
            Ok(Err(Observation { absent: is_absent(&error), text: llm::words(&error) }))
        }
        Err(
            error @ (Refused { .. }
            | Fork { .. }
            | Exec { .. }
            | Snapshot { .. }
            | SecretInLayer { .. }
            | Check { .. }
            | InUse { .. }
            | NotResumable { .. }
            | OtherSnapshot { .. }
            | Destroy { .. }
            | Unsupported { .. }
            | Unpack { .. }
            | Lost),
        ) => Err(error),
    }
}

/// A failure that the model is told of.
#[derive(Debug)]
pub(super) struct Observation {
    /// There is no such file.
    pub absent: bool,
    pub text: String,
}

fn is_absent(error: &computer::Error) -> bool {
    let source = std::error::Error::source(error);
    source
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .is_some_and(|source| source.kind() == std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
