use domain::evidence::{AddedTest, Check, Evidence, Exit, OnBase, Run, Tests};
use expect_test::expect;

use super::{code, headline, plain, section};

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

#[test]
fn the_section_has_all_that_was_seen() {
    let mut evidence = evidence();
    let added = |name: &str, passes, on_base| AddedTest { name: name.into(), passes, on_base };
    evidence.tests.added = vec![
        added("a", true, OnBase::RedGreen),
        added("b", true, OnBase::Empty),
        added("c", false, OnBase::Unknown),
    ];
    evidence.tests.removed = (0..25).map(|number| format!("old{number:02}")).collect();
    evidence.notes = vec!["flaky: <img src=x> @everyone [x](http://y)".into()];
    expect![[r#"
        ## Evidence

        2 failing tests now pass, 2 added tests pass, 32 others still do; **1 added test fails**.

        | check | command | base | head |
        |---|---|---|---|
        | `test` | `pytest -q \| cat` | ❌ exit 1, 1.2 s | ✅ exit 0, 1.2 s |

        **Fixed (2)**

        - ``tests/test_a.py::t[`x` ## Hi]``
        - `tests/test_a.py::u`

        **Added (3)**

        - `a` (red→green: fails on the base's code, passes at head)
        - `b` (empty: passes on the base's code too)
        - `c` (fails at head; not run on the base's code)

        **Removed (25)**

        - `old00`
        - `old01`
        - `old02`
        - `old03`
        - `old04`
        - `old05`
        - `old06`
        - `old07`
        - `old08`
        - `old09`
        - `old10`
        - `old11`
        - `old12`
        - `old13`
        - `old14`
        - `old15`
        - `old16`
        - `old17`
        - `old18`
        - `old19`
        - … and 5 more

        **Notes (1)**

        - flaky: &lt;img src=x&gt; @‍everyone \[x\](http:‍//y)

        Run by whimbrel in clean computers without the agent, at base `aaaaaaaaaa` and at head `bbbbbbbbbb`.
    "#]].assert_eq(&section(&evidence));
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
