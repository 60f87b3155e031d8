//! What stops a repair that isn't an answer about the program.

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the computer failed while {step}")]
    Computer { step: &'static str, source: computer::Error },
    #[error("a batch of candidates can't be written as JSON")]
    Batch(#[source] serde_json::Error),
    #[error("{path} changed while edits of it were tried")]
    Changed { path: String },
    /// The change passes every test but git refuses it.
    #[error("git can't commit the repair: {output}")]
    Commit { output: String },
    /// In the computer, in a step that has no reason to fail.
    #[error("`git {command}` failed in the computer: {output}")]
    Git { command: String, output: String },
    #[error("the work tree can't be copied: {output}")]
    Copy { output: String },
}
