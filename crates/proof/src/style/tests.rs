use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Exec, Spec};
use expect_test::{Expect, expect};

use super::*;
use crate::sources::Side;

fn source(path: &str, base: Option<&str>, head: &str) -> Source {
    let base = base.map_or(Side::Absent, |text| Side::Text(text.into()));
    Source::new(path.into(), base, Side::Text(head.into()))
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().map(|found| format!("{:?} {}\n", found.kind, found.sentence())).collect()
}

fn check(base: &str, head: &str, expected: Expect) {
    let sources = [
        source("src/a.py", Some("1\n2\n3\n"), "1\n2\nx\n4\n"),
        source("src/lib.rs", Some("1\n"), "2\n"),
        source("web/a.ts", Some("1\n"), "2\n"),
    ];
    expected.assert_eq(&shown(&from_logs(base, head, &sources)));
}

#[test]
fn only_what_is_new_in_changed_files_is_told() {
    check(
        "src/a.py:1:80: E501 line too long\nsrc/old.py:9:1: E302 expected 2 blank lines\n",
        "src/a.py:1:80: E501 line too long\n./src/a.py:3:80: E501 line too long\n/workspace/src/a.py:3: error: Missing return  [return]\nsrc/old.py:9:1: E302 x\nsrc/other.py:1:1: F401 new but not ours\n",
        expect![[r#"
            Style src/a.py:3: E501 line too long
            Style src/a.py:3: error: Missing return [return]
        "#]],
    );
}

#[test]
fn rust() {
    let warning = "\u{1b}[33mwarning\u{1b}[0m: unused variable: `x`\n --> src/lib.rs:1:9\n  |\n1 | let x = 1;\n\n";
    let lint = "warning: redundant clone\n  --> src/lib.rs:1:5\n   |\n   = note: `#[warn(clippy::redundant_clone)]`\n\n";
    let ruff = "F401 [*] `os` imported but unused\n --> src/a.py:1:8\n  |\n";
    check(
        "",
        &format!("{warning}{lint}{ruff}"),
        expect![[r#"
        Style src/a.py:1: F401 [*] `os` imported but unused
        Style src/lib.rs:1: warning: redundant clone
        Warning src/lib.rs:1: warning: unused variable: `x`
    "#]],
    );
    check(warning, warning, expect![[r#""#]]);
}

#[test]
fn javascript() {
    check(
        "",
        "/workspace/web/a.ts\n  1:10  error  'x' is defined but never used  no-unused-vars\n  2:1  warning  Unexpected console statement  no-console\n\nweb/a.ts(1,5): error TS2322: Type 'a' is not assignable\n",
        expect![[r#"
            Style web/a.ts:1: 'x' is defined but never used no-unused-vars
            Style web/a.ts:1: error TS2322: Type 'a' is not assignable
            Style web/a.ts:2: Unexpected console statement no-console
        "#]],
    );
}

#[test]
fn failures_of_tests_are_no_complaints_and_warnings_are() {
    check(
        "",
        "src/a.py:3: AssertionError\nsrc/a.py:3: in f\nsrc/a.py:2: ValueError: bad\n  /workspace/src/a.py:3: DeprecationWarning: f is old\nsrc/lib.rs:1:2: warning: unused [-Wunused]\n",
        expect![[r#"
            Warning src/a.py:3: DeprecationWarning: f is old
            Warning src/lib.rs:1: warning: unused [-Wunused]
        "#]],
    );
}

#[test]
fn a_hostile_log_is_only_long() {
    let log = format!("{}\n{}", ":1:".repeat(500_000), "a.py:1: x\n".repeat(100_000));
    assert!(from_logs("", &log, &[source("a.py", None, "x")]).len() <= 1);
}

#[tokio::test]
async fn the_projects_formatter_tells_newly_unformatted_files() {
    let fake = Fake::new();
    let computer = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
    // A formatter that behaves: it ends lines without blanks, and can't read a text with `?`.
    let make = "mkdir -p node_modules/.bin && echo '{}' > .prettierrc \
        && printf '#!/bin/sh\\nsed \"/?/q3; s/ *$//\"\\n' > node_modules/.bin/prettier \
        && chmod +x node_modules/.bin/prettier";
    let exec = Exec::shell(make).timeout(Duration::from_secs(60));
    assert!(computer.run(exec).await.unwrap().status.is_success());
    let sources = [
        source("new.js", None, "x \n"),
        source("worse.js", Some("x\n"), "x \n"),
        source("as-before.js", Some("x \n"), "y \n"),
        source("clean.js", Some("x \n"), "y\n"),
        source("broken.js", Some("x\n"), "? \n"),
        source("-odd $(name).ts", None, "x \n"),
        source("other.txt", None, "x \n"),
    ];
    let findings = formatters(&*computer, &sources).await.unwrap();
    expect![[r#"
        Style new.js: prettier would format it otherwise
        Style worse.js: prettier would format it otherwise
        Style -odd $(name).ts: prettier would format it otherwise
    "#]]
    .assert_eq(&shown(&findings));
}
