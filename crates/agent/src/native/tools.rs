//! The tools, one file each: what the model is told of it, how its arguments are read, and what
//! it does in the computer. Nothing here runs on the host. A call that makes no sense is answered
//! with what would be right, and no tool's failure is an error of ours.

mod answer;
mod finish;
mod output;
mod patch;
mod plan;
mod read;
mod search;
mod shell;

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use computer::{Computer, WORKSPACE};
use domain::event::Picture;
use domain::task::Mode;
use llm::ToolSpec;
use serde::de::DeserializeOwned;

pub(super) use answer::Conclusion;
pub(super) use finish::Finish;
pub(super) use plan::Plan;
use shell::Sessions;

/// Of what a tool tells the model in one answer.
const ANSWER_BYTES_MAX: usize = 24 * 1024;

/// A call that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Call {
    Act(Action),
    Plan(Plan),
    Finish(Finish),
}

/// Something to do in the computer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Shell(shell::Shell),
    Read(read::Read),
    Search(search::Search),
    Patch(patch::Patch),
    /// Its sources are looked at; then it ends the work.
    Conclude(Conclusion),
}

impl Action {
    /// Whether both may be done at the same time without one seeing what the other does: both only
    /// look, or both are commands in sessions of their own.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Read(_) | Self::Search(_), Self::Read(_) | Self::Search(_)) => true,
            (Self::Shell(one), Self::Shell(other)) => one.session() != other.session(),
            (
                Self::Shell(_)
                | Self::Read(_)
                | Self::Search(_)
                | Self::Patch(_)
                | Self::Conclude(_),
                _,
            ) => false,
        }
    }
}

/// What a tool tells the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub ok: bool,
    pub text: String,
    pub images: Vec<Picture>,
    /// What it printed, also what the text leaves out.
    pub printed_bytes: u64,
}

impl Answer {
    pub(super) fn good(text: impl Into<String>) -> Self {
        let text = text.into();
        let printed_bytes = text.len() as u64;
        Self { ok: true, text, images: Vec::new(), printed_bytes }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { ok: false, ..Self::good(text) }
    }
}

/// In the order the model is told of them, which must stay: prompt caches begin with it.
pub(super) fn specs(mode: Mode) -> Vec<ToolSpec> {
    match mode {
        Mode::Code => vec![
            shell::spec(),
            read::spec(),
            search::spec(),
            patch::spec(),
            plan::spec(),
            finish::spec(),
        ],
        Mode::Ask => {
            vec![shell::spec(), read::spec(), search::spec(), plan::spec(), answer::spec()]
        }
    }
}

/// Whether a tool of that name changes files for certain when it says that it did well. A shell
/// command may change them too.
pub(super) fn changes(name: &str) -> bool {
    name == patch::NAME
}

/// Reads a call, or says to the model what is wrong with it.
pub(super) fn parse(mode: Mode, name: &str, arguments: &str) -> Result<Call, String> {
    let act = |action: Result<Action, String>| action.map(Call::Act);
    match (name, mode) {
        (shell::NAME, _) => act(arguments_of(shell::spec(), arguments).map(Action::Shell)),
        (read::NAME, _) => act(arguments_of(read::spec(), arguments).map(Action::Read)),
        (search::NAME, _) => act(arguments_of(search::spec(), arguments).map(Action::Search)),
        (plan::NAME, _) => plan::check(arguments_of(plan::spec(), arguments)?).map(Call::Plan),
        (patch::NAME, Mode::Code) => act(arguments_of(patch::spec(), arguments).map(Action::Patch)),
        (finish::NAME, Mode::Code) => {
            finish::check(arguments_of(finish::spec(), arguments)?).map(Call::Finish)
        }
        (answer::NAME, Mode::Ask) => {
            act(answer::check(arguments_of(answer::spec(), arguments)?).map(Action::Conclude))
        }
        (_, mode) => Err(format!("There is no tool {name:?}. The tools are: {}.", names(mode))),
    }
}

fn names(mode: Mode) -> String {
    let names: Vec<String> = specs(mode).into_iter().map(|spec| spec.name).collect();
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

/// Where the tools act: the computer, and the shells that run in it.
pub(super) struct Workbench<'a> {
    computer: &'a dyn Computer,
    sessions: Sessions,
}

impl<'a> Workbench<'a> {
    pub(super) fn new(computer: &'a dyn Computer) -> Self {
        Self { computer, sessions: Sessions::default() }
    }

    /// Does it. No longer than `left`. What is too long to be told is kept in a file called `file`.
    pub(super) async fn act(
        &self,
        action: &Action,
        file: &str,
        left: Duration,
    ) -> Result<Answer, computer::Error> {
        let computer = self.computer;
        let answer = match action {
            Action::Shell(shell) => shell.run(computer, &self.sessions, file, left).await?,
            Action::Read(read) => read.run(computer).await?,
            Action::Search(search) => search.run(computer).await?,
            Action::Patch(patch) => patch.run(computer).await?,
            Action::Conclude(conclusion) => conclusion.check(computer).await?,
        };
        Ok(answer)
    }

    /// Ends every shell and what runs in it.
    pub(super) async fn close(self) {
        self.sessions.close().await;
    }
}

/// A path as models write them: from the root of the repository, or absolute.
fn resolve(path: &str) -> Result<PathBuf, String> {
    let path = Path::new(path.trim());
    let unusable = path.as_os_str().is_empty()
        || path.components().any(|part| part == Component::ParentDir)
        || path.to_string_lossy().contains(char::is_control);
    if unusable {
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
        Check, Destroy, Exec, Exists, Fork, InUse, Listed, Lost, Name, NotResumable, OtherSnapshot,
        Pattern, Read, Refused, Search, SecretInLayer, Snapshot, TooLarge, Unpack, Unsupported,
        Write,
    };
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(
            error @ (Read { .. } | TooLarge { .. } | Write { .. } | Pattern(_) | Search { .. }),
        ) => Ok(Err(Observation { absent: is_absent(&error), text: llm::words(&error) })),
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
            | Name { .. }
            | Exists { .. }
            | Listed { .. }
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
