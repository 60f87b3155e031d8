//! One small edit of one file, what it came from, and how simple it is. Knows nothing of how it is
//! tried.

use std::ops::Range;

/// The families of edits, the most innocent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Template {
    Operator,
    Constant,
    OffByOne,
    Negation,
    Swap,
    Name,
    Callee,
    Clause,
    Unwrap,
    Wrap,
    Return,
    Argument,
    Bound,
    Combine,
    Surgery,
    Removal,
    Insertion,
}

impl Template {
    /// How much passing all tests says for such an edit, against the others: those that take
    /// something away pass tests that are too few, too.
    fn trust(self) -> f64 {
        match self {
            Self::Operator | Self::Swap | Self::Name | Self::Negation => 1.0,
            Self::Constant | Self::OffByOne => 0.9,
            Self::Callee | Self::Wrap | Self::Unwrap | Self::Combine | Self::Surgery => 0.8,
            Self::Clause | Self::Argument | Self::Insertion => 0.7,
            Self::Return | Self::Bound => 0.5,
            Self::Removal => 0.2,
        }
    }

    /// What was wrong, as the object of "Fix …".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Operator => "the operator",
            Self::Constant => "the constant",
            Self::OffByOne => "the off-by-one error",
            Self::Negation => "the inverted condition",
            Self::Swap => "the swapped operands",
            Self::Name => "the wrong name",
            Self::Callee => "the wrong function call",
            Self::Clause => "the condition",
            Self::Unwrap => "the superfluous operation",
            Self::Wrap => "the missing operation",
            Self::Return => "the returned value",
            Self::Argument => "the argument",
            Self::Bound => "the boundary",
            Self::Combine => "the incomplete expression",
            Self::Surgery => "the wrong expression",
            Self::Removal => "the superfluous statement",
            Self::Insertion => "the missing statement",
        }
    }
}

/// What twice as many tokens cost, against a prior that is e times smaller.
const TOKEN_COST: f64 = 1.5;
/// More make no difference.
const TOKENS_MAX: usize = 40;

/// Replaces `range` of the file's bytes by `text`.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub path: String,
    pub range: Range<usize>,
    pub text: String,
    pub template: Template,
    /// How often such an edit is the right one, against the others: 0 to 1.
    pub prior: f64,
    /// Ochiai's coefficient of its statement: 0 to 1.
    pub score: f64,
    /// Tokens that differ.
    pub size: usize,
    /// Of its statement, counted from 1.
    pub line: u32,
    /// `Class.method`, where it is in one.
    pub function: Option<String>,
    /// Its statement also runs while modules are imported, so it must be in place before that.
    pub imported: bool,
}

impl Candidate {
    /// The file's text with the edit in it.
    pub fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.range.start], self.text, &text[self.range.end..])
    }

    /// How likely it is thought to be right, before it is tried.
    pub fn weight(&self) -> f64 {
        self.score * self.prior
    }

    /// How far-fetched it is, among those that pass all tests; less is better. Every further token
    /// counts, and so does how rarely such an edit is right: what takes something away or singles
    /// out a value easily satisfies a few tests.
    #[expect(clippy::cast_precision_loss, reason = "a handful of tokens")]
    pub fn cost(&self) -> f64 {
        let tokens = self.size.min(TOKENS_MAX) as f64;
        tokens.ln_1p() * TOKEN_COST - (self.prior * self.template.trust()).max(f64::EPSILON).ln()
    }
}

/// How many tokens differ between two texts, where they differ in one place.
pub fn tokens_changed(old: &str, new: &str) -> usize {
    let (old, new) = (tokens(old), tokens(new));
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    old.len().max(new.len()) - back
}

/// Words and numbers whole, everything else by the character, blanks not at all.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let word = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(word.max(first.len_utf8()));
        found.push(token);
        rest = after.trim_start();
    }
    found
}

#[cfg(test)]
mod tests;
