use domain::evidence::{
    AddedTest, AsItWas, Check, Evidence, Exit, Finding, Kind, OnBase, Outcome, Run, Shown, Tests,
    Weight,
};

use super::link;
use crate::Log;

const HEAD_LOG: &str = "\
collected 37 items
tests/test_double.py ..... [100%]
test_more.py::test_named PASSED
36 passed, 1 skipped in 0.21s
";

fn run(code: i32, log: &str, reader: Option<&str>) -> Run {
    Run {
        exit: Exit::Code { code },
        duration_ms: 1,
        log: log.into(),
        reader: reader.map(str::to_owned),
        doubt: None,
        cached: false,
    }
}

fn added(name: &str, passes: bool, on_base: OnBase) -> AddedTest {
    AddedTest { name: name.into(), passes, on_base }
}

/// 36 tests pass at head, one of them fixed and one added; the linter is clean.
fn good() -> Evidence {
    let (base, head) =
        (run(1, "test-base.log", Some("pytest")), run(0, "test-head.log", Some("pytest")));
    let lint = run(0, "lint-head.log", None);
    let check = |name: &str, command: &str, base: Run, head: Run| Check {
        name: name.into(),
        command: command.into(),
        base,
        head,
    };
    Evidence {
        checks: vec![
            check("test", "python3 -m pytest -q", base, head),
            check("lint", "ruff check .", run(0, "lint-base.log", None), lint),
        ],
        tests: Tests {
            known: true,
            passed_base: 34,
            failed_base: 1,
            passed_head: 36,
            fixed: vec!["tests/test_double.py::test_ten".into()],
            added: vec![added("tests/test_double.py::test_zero", true, OnBase::RedGreen)],
            ..Tests::default()
        },
        ..Evidence::new("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap())
    }
}

/// One test breaks, one is gone, the linter fails, and more besides.
fn bad() -> Evidence {
    let mut evidence = good();
    evidence.checks[0].head.exit = Exit::Code { code: 1 };
    evidence.checks[1].head.exit = Exit::Code { code: 1 };
    evidence.tests.broken = vec!["tests/test_double.py::test_four".into()];
    evidence.tests.failed_head = 1;
    evidence.tests.removed = vec!["tests/test_double.py::test_gone".into()];
    evidence.tests.fixed.clear();
    evidence.tests.added = vec![added("t.py::test_empty", true, OnBase::Empty)];
    let finding = |kind, text: &str| Finding {
        kind,
        weight: Weight::Warning,
        path: Some("x".into()),
        line: None,
        text: text.into(),
    };
    evidence.findings = vec![
        finding(Kind::Dependency, "six is new"),
        finding(Kind::PublicInterface, "double takes another argument"),
    ];
    evidence
}

/// A project whose tests can't be told apart, in which nothing was fixed.
fn dumb() -> Evidence {
    let mut evidence = good();
    evidence.checks.truncate(1);
    evidence.checks[0].head.reader = None;
    evidence.tests = Tests::default();
    evidence
}

fn logs() -> Vec<Log> {
    let log = |name: &str, text: &str| Log { name: name.into(), bytes: text.into() };
    vec![
        log("test-base.log", "1 failed, 34 passed in 0.2s\n"),
        log("test-head.log", HEAD_LOG),
        log("lint-head.log", "\nAll checks passed!\n\n"),
    ]
}

/// `none`, `unproven`, `test-head.log:4`, `seen: …`, `refuted: …`.
fn told(evidence: &Evidence, sentence: &str) -> String {
    let claims = link(sentence, evidence, &logs());
    match claims.first().map(|claim| &claim.shown) {
        None => "none".into(),
        Some(Shown::Unproven) => "unproven".into(),
        Some(Shown::Proven { log, line, quote: _ }) => format!("{log}:{line}"),
        Some(Shown::Seen { what }) => format!("seen: {what}"),
        Some(Shown::Refuted { why }) => format!("refuted: {why}"),
    }
}

#[track_caller]
fn check(evidence: &Evidence, table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(sentence, expected)| (sentence, expected, told(evidence, sentence)))
        .filter(|(_, expected, found)| **expected != found)
        .map(|(sentence, expected, found)| format!("{sentence}\n  is {found}, not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const SUM: &str = "test-head.log:4";
const LINT: &str = "lint-head.log:2";
const TEN: &str = "seen: tests/test_double.py::test_ten failed at base and passes at head";
const ZERO: &str =
    "seen: tests/test_double.py::test_zero was added: it fails on the base's code, passes at head";

#[test]
fn what_is_so_is_linked_to_what_shows_it() {
    check(
        &good(),
        &[
            ("All tests pass.", SUM),
            ("All 36 tests pass.", SUM),
            ("All the tests are passing now.", SUM),
            ("The full test suite is green.", SUM),
            ("The whole suite passes.", SUM),
            ("36/36 tests pass", SUM),
            ("36 passed, 1 skipped", SUM),
            ("**Tests:** all pass ✅", SUM),
            ("Everything passes.", SUM),
            ("There are no failing tests.", SUM),
            ("All tests pass, and nobody would say that they don't.", SUM),
            ("I ran the full test suite.", SUM),
            ("I ran the tests and they all pass.", SUM),
            ("I ran `pytest -q`.", SUM_OF_TOOL),
            ("The existing tests still pass.", SUM),
            ("All tests in `tests/test_double.py` pass.", SUM),
            ("I ran ruff.", LINT),
            ("Ruff is clean.", LINT),
            ("Verified with `ruff check .` that there are no lint errors.", LINT),
            ("The linter passes.", LINT),
            ("Fixes the crash when the list is empty.", TEN),
            ("The bug is fixed.", TEN),
            ("The failing test now passes.", TEN),
            ("`test_ten` now passes.", TEN),
            ("`test_named` passes.", "test-head.log:3"),
            ("Added a regression test.", ZERO),
            ("I also wrote one new test for zero.", ZERO),
            ("The new test passes.", ZERO),
            ("No tests were changed.", "seen: no test of base is edited, skipped or removed"),
            (
                "I did not touch the existing tests.",
                "seen: no test of base is edited, skipped or removed",
            ),
            ("No new dependencies.", "seen: the change edits no list of dependencies"),
        ],
    );
}

const SUM_OF_TOOL: &str = "test-head.log:4";

#[test]
fn what_nobody_saw_is_unproven() {
    check(
        &good(),
        &[
            ("I ran mypy.", "unproven"),
            ("Clippy reports no warnings.", "unproven"),
            ("It compiles cleanly.", "unproven"),
            ("No other behaviour changes.", "unproven"),
            ("This does not change any other behavior.", "unproven"),
            ("It is backwards compatible.", "unproven"),
            ("The public API is unchanged.", "unproven"),
            ("I verified manually that it works.", "unproven"),
            ("It is 3x faster now.", "unproven"),
            ("`test_unknown` passes.", "unproven"),
            ("I ran the tests and mypy is clean.", "unproven"),
        ],
    );
    check(
        &dumb(),
        &[
            ("All tests pass.", SUM),
            ("All 36 tests pass.", SUM),
            ("Added a regression test.", "unproven"),
            ("Fixes the crash.", "unproven"),
            ("No tests were changed.", "unproven"),
        ],
    );
}

#[test]
fn what_is_not_so_is_refuted() {
    let four = "refuted: tests/test_double.py::test_four fails at head and passed at base";
    check(
        &bad(),
        &[
            ("All tests pass.", four),
            ("All 36 tests pass.", four),
            ("No regressions.", four),
            ("No other behaviour changes.", four),
            ("`test_four` still passes.", four),
            ("`test_gone` passes.", "refuted: tests/test_double.py::test_gone isn't there at head"),
            (
                "No tests were changed.",
                "refuted: tests/test_double.py::test_gone isn't there at head",
            ),
            ("The linter is clean.", "refuted: lint fails at head (exit 1)"),
            ("I ran ruff and it passes.", "refuted: lint fails at head (exit 1)"),
            ("No new dependencies were added.", "refuted: x: six is new"),
            ("The API is unchanged.", "refuted: x: double takes another argument"),
            ("Added a regression test.", "refuted: t.py::test_empty passes on the base's code too"),
            ("Added three tests.", "refuted: only 1 test was added"),
            ("The tests in `tests/test_other.py` pass.", "unproven"),
            ("Fixes the crash.", "unproven"),
        ],
    );
    check(&good(), &[("All 34 tests pass.", "refuted: 36 tests passed at head, not 34")]);
    check(&dumb(), &[("All 40 tests pass.", "refuted: 36 tests passed at head, not 40")]);
    let mut none = good();
    none.tests.added.clear();
    check(&none, &[("Adds a test for it.", "refuted: no test was added")]);
    let mut hidden = good();
    hidden.tests.as_they_were = vec![AsItWas {
        name: "t.py::t".into(),
        at_base: Outcome::Failed,
        at_head: Outcome::Skipped,
        as_it_was: Outcome::Failed,
    }];
    let why = "refuted: t.py::t as it was at base still fails";
    check(
        &hidden,
        &[("All tests pass.", why), ("No tests were changed.", "refuted: t.py::t was edited")],
    );
}

#[test]
fn what_claims_nothing_is_no_claim() {
    check(
        &good(),
        &[
            ("Doubling is times two.", "none"),
            ("The tests should pass.", "none"),
            ("I could not run the tests.", "none"),
            ("The tests don't pass yet.", "none"),
            ("Please run the tests.", "none"),
            ("Run `pytest -q` to see it.", "none"),
            ("If the tests pass, merge it.", "none"),
            ("To run ruff, install it first.", "none"),
            ("This does not fix the crash.", "none"),
            ("The test suite lives in `tests/`.", "none"),
            ("I added a parameter.", "none"),
            ("No other edit that was tried passes all tests.", "none"),
            ("The lines that passing tests don't run were edited first.", "none"),
            ("The lines that failing tests run and passing tests don't were edited.", "none"),
            ("It chose repair, as the words name no other of its jobs (lint, bisect).", "none"),
            ("```\nAll tests pass.\n```", "none"),
            ("", "none"),
        ],
    );
}

#[test]
fn a_doubtful_run_proves_nothing() {
    let mut evidence = good();
    evidence.checks[0].head.doubt = Some("the report was printed by the change".into());
    evidence.tests.fixed.clear();
    check(&evidence, &[("All tests pass.", "unproven"), ("The suite is green.", "unproven")]);
}

#[test]
fn a_summary_has_its_claims_in_order() {
    let summary = "Doubling is times two.\n\n- All 36 tests pass; ruff is clean\n- Added a test\n";
    let claims = link(summary, &good(), &logs());
    let texts: Vec<&str> = claims.iter().map(|claim| claim.text.as_str()).collect();
    assert_eq!(texts, ["All 36 tests pass", "ruff is clean", "Added a test"]);
    let Shown::Proven { quote, .. } = &claims[0].shown else { panic!("{:?}", claims[0]) };
    assert_eq!(quote, "36 passed, 1 skipped in 0.21s");
}

#[test]
fn hostile_words_are_bounded_and_break_nothing() {
    let evidence = good();
    for summary in [
        "All tests pass. ".repeat(10_000),
        "all ".repeat(100_000) + "tests pass",
        "`".repeat(10_000) + " all tests pass",
        "\u{1b}]0;x\u{7}All tests pass \u{202e}".into(),
        "all 99999999999999999999999999 tests pass".into(),
        "ﬀ İ ß tests pass ".repeat(500),
        "not".into(),
        "tests".into(),
        "added".into(),
        "#".repeat(1_000),
    ] {
        let claims = link(&summary, &evidence, &logs());
        assert!(claims.len() <= super::CLAIMS_MAX);
        let is_plain = |text: &str| !text.contains(char::is_control);
        assert!(claims.iter().all(|claim| is_plain(&claim.text)));
    }
}
