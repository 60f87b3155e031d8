//! What a film tells.

/// One change, in the order in which it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The task's sentence.
    pub asked: String,
}
