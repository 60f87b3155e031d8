//! What can be wrong with a `whimbrel.toml`. Each error says where, what, and what is right.

use crate::FILE;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{FILE} can't be read: it isn't UTF-8 text")]
    Unreadable,
    #[error("{FILE}:{line}: this isn't TOML: {words}")]
    Syntax { line: usize, words: String },
    #[error("{FILE}:{line}: there is no section [{section}]; {hint}")]
    UnknownSection { line: usize, section: String, hint: String },
    #[error("{FILE}:{line}: there is no setting {key:?}; {hint}")]
    UnknownKey { line: usize, key: String, hint: String },
    #[error("{FILE}:{line}: {key} must be {expected}, but it is {found}")]
    WrongType { line: usize, key: String, expected: &'static str, found: &'static str },
    #[error("{FILE}:{line}: {key} must be {expected}, but it is {found}")]
    BadValue { line: usize, key: String, expected: String, found: String },
    #[error("{file}:{line}: {what}")]
    Devcontainer { file: &'static str, line: usize, what: String },
}
