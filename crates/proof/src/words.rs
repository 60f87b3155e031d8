//! What evidence says of a test, in words for people; the same wherever it is shown.

use domain::evidence::{AddedTest, AsItWas, OnBase, Outcome};

/// What an added test does on the base's code.
pub fn on_base(test: &AddedTest) -> &'static str {
    match (test.on_base, test.passes) {
        (OnBase::RedGreen, _) => "red→green: fails on the base's code, passes at head",
        (OnBase::Empty, true) => "empty: passes on the base's code too",
        (OnBase::Empty, false) => "passes on the base's code and fails at head",
        (OnBase::Red, _) => "fails on the base's code and at head",
        (OnBase::Unknown, true) => "passes at head; not run on the base's code",
        (OnBase::Unknown, false) => "fails at head; not run on the base's code",
    }
}

/// What a test that the change edits, skips or removes does as it was at base.
pub fn as_it_was(test: &AsItWas) -> String {
    let AsItWas { at_base, at_head, as_it_was, name: _ } = test;
    format!(
        "{} on the change's code as it was at base; {} as the change has it; {} at base",
        outcome(*as_it_was),
        outcome(*at_head),
        outcome(*at_base)
    )
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passes",
        Outcome::Failed => "fails",
        Outcome::Skipped => "is skipped",
        Outcome::Absent => "isn't there",
    }
}
