//! Rust's tests in the file that they test, with the real cargo: each commit's on the other's code.

use super::*;

const MANIFEST: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"calc\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
const IGNORED: (&str, &str) = (".gitignore", "target\nCargo.lock\n");

/// A fake computer has nobody's toolchains but this one's.
fn cargo(options: &str) -> String {
    let cargo = Path::new(env!("CARGO"));
    let rustc = cargo.with_file_name("rustc");
    let (rustc, cargo) = (rustc.display(), cargo.display());
    format!("RUSTC={rustc} {cargo} test --offline {options}")
}

fn file(code: &str, tests: &str) -> String {
    format!("{code}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{tests}}}\n")
}

fn test(name: &str, body: &str) -> String {
    format!("    #[test]\n    fn {name}() {{\n        {body}\n    }}\n\n")
}

const WRONG: &str = "pub fn add(a: i32, b: i32) -> i32 {\n    a - b\n}\n";
const RIGHT: &str = "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n";

fn zero() -> String {
    test("zero", "assert_eq!(add(0, 0), 0);")
}

fn three() -> String {
    test("three", "assert_eq!(add(1, 2), 3);")
}

async fn proved(base: &[(&str, &str)], head: &[(&str, &str)], options: &str) -> Evidence {
    let base = [&[MANIFEST, IGNORED], base].concat();
    let mut story = Story::new(&base, head, &cargo(options)).await;
    story.reruns = 0;
    story.prove().await.unwrap().0
}

/// What becomes of a failing test in the file.
async fn of(base: &str, head: &str, expected: Expect) {
    let evidence = proved(&[("src/lib.rs", base)], &[("src/lib.rs", head)], "--lib").await;
    expected.assert_eq(&shown(&evidence));
}

#[tokio::test]
async fn an_added_inline_test_is_tried_on_the_base() {
    let added =
        test("five", "assert_eq!(add(2, 3), 5);") + &test("none", "assert!(add(4, 0) == 4);");
    let base = file(WRONG, &(zero() + &three()));
    let head = file(RIGHT, &(zero() + &three() + &added));
    of(
        &base,
        &head,
        expect![[r#"
        test: exit 101 → exit 0
        known true, passed 1 → 4, failed 1 → 0
        fixed calc src/lib.rs::tests::three
        added calc src/lib.rs::tests::five passes=true RedGreen
        added calc src/lib.rs::tests::none passes=true Empty
        note: not every test had its turn at base
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_failing_inline_test_that_is_deleted_is_an_objection() {
    let base = file(WRONG, &(zero() + &three()));
    of(&base, &file(WRONG, &zero()), expect![[r#"
        test: exit 101 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        removed calc src/lib.rs::tests::three
        was calc src/lib.rs::tests::three Failed Absent Failed
        Objection TestDeleted: src/lib.rs: calc src/lib.rs::tests::three fails at base; the change removes it, and as it was it fails on the change's code, too
        Warning TestDeleted: src/lib.rs:14: the test `tests::three` is deleted
        note: not every test had its turn at base
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn all_inline_tests_deleted_is_an_objection() {
    let base = [("src/lib.rs", "pub mod calc;\n"), ("src/calc.rs", &*file(WRONG, &three()))];
    let evidence = proved(&base, &[("src/calc.rs", WRONG)], "--lib").await;
    expect![[r#"
        test: exit 101 → exit 0
        doubt at head: libtest ran no test
        known true, passed 0 → 0, failed 1 → 0
        removed calc src/lib.rs::calc::tests::three
        was calc src/lib.rs::calc::tests::three Failed Absent Failed
        Objection TestDeleted: src/calc.rs: calc src/lib.rs::calc::tests::three fails at base; the change removes it, and as it was it fails on the change's code, too
        Warning TestDeleted: src/calc.rs:9: the test `tests::three` is deleted
        note: not every test had its turn at base
        holds false, breaks false
    "#]].assert_eq(&shown(&evidence));
}

#[tokio::test]
async fn a_failing_inline_test_that_is_lost_in_a_move_is_an_objection() {
    let base = file(WRONG, &(zero() + &three()));
    let head = format!("{WRONG}\n#[cfg(test)]\nmod tests;\n");
    let moved = format!("use super::*;\n\n{}", zero());
    let head = [("src/lib.rs", &*head), ("src/tests.rs", &*moved)];
    let evidence = proved(&[("src/lib.rs", &base)], &head, "--lib").await;
    expect![[r#"
        test: exit 101 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        removed calc src/lib.rs::tests::three
        was calc src/lib.rs::tests::three Failed Absent Failed
        Objection TestDeleted: src/lib.rs: calc src/lib.rs::tests::three fails at base; the change removes it, and as it was it fails on the change's code, too
        Warning TestDeleted: src/lib.rs:14: the test `tests::three` is deleted
        note: not every test had its turn at base
        holds false, breaks false
    "#]].assert_eq(&shown(&evidence));
}

/// Without the module that it names, head's code wouldn't compile, and say nothing.
#[tokio::test]
async fn an_added_module_of_tests_hides_no_edited_test() {
    let it =
        |sum: i32| format!("#[test]\nfn three() {{\n    assert_eq!(calc::add(1, 2), {sum});\n}}\n");
    let head = format!("{WRONG}\n#[cfg(test)]\nmod tests;\n");
    let module = format!("use super::*;\n\n{}", zero());
    let (before, after) = (it(3), it(-1));
    let base = [("src/lib.rs", WRONG), ("tests/it.rs", &*before)];
    let head = [("src/lib.rs", &*head), ("src/tests.rs", &*module), ("tests/it.rs", &*after)];
    let evidence = proved(&base, &head, "--tests --no-fail-fast").await;
    expect![[r#"
        test: exit 101 → exit 0
        known true, passed 0 → 2, failed 1 → 0
        was tests/it.rs::three Failed Passed Failed
        Objection TestEdited: tests/it.rs: tests/it.rs::three fails at base; the change edits its file, and as it was it fails on the change's code, too
        Note TestEdited: tests/it.rs:3: an assertion is edited, in `three`: `assert_eq!(calc::add(1, 2), 3)` became `assert_eq!(calc::add(1, 2), -1)`
        added calc src/lib.rs::tests::zero passes=true Empty
        note: not counted as fixed, since the base's code passes it too once the change has edited the test: tests/it.rs::three
        holds false, breaks false
    "#]].assert_eq(&shown(&evidence));
}

#[tokio::test]
async fn a_failing_inline_test_that_is_ignored_is_an_objection() {
    let base = file(WRONG, &(zero() + &three()));
    let ignored = three().replace("#[test]", "#[test]\n    #[ignore]");
    of(&base, &file(WRONG, &(zero() + &ignored)), expect![[r#"
        test: exit 101 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        was calc src/lib.rs::tests::three Failed Skipped Failed
        Objection TestSkipped: src/lib.rs: calc src/lib.rs::tests::three fails at base; the change skips it, and as it was it fails on the change's code, too
        Warning TestSkipped: src/lib.rs:15: the test `tests::three` is skipped: `#[ignore]`
        note: not every test had its turn at base
        note: ran at base and is skipped at head: calc src/lib.rs::tests::three
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn an_inline_assertion_that_is_edited_to_fit_is_an_objection() {
    let base = file(WRONG, &(zero() + &three()));
    let head = base.replace("add(1, 2), 3", "add(1, 2), -1");
    of(&base, &head, expect![[r#"
        test: exit 101 → exit 0
        known true, passed 1 → 2, failed 1 → 0
        was calc src/lib.rs::tests::three Failed Passed Failed
        Objection TestEdited: src/lib.rs: calc src/lib.rs::tests::three fails at base; the change edits its file, and as it was it fails on the change's code, too
        Note TestEdited: src/lib.rs:16: an assertion is edited, in `tests::three`: `assert_eq!(add(1, 2), 3)` became `assert_eq!(add(1, 2), -1)`
        note: not every test had its turn at base
        note: not counted as fixed, since the base's code passes it too once the change has edited the test: calc src/lib.rs::tests::three
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn an_honest_inline_change_holds() {
    let base = file(RIGHT, &(zero() + &three()));
    let head = base.replace("fn three() {", "fn three() {\n        assert_eq!(add(2, 1), 3);");
    let head = head.replace("a + b", "b + a");
    of(
        &base,
        &head,
        expect![[r#"
        test: exit 0 → exit 0
        known true, passed 2 → 2, failed 0 → 0
        holds true, breaks false
    "#]],
    )
    .await;
}

/// Then neither commit's inline tests say anything of the other's code, and the rest still does.
#[tokio::test]
async fn what_does_not_compile_with_the_others_tests_is_no_proof() {
    let base = file(WRONG, &three());
    let more = "pub fn double(a: i32) -> i32 {\n    2 * a\n}\n";
    let renamed = RIGHT.replace("add", "sum");
    let head = file(
        &(renamed + more),
        &(three().replace("add", "sum") + &test("twice", "assert_eq!(double(1), 2);")),
    );
    let empty = ("tests/it.rs", "#[test]\nfn nothing() {\n    assert_eq!(1 + 1, 2);\n}\n");
    let evidence =
        proved(&[("src/lib.rs", &base)], &[("src/lib.rs", &head), empty], "--tests --no-fail-fast")
            .await;
    expect![[r#"
        test: exit 101 → exit 0
        known true, passed 0 → 3, failed 1 → 0
        fixed calc src/lib.rs::tests::three
        Warning TestEdited: src/lib.rs: the tests in it, as they were, can't be compiled with the change's code
        Warning PublicInterface: src/lib.rs:1: `add` is no longer offered
        Note TestEdited: src/lib.rs:14: an assertion is edited, in `tests::three`: `assert_eq!(add(1, 2), 3)` became `assert_eq!(sum(1, 2), 3)`
        Note PublicInterface: src/lib.rs:1: `sum` is new
        Note PublicInterface: src/lib.rs:4: `double` is new
        added calc src/lib.rs::tests::twice passes=true Unknown
        added tests/it.rs::nothing passes=true Empty
        note: base's code can't be compiled with the change's inline tests: src/lib.rs
        holds true, breaks false
    "#]].assert_eq(&shown(&evidence));
}
