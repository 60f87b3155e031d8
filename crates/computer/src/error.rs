//! What can go wrong with a computer itself. A program that fails inside is no error.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel, or a sandbox around us, forbids what a computer is made of.
    #[error("this machine doesn't let whimbrel make a computer ({step}); {remedy}")]
    Refused { step: String, remedy: String },
    #[error("can't make a computer: {step}")]
    Fork { step: String, source: io::Error },
    /// This kind of computer can't do it; another kind may.
    #[error("{by} can't do this: {what}")]
    Unsupported { what: String, by: &'static str },
    #[error("can't unpack image {digest}")]
    Unpack { digest: String, source: io::Error },
    #[error("can't start {argv0:?} in the computer")]
    Exec { argv0: String, source: io::Error },
    #[error("can't read {path} in the computer")]
    Read { path: PathBuf, source: io::Error },
    #[error("can't read {path} in the computer: it is larger than {bytes_max} bytes")]
    TooLarge { path: PathBuf, bytes_max: u64 },
    #[error("can't write {path} in the computer")]
    Write { path: PathBuf, source: io::Error },
    /// What was to be searched for is no pattern, in ripgrep's words.
    #[error("{0}")]
    Pattern(String),
    #[error("can't search {root} in the computer")]
    Search { root: PathBuf, source: io::Error },
    #[error("can't seal snapshot {id}")]
    Snapshot { id: String, source: io::Error },
    /// Nothing was sealed.
    #[error("the secret {name} is in {path}, which would be part of the snapshot")]
    SecretInLayer { path: PathBuf, name: String },
    #[error("can't check snapshot {id}")]
    Check { id: String, source: io::Error },
    #[error(
        "{name:?} is no name for a computer: it takes 1 to 64 of a-z, 0-9, '.', '_' and '-', \
         beginning with a letter or a digit"
    )]
    Name { name: String },
    /// Nobody drives it: it can be resumed, or discarded.
    #[error("there is a computer {name} already, which can be resumed or discarded")]
    Exists { name: String },
    /// Somebody drives it right now.
    #[error("the computer {name} is in use")]
    InUse { name: String },
    #[error("there is no computer {name} to resume")]
    NotResumable { name: String },
    #[error("the computer {name} was made from another snapshot than it is to be resumed on")]
    OtherSnapshot { name: String },
    #[error("can't list computers that can be resumed")]
    Listed { source: io::Error },
    #[error("can't remove {path} of a computer that ended")]
    Destroy { path: PathBuf, source: io::Error },
    /// The computer's init is gone: killed from outside, or for memory.
    #[error("the computer is gone")]
    Lost,
}
