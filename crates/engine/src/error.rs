//! What can keep a task from moving.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no place for whimbrel's data: set WHIMBREL_HOME to a folder")]
    NoHome,
    #[error("whimbrel's home {path} can't be used; set WHIMBREL_HOME to a folder you can write")]
    Home { path: PathBuf, source: io::Error },
    #[error("can't write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("can't read {path}")]
    Read { path: PathBuf, source: io::Error },
    /// `words` are the reader's, without the piece of the file that it shows.
    #[error("{path}:{line}: {words}")]
    Config { path: PathBuf, line: usize, words: String },
    #[error("can't start an attempt's process")]
    Start { source: io::Error },
    #[error("the kernel gave no random bytes")]
    Random { source: io::Error },
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Forge(#[from] forge::Error),
    #[error(transparent)]
    Computer(#[from] computer::Error),
    #[error(transparent)]
    Image(#[from] image::Error),
    #[error(transparent)]
    Environment(#[from] environment::Error),
    #[error(transparent)]
    Model(#[from] llm::ConfigError),
    #[error(transparent)]
    Record(#[from] llm::RecordError),
    #[error(transparent)]
    Models(#[from] llm::ModelsError),
    #[error(transparent)]
    Agent(#[from] agent::Error),
    #[error(transparent)]
    Proof(#[from] proof::Error),
    #[error("can't make the film")]
    Film(#[from] film::Error),
    #[error("the key {path} that evidence is signed with can't be used")]
    Key { path: PathBuf, source: proof::seal::KeyError },
    #[error(transparent)]
    State(#[from] domain::InvalidTransition),
    #[error("attempt {attempt} has no {what} in the store, which it must have by now")]
    Missing { attempt: domain::AttemptId, what: &'static str },
    /// Something that the person asked for can't be, and nothing was done.
    #[error("{0}")]
    Unusable(String),
    /// A script of the repository failed on the way to a snapshot.
    #[error(transparent)]
    Step(Box<crate::prepare::Failure>),
    /// Nothing was sealed, so it is in no snapshot.
    #[error(
        "the {step} left the secret {name} in {path}, and would have put it into every computer \
         made from it; let it read ${name} or /run/whimbrel/secrets/{name} and leave no copy \
         (again: {again})"
    )]
    SecretLeft { step: crate::prepare::Name, path: PathBuf, name: String, again: String },
    /// A command of our own failed in a computer.
    #[error("{what} failed ({how}):\n{output}")]
    Prepare { what: String, how: String, output: String },
    /// The merge would be wrong, and was not made.
    #[error("not merged: {reason}")]
    MergeRefused { reason: String },
}

/// Causes of one error; more are not looked at.
const CAUSES_MAX: usize = 16;

impl Error {
    /// Whether it came from a disk of this machine without room. The disk may have some by now, so
    /// that a look at it doesn't tell.
    pub(crate) fn says_full(&self) -> bool {
        let first: &(dyn std::error::Error + 'static) = self;
        let causes = std::iter::successors(Some(first), |error| error.source());
        let is_full = |error: &(dyn std::error::Error + 'static)| {
            let file = error.downcast_ref::<io::Error>();
            // Also below what asks a model, which can't write down what that costs.
            let store = error.downcast_ref::<store::Error>();
            file.is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
                || store.is_some_and(|error| matches!(error, store::Error::Full { .. }))
        };
        let git = matches!(self, Self::Forge(_)) && llm::words(self).contains(NO_SPACE);
        git || causes.take(CAUSES_MAX).any(is_full)
    }
}

/// What git says of a full disk, as every program does.
const NO_SPACE: &str = "No space left on device";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_by_its_cause() {
        let write = |kind: io::ErrorKind| Error::Write { path: "/x".into(), source: kind.into() };
        assert!(write(io::ErrorKind::StorageFull).says_full());
        assert!(!write(io::ErrorKind::PermissionDenied).says_full());
        let full = || Box::new(io::Error::from(io::ErrorKind::StorageFull));
        let ledger = agent::Error::Ledger { source: llm::Error::Ledger { source: full() } };
        assert!(Error::Agent(ledger).says_full());
        assert!(Error::Agent(agent::Error::Log(agent::LogError(full()))).says_full());
        assert!(!Error::Unusable("No space left on device".into()).says_full(), "only words");
    }
}
