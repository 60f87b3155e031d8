use domain::evidence::{
    AddedTest, AsItWas, Check, Claim, Evidence, Exit, Finding, Kind, Level, Mutant, Mutation,
    OnBase, Outcome, Risk, Run, Shown, Spent, Tests, Weight,
};
use expect_test::{ExpectFile, expect, expect_file};

use super::escape::{fenced, plain};
use super::{Signed, code, headline, section};

fn run(exit: Exit) -> Run {
    Run {
        exit,
        duration_ms: 1234,
        log: "test-base.log".into(),
        reader: None,
        doubt: None,
        cached: false,
    }
}

fn evidence() -> Evidence {
    let (base, head) = (run(Exit::Code { code: 1 }), run(Exit::Code { code: 0 }));
    let command = "pytest -q | cat".into();
    Evidence {
        checks: vec![Check { name: "test".into(), command, base, head }],
        tests: Tests {
            known: true,
            passed_base: 34,
            failed_base: 2,
            passed_head: 36,
            fixed: vec!["tests/test_a.py::t[`x`\n## Hi]".into(), "tests/test_a.py::u".into()],
            ..Tests::default()
        },
        ..Evidence::new("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap())
    }
}

#[track_caller]
fn check(evidence: &Evidence, expected: ExpectFile) {
    expected.assert_eq(&section(evidence, None));
}

#[test]
fn the_section_is_short_first() {
    let mut evidence = evidence();
    let added = |name: &str, passes, on_base| AddedTest { name: name.into(), passes, on_base };
    evidence.tests.added = vec![
        added("a", true, OnBase::RedGreen),
        added("b", true, OnBase::Empty),
        added("c", false, OnBase::Unknown),
    ];
    evidence.tests.removed = (0..25).map(|number| format!("old{number:02}")).collect();
    evidence.notes = vec!["flaky: <img src=x> @everyone [x](http://y)".into()];
    check(&evidence, expect_file!["snapshots/short.md"]);
}

#[test]
fn what_speaks_against_it_is_first_and_bold() {
    let mut evidence = evidence();
    let place = Some("tests/test_a.py".to_owned());
    let finding = |kind, weight, text: &str| Finding {
        kind,
        weight,
        path: place.clone(),
        line: Some(3),
        text: text.into(),
    };
    evidence.findings = vec![
        finding(Kind::TestSkipped, Weight::Objection, "the failing test `t` is skipped **now**"),
        finding(Kind::Dependency, Weight::Warning, "six is new"),
    ];
    evidence.checks[0].head.doubt = Some("the report | is not the log's".into());
    evidence.checks[0].head.reader = Some("pytest".into());
    evidence.checks[0].base.cached = true;
    evidence.claims = vec![
        Claim {
            text: "All 34 tests pass <b>".into(),
            shown: Shown::Refuted { why: "one is skipped".into() },
        },
        Claim {
            text: "I ran ruff".into(),
            shown: Shown::Proven { log: "lint-head.log".into(), line: 2, quote: "All `ok`".into() },
        },
        Claim { text: "It is faster".into(), shown: Shown::Unproven },
    ];
    evidence.tests.as_they_were = vec![AsItWas {
        name: "tests/test_a.py::t".into(),
        at_base: Outcome::Failed,
        at_head: Outcome::Skipped,
        as_it_was: Outcome::Failed,
    }];
    evidence.risk = Risk { level: Level::High, reasons: vec!["a test is skipped".into()] };
    check(&evidence, expect_file!["snapshots/against.md"]);
}

#[test]
fn what_the_tests_miss_is_a_diff_that_stays_in_its_fence() {
    let mut evidence = evidence();
    let diff = "--- a\n+++ b\n@@ -1 +1 @@\n-    x = `1`\n+    ```\n+</details>\u{202e}\n";
    evidence.mutation = Mutation {
        possible: 9,
        tried: 8,
        caught: 7,
        survivors: vec![Mutant {
            path: "a.py".into(),
            line: 3,
            operator: "constant".into(),
            diff: diff.into(),
        }],
        why: Some("the time was over".into()),
    };
    evidence.spent = vec![Spent { step: "test at head".into(), ms: 1_500, checks_ms: 1_400 }];
    check(&evidence, expect_file!["snapshots/mutants.md"]);
    let long = "+x\n".repeat(1_000) + &"+".repeat(100_000);
    assert!(fenced("diff", &long).len() < 1_000);
}

#[test]
fn the_section_names_the_key_and_how_to_verify() {
    let key = format!("ed25519:{}", "0a".repeat(32)).parse().unwrap();
    let attempt = "k3v9x2ab.1".parse().unwrap();
    let text = section(&evidence(), Some(Signed { attempt: &attempt, key: &key }));
    let last = text.lines().last().unwrap();
    assert!(last.contains(&format!("Signed with key `{key}`")), "{last}");
    assert!(last.contains("whimbrel evidence k3v9x2ab.1 --signed > evidence.json"), "{last}");
}

#[test]
fn the_headline_is_one_sentence() {
    let mut evidence = evidence();
    expect!["2 failing tests now pass, 34 others still do; nothing broke."]
        .assert_eq(&headline(&evidence));
    evidence.tests.broken = vec!["x".into()];
    expect!["2 failing tests now pass, 34 others still do; **1 test broke**."]
        .assert_eq(&headline(&evidence));
    evidence.tests = Tests { known: true, passed_head: 1, failed_head: 3, ..Tests::default() };
    evidence.checks[0].head = run(Exit::OutOfTime);
    expect!["1 test passes at head; nothing broke, but 3 tests fail as before."]
        .assert_eq(&headline(&evidence));
    evidence.tests = Tests::default();
    expect!["0 of 1 check pass at head; nothing broke, but `test` fails as it does at base."]
        .assert_eq(&headline(&evidence));
    evidence.checks[0].base = run(Exit::Code { code: 0 });
    expect!["0 of 1 check pass at head; **`test` passed at base and fails**."]
        .assert_eq(&headline(&evidence));
    evidence.checks.clear();
    expect!["Nothing was checked: the project has no checks that could be run."]
        .assert_eq(&headline(&evidence));
}

#[test]
fn a_name_cannot_leave_its_code_span() {
    for (name, expected) in [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("", "`  `"),
        ("a\n\n# b", "`a  # b`"),
        ("a\u{202e}b\u{1b}[2J", "`a b [2J`"),
    ] {
        assert_eq!(code(name), expected);
    }
}

#[test]
fn a_note_mentions_and_links_nobody() {
    let text = plain("@all see #1 <b> [x](https://y) `z`");
    for active in ["@all", "#1", "<b>", "[x]", "https://", "`z`"] {
        assert!(
            !text.contains(active) || text.contains(&format!("\\{active}")),
            "{active}: {text}"
        );
    }
}

#[test]
fn tests_that_are_gone_are_in_the_headline() {
    let mut evidence = evidence();
    evidence.tests.removed = vec!["old".into()];
    let said = headline(&evidence);
    assert!(said.ends_with("nothing broke, but 1 test is gone."), "{said}");

    evidence.tests = Tests { passed_base: 34, ..Tests::default() };
    let said = headline(&evidence);
    assert!(said.contains("none of the tests ran at head, and 34 tests passed at base"), "{said}");
}
