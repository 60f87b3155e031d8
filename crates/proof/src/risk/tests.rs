use domain::evidence::{AddedTest, Check, Exit, Flaky, Mutant, Mutation, OnBase, Run, Tests};
use expect_test::{Expect, expect};

use super::*;
use crate::sources::Side;

fn run(code: i32) -> Run {
    Run {
        exit: Exit::Code { code },
        duration_ms: 1,
        log: "test.log".into(),
        reader: None,
        doubt: None,
        cached: false,
    }
}

/// One check that passes, and one test that shows the change.
fn proven() -> Evidence {
    let test = AddedTest { name: "t".into(), passes: true, on_base: OnBase::RedGreen };
    Evidence {
        checks: vec![Check {
            name: "test".into(),
            command: "pytest".into(),
            base: run(0),
            head: run(0),
        }],
        tests: Tests { known: true, added: vec![test], ..Tests::default() },
        ..Evidence::new("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap())
    }
}

fn finding(kind: Kind, weight: Weight) -> Finding {
    Finding { kind, weight, path: Some("a".into()), line: None, text: "so".into() }
}

fn lines(count: usize) -> Vec<Source> {
    let text = "x\n".repeat(count);
    vec![Source::new("a.py".into(), Side::Absent, Side::Text(text))]
}

fn check(evidence: &Evidence, sources: &[Source], expected: Expect) {
    let Risk { level, reasons } = judge(evidence, sources);
    expected.assert_eq(&format!("{}\n{}\n", level.word(), reasons.join("\n")));
}

#[test]
fn a_small_proven_change_is_low() {
    check(
        &proven(),
        &lines(10),
        expect![[r#"
            low
            all checks pass, a test shows the change, and nothing in it stands out
        "#]],
    );
    let notes =
        vec![finding(Kind::PublicInterface, Weight::Note), finding(Kind::Style, Weight::Note)];
    check(
        &Evidence { findings: notes, ..proven() },
        &lines(10),
        expect![[r#"
            low
            all checks pass, a test shows the change, and nothing in it stands out
        "#]],
    );
}

#[test]
fn one_reason_for_care_is_medium_and_four_are_high() {
    let of = |kinds: &[Kind]| Evidence {
        findings: kinds.iter().map(|kind| finding(*kind, Weight::Warning)).collect(),
        ..proven()
    };
    check(
        &of(&[Kind::Ci, Kind::Ci]),
        &lines(10),
        expect![[r#"
        medium
        CI is edited (2 findings)
    "#]],
    );
    check(
        &of(&[Kind::Build, Kind::Ci, Kind::Dependency, Kind::TestEdited]),
        &[],
        expect![[r#"
        high
        what tests expect is edited (1 finding)
        CI is edited (1 finding)
        the build is edited (1 finding)
        dependencies are added or of another version (1 finding)
    "#]],
    );
    check(
        &of(&[Kind::Secret]),
        &[],
        expect![[r#"
        high
        what looks like a secret is in it (1 finding)
    "#]],
    );
    check(
        &proven(),
        &lines(500),
        expect![[r#"
        medium
        it is large: 500 lines in 1 file
    "#]],
    );
    check(
        &proven(),
        &lines(2_500),
        expect![[r#"
        high
        it is large: 2500 lines in 1 file
    "#]],
    );
}

#[test]
fn what_does_not_hold_is_high() {
    let mut evidence = proven();
    evidence.tests.broken = vec!["t".into(), "u".into()];
    evidence.checks[0].head = run(1);
    evidence.findings = vec![finding(Kind::TestWeakened, Weight::Objection)];
    check(
        &evidence,
        &[],
        expect![[r#"
        high
        1 objection against it; the first: a: so
        2 tests fail that passed before
        the check test: fails, and passed before
    "#]],
    );
    let mut evidence = proven();
    evidence.checks[0].head.doubt = Some("no test ran".into());
    check(
        &evidence,
        &[],
        expect![[r#"
        high
        the check test: could not tell: no test ran
    "#]],
    );
    check(
        &Evidence { checks: Vec::new(), ..proven() },
        &[],
        expect![[r#"
        high
        the project has no checks that could be run
    "#]],
    );
}

#[test]
fn tests_that_notice_little_are_a_reason() {
    let mutant =
        Mutant { path: "a.py".into(), line: 3, operator: "deletion".into(), diff: String::new() };
    let of = |tried, caught| Mutation {
        possible: 10,
        tried,
        caught,
        survivors: vec![mutant.clone(), mutant.clone()],
        why: None,
    };
    check(
        &Evidence { mutation: of(10, 6), ..proven() },
        &[],
        expect![[r#"
        medium
        the tests miss 4 of 10 faults, put into 1 changed line
    "#]],
    );
    check(
        &Evidence { mutation: of(10, 2), ..proven() },
        &[],
        expect![[r#"
        high
        the tests miss 8 of 10 faults, put into 1 changed line
    "#]],
    );
    check(
        &Evidence { mutation: of(3, 0), ..proven() },
        &[],
        expect![[r#"
            low
            all checks pass, a test shows the change, and nothing in it stands out
        "#]],
    );
    let mut evidence = proven();
    evidence.tests.added[0].on_base = OnBase::Empty;
    evidence.tests.flaky = vec![Flaky { name: "f".into(), runs: 3, passed: 1 }];
    check(
        &evidence,
        &[],
        expect![[r#"
        medium
        1 test differs from run to run
        no test fails without the change and passes with it
    "#]],
    );
}
