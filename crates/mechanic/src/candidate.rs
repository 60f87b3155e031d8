//! One edit of the catalogue at a suspicious place: how soon it is tried, and how far-fetched it is
//! among those that pass. Knows nothing of how it is tried.

use syntax::edit::{Edit, Replacement, Template};

/// What a suspicion that is e times smaller costs, in the catalogue's own unit.
const SUSPICION_COST: f64 = 1.2;
/// What e times as many tokens that differ cost.
const TOKEN_COST: f64 = 1.8;
/// More make no difference.
const TOKENS_MAX: usize = 40;

#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Relative to the repository's root.
    pub path: String,
    pub edit: Edit,
    /// Of its statement; around 0 to 1.
    pub suspicion: f64,
    /// Its statement also runs while modules are imported, so it must be in place before that.
    pub imported: bool,
}

impl Candidate {
    /// The file's text with the edit in it; `None` where that is no longer the text which the edit
    /// was made for.
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut done = 0;
        for Replacement { range, .. } in &self.edit.replacements {
            if range.start < done || text.get(range.clone()).is_none() {
                return None;
            }
            done = range.end;
        }
        Some(self.edit.apply(text))
    }

    /// What is tried first has the least.
    pub fn score(&self) -> f64 {
        self.edit.cost - SUSPICION_COST * self.suspicion.max(f64::EPSILON).ln()
    }

    /// How far-fetched it is, among those that pass all tests; less is better. Every further token
    /// counts, and so does what an edit takes away: that easily satisfies a few tests.
    #[expect(clippy::cast_precision_loss, reason = "a handful of tokens")]
    pub fn cost(&self) -> f64 {
        let tokens = self.edit.size.clamp(1, TOKENS_MAX) as f64;
        self.edit.cost + TOKEN_COST * tokens.ln_1p() + distrust(self.edit.template)
    }
}

/// How little passing all tests says for such an edit, against the others.
fn distrust(template: Template) -> f64 {
    match template {
        Template::Operator | Template::Swap | Template::Name | Template::Negation => 0.0,
        Template::Constant
        | Template::Text
        | Template::OffByOne
        | Template::Attribute
        | Template::Member
        | Template::Default
        | Template::Flow
        | Template::Keyword
        | Template::Slice => 0.1,
        Template::Callee
        | Template::Unwrap
        | Template::List
        | Template::Target
        | Template::Expression
        | Template::Operand
        | Template::Wrap
        | Template::Everywhere
        | Template::CallToAssignment => 0.3,
        Template::Argument
        | Template::Clause
        | Template::Condition
        | Template::Insertion
        | Template::Pair
        | Template::Copy => 0.4,
        Template::Return | Template::Guard | Template::Except | Template::Unguard => 0.8,
        Template::Deletion => 1.9,
    }
}
