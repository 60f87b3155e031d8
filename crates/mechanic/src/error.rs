//! What stops a repair that isn't an answer about the program.

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the computer failed while {step}")]
    Computer { step: &'static str, source: computer::Error },
    #[error("a batch of candidates can't be written as JSON")]
    Batch(#[source] serde_json::Error),
    /// The grammar and the library don't fit together; nothing about the program.
    #[error("the Python grammar can't be loaded")]
    Grammar(#[source] tree_sitter::LanguageError),
    /// The change passes every test but git refuses it.
    #[error("git can't commit the repair: {output}")]
    Commit { output: String },
    /// In the computer, in a step that has no reason to fail.
    #[error("`git {command}` failed in the computer: {output}")]
    Git { command: String, output: String },
}
