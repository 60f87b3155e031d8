//! What failing tests say that can be put into a program.

/// Attackers' texts, as all that comes from a test: looked at, and quoted when written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    pub differences: Vec<Difference>,
    /// Types of exceptions that ended a test, as a program would write them: `KeyError`.
    pub exceptions: Vec<String>,
    /// Types of exceptions that a test waited for in vain.
    pub not_raised: Vec<String>,
}

/// An assertion's two sides: texts, without their quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub expected: String,
    pub actual: String,
}
