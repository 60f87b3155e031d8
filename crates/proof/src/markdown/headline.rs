//! Evidence in one sentence.

use domain::Evidence;

use super::escape::{bare, code, plain};
use crate::rank::count;

/// How hostile text is written: names, and words.
#[derive(Clone, Copy)]
struct Pen {
    name: fn(&str) -> String,
    words: fn(&str) -> String,
}

/// "2 failing tests now pass, 34 others still do; nothing broke." What speaks against the change
/// is bold.
pub fn headline(evidence: &Evidence) -> String {
    written(evidence, Pen { name: code, words: plain })
}

/// The same for where Markdown isn't read: nothing is escaped, and `**` still is around what
/// speaks against the change.
pub fn headline_text(evidence: &Evidence) -> String {
    written(evidence, Pen { name: bare, words: bare })
}

fn written(evidence: &Evidence, pen: Pen) -> String {
    if evidence.checks.is_empty() {
        return "Nothing was checked: the project has no checks that could be run.".into();
    }
    let tests = if evidence.tests.known { counted(evidence) } else { exits(evidence) };
    format!("{tests}; {}.", damage(evidence, pen))
}

fn counted(evidence: &Evidence) -> String {
    let tests = &evidence.tests;
    let fixed = tests.fixed.len();
    let new = tests.added.iter().filter(|test| test.passes).count();
    let others = small(tests.passed_head).saturating_sub(fixed + new);
    let mut parts = Vec::new();
    if fixed > 0 {
        parts.push(format!(
            "{} now {}",
            count(fixed, "failing test"),
            verb(fixed, "passes", "pass")
        ));
    }
    if new > 0 {
        parts.push(format!("{} {}", count(new, "added test"), verb(new, "passes", "pass")));
    }
    if parts.is_empty() {
        return format!("{} {} at head", count(others, "test"), verb(others, "passes", "pass"));
    }
    if others > 0 {
        parts.push(format!("{} still {}", count(others, "other"), verb(others, "does", "do")));
    }
    parts.join(", ")
}

/// `1 test passes`, `2 tests pass`.
pub(super) fn verb(number: usize, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(super) fn exits(evidence: &Evidence) -> String {
    let passing = evidence.checks.iter().filter(|check| check.head.passes()).count();
    let checks = count(evidence.checks.len(), "check");
    format!("{passing} of {checks} {} at head", verb(passing, "passes", "pass"))
}

/// What broke comes before what was cheated with, and that before what only can't be told.
fn damage(evidence: &Evidence, pen: Pen) -> String {
    let broken = evidence.tests.broken.len();
    if broken > 0 {
        return format!("**{} broke**", count(broken, "test"));
    }
    if evidence.lost_all_tests() {
        let passed = count(small(evidence.tests.passed_base), "test");
        return format!("**none of the tests ran at head, and {passed} passed at base**");
    }
    let failing = evidence.checks.iter().find(|check| !check.head.exit.is_success());
    if let Some(check) = failing.filter(|_| evidence.breaks()) {
        return format!("**{} passed at base and fails**", (pen.name)(&check.name));
    }
    let against =
        cheated(evidence, pen).or_else(|| doubted(evidence, pen)).or_else(|| red(evidence));
    against.unwrap_or_else(|| unbroken(evidence, pen))
}

fn cheated(evidence: &Evidence, pen: Pen) -> Option<String> {
    let first = evidence.cheats().next()?;
    let more = match evidence.cheats().count() - 1 {
        0 => String::new(),
        more => format!(", and {}", count(more, "more objection")),
    };
    let sentence = first.sentence();
    Some(format!("**{}{more}**", (pen.words)(sentence.trim_end_matches('.'))))
}

fn doubted(evidence: &Evidence, pen: Pen) -> Option<String> {
    let check = evidence.checks.iter().find(|check| check.head.doubt.is_some())?;
    let why = check.head.doubt.as_deref().unwrap_or_default().trim_end_matches('.');
    Some(format!("**{}: could not tell, {}**", (pen.name)(&check.name), (pen.words)(why)))
}

fn red(evidence: &Evidence) -> Option<String> {
    let red = evidence.tests.added.iter().filter(|test| !test.passes).count();
    (red > 0).then(|| format!("**{} {}**", count(red, "added test"), verb(red, "fails", "fail")))
}

fn unbroken(evidence: &Evidence, pen: Pen) -> String {
    let tests = &evidence.tests;
    let failing = evidence.checks.iter().find(|check| !check.head.exit.is_success());
    match (failing, small(tests.failed_head), tests.removed.len()) {
        (Some(_), still @ 1.., _) => {
            let fails = verb(still, "fails", "fail");
            format!("nothing broke, but {} {fails} as before", count(still, "test"))
        }
        (Some(check), 0, _) => {
            format!("nothing broke, but {} fails as it does at base", (pen.name)(&check.name))
        }
        (None, _, 0) => "nothing broke".into(),
        (None, _, gone) => {
            format!("nothing broke, but {} {} gone", count(gone, "test"), verb(gone, "is", "are"))
        }
    }
}
