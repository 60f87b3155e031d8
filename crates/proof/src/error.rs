//! What keeps evidence from being made at all. A check that fails is no error: it is evidence.

use std::io;
use std::path::PathBuf;

use domain::Commit;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a clean computer couldn't {step}")]
    Computer { step: &'static str, source: computer::Error },
    #[error("the kernel gives no random number")]
    Random { source: io::Error },
    #[error("the change's bundle {path} can't be read")]
    Bundle { path: PathBuf, source: io::Error },
    /// Most likely the bundle isn't one, or holds another change.
    #[error("git couldn't {step} in a clean computer ({exit}): {said}")]
    Git { step: &'static str, exit: String, said: String },
    #[error("a clean computer has {found} checked out where it should have {wanted}")]
    WrongCommit { wanted: Commit, found: String },
    #[error("files differ from {commit} right after it was checked out: {status}")]
    Unclean { commit: Commit, status: String },
}

impl Error {
    /// For `map_err`: the step that a computer failed at.
    pub(crate) fn at(step: &'static str) -> impl FnOnce(computer::Error) -> Self {
        move |source| Self::Computer { step, source }
    }
}
