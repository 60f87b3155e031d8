//! Evidence in a few words, each with how it is meant: for a pull request's first lines, a list, a
//! terminal.

use domain::Evidence;
use domain::evidence::{Level, OnBase, Shown, Weight};

use crate::rank::count;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// Ours alone: nothing in it comes from a change.
    pub text: String,
    pub tone: Tone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Plain,
    /// Somebody should look.
    Doubt,
    Bad,
}

/// The worst first.
pub fn chips(evidence: &Evidence) -> Vec<Chip> {
    let all = [alarms(evidence), of_tests(evidence), mutation(evidence), rest(evidence)];
    let mut chips = all.concat();
    // Stable: what is equally bad stays in its order.
    chips.sort_by_key(|chip| match chip.tone {
        Tone::Bad => 0,
        Tone::Good | Tone::Plain | Tone::Doubt => 1,
    });
    chips
}

fn chip(text: impl Into<String>, tone: Tone) -> Chip {
    Chip { text: text.into(), tone }
}

/// One where there are any.
fn number(number: usize, words: impl Fn(usize) -> String, tone: Tone) -> Option<Chip> {
    (number > 0).then(|| chip(words(number), tone))
}

fn alarms(evidence: &Evidence) -> Vec<Chip> {
    let doubted = evidence.checks.iter().filter(|check| check.head.doubt.is_some()).count();
    let failing = evidence.checks.iter().filter(|check| !check.head.exit.is_success()).count();
    let none = evidence.checks.is_empty().then(|| chip("nothing was checked", Tone::Bad));
    let chips = [
        number(evidence.cheats().count(), |n| count(n, "objection"), Tone::Bad),
        none,
        number(failing, |n| format!("{} failing", count(n, "check")), Tone::Bad),
        number(doubted, |n| format!("{} in doubt", count(n, "check")), Tone::Bad),
    ];
    chips.into_iter().flatten().collect()
}

fn of_tests(evidence: &Evidence) -> Vec<Chip> {
    let tests = &evidence.tests;
    let red_green = tests.added.iter().filter(|test| test.on_base == OnBase::RedGreen).count();
    let added = tests.added.len();
    let tone = if red_green == added { Tone::Good } else { Tone::Doubt };
    let chips = [
        number(tests.broken.len(), |n| format!("{n} broken"), Tone::Bad),
        number(tests.fixed.len(), |n| format!("{n} fixed"), Tone::Good),
        number(added, |n| format!("red→green {red_green}/{n}"), tone),
        number(tests.flaky.len(), |n| format!("{n} flaky"), Tone::Doubt),
        number(tests.skipped.len(), |n| format!("{n} skipped"), Tone::Doubt),
        number(tests.removed.len(), |n| format!("{n} gone"), Tone::Doubt),
    ];
    chips.into_iter().flatten().collect()
}

fn mutation(evidence: &Evidence) -> Vec<Chip> {
    let mutation = &evidence.mutation;
    if mutation.tried == 0 {
        return Vec::new();
    }
    let tone = if mutation.caught >= mutation.tried { Tone::Good } else { Tone::Plain };
    vec![chip(format!("mutants caught {}/{}", mutation.caught, mutation.tried), tone)]
}

fn rest(evidence: &Evidence) -> Vec<Chip> {
    let warnings = evidence.findings.iter().filter(|f| f.weight == Weight::Warning).count();
    let claims = &evidence.claims;
    let refuted =
        claims.iter().filter(|claim| matches!(claim.shown, Shown::Refuted { .. })).count();
    let is_shown = |shown: &Shown| matches!(shown, Shown::Proven { .. } | Shown::Seen { .. });
    let shown = claims.iter().filter(|claim| is_shown(&claim.shown)).count();
    let risk = match evidence.risk.level {
        Level::Unknown => None,
        Level::Low => Some(Tone::Good),
        Level::Medium => Some(Tone::Doubt),
        Level::High => Some(Tone::Bad),
    };
    let chips = [
        number(refuted, |n| format!("{} refuted", count(n, "claim")), Tone::Bad),
        number(warnings, |n| count(n, "warning"), Tone::Doubt),
        number(claims.len(), |n| format!("claims shown {shown}/{n}"), Tone::Plain),
        risk.map(|tone| chip(format!("risk {}", evidence.risk.level.word()), tone)),
    ];
    chips.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use domain::evidence::{AddedTest, Claim, Finding, Kind, Mutation, Risk};

    use super::*;

    fn words(evidence: &Evidence) -> Vec<String> {
        chips(evidence).into_iter().map(|chip| chip.text).collect()
    }

    #[test]
    fn the_worst_is_first_and_what_is_not_there_is_not_told() {
        let commit = |c: &str| c.repeat(40).parse().unwrap();
        let mut evidence = Evidence::new(commit("a"), commit("b"));
        assert_eq!(words(&evidence), ["nothing was checked"]);
        evidence.tests.fixed = vec!["x".into()];
        let test = |on_base| AddedTest { name: "t".into(), passes: true, on_base };
        evidence.tests.added = vec![test(OnBase::RedGreen), test(OnBase::Empty)];
        evidence.mutation = Mutation { tried: 8, caught: 7, ..Mutation::default() };
        evidence.risk = Risk { level: Level::Medium, reasons: vec![] };
        evidence.claims = vec![
            Claim { text: "a".into(), shown: Shown::Unproven },
            Claim { text: "b".into(), shown: Shown::Refuted { why: "c".into() } },
        ];
        evidence.findings = vec![Finding {
            kind: Kind::TestDeleted,
            weight: Weight::Objection,
            path: None,
            line: None,
            text: "a test is deleted".into(),
        }];
        let expected = [
            "1 objection",
            "nothing was checked",
            "1 claim refuted",
            "1 fixed",
            "red→green 1/2",
            "mutants caught 7/8",
            "claims shown 0/2",
            "risk medium",
        ];
        assert_eq!(words(&evidence), expected);
    }
}
