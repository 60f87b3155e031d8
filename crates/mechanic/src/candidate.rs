//! One small edit of one file, what it came from, and how simple it is. Knows nothing of how it is
//! tried.

use std::ops::Range;

/// The families of edits, the most innocent first: where two candidates change as many tokens,
/// the earlier one is thought simpler.
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

    /// Less is simpler.
    pub fn complexity(&self) -> (usize, Template) {
        (self.size, self.template)
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
