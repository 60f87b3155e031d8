use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::{Outcome, Report, junit, libtest, lines};

fn check(report: &Report, expected: Expect) {
    let mut shown = String::new();
    for name in report.names() {
        let outcome = if report.holds_tests(name) {
            "unreachable".into()
        } else {
            format!("{:?}", report.outcome(name).unwrap()).to_lowercase()
        };
        writeln!(shown, "{outcome:11} {name}").unwrap();
    }
    if report.stopped_early {
        shown.push_str("stopped early\n");
    }
    report.notes.iter().for_each(|note| writeln!(shown, "note: {note}").unwrap());
    expected.assert_eq(&shown);
}

#[test]
fn pytest_names_its_tests_as_on_its_command_line() {
    check(
        &junit::read(include_str!("captured/pytest.xml")),
        expect![[r#"
        passed      tests/test_m.py::TestC::TestInner::test_deep
        passed      tests/test_m.py::TestC::test_in_class
        skipped     tests/test_m.py::U::test_s
        failed      tests/test_m.py::U::test_u
        failed      tests/test_m.py::test_error
        failed      tests/test_m.py::test_fails
        passed      tests/test_m.py::test_param[<&>]
        failed      tests/test_m.py::test_param[a/b]
        passed      tests/test_m.py::test_param[c::d e]
        passed      tests/test_m.py::test_plain
        failed      tests/test_m.py::test_teardown
        skipped     tests/test_m.py::test_xf
        unreachable tests/test_broken.py
    "#]],
    );
}

#[test]
fn a_damaged_or_hostile_xml_gives_what_could_be_read() {
    let whole = include_str!("captured/pytest.xml");
    let cut = &whole[..whole.find("test_param[c").unwrap()];
    check(
        &junit::read(cut),
        expect![[r#"
        failed      tests/test_m.py::test_fails
        failed      tests/test_m.py::test_param[a/b]
        passed      tests/test_m.py::test_plain
        unreachable tests/test_broken.py
        stopped early
        note: pytest's report is damaged, so tests may be missing
    "#]],
    );
    check(&junit::read("not xml at all"), expect![[""]]);
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><testcase classname=\"t\" name=\"&a;&a;\"/>";
    check(
        &junit::read(bomb),
        expect![[r#"
        passed      t::
    "#]],
    );
    check(
        &junit::read("<testcase classname='t' name='a&#10;b&#27;[2J'/>"),
        expect![[r#"
        passed      t::a�b�[2J
    "#]],
    );
}

#[test]
fn an_inherited_test_is_told_apart_by_its_class() {
    let inherited = "<testcase classname=\"tests.test_b.TestB\" file=\"lib/base.py\" name=\"t\"/>";
    check(
        &junit::read(inherited),
        expect![[r#"
        passed      tests.test_b.TestB::t
    "#]],
    );
}

#[test]
fn unittest_and_node_write_lines() {
    check(
        &lines::read(include_str!("captured/unittest.jsonl")),
        expect![[r#"
        failed      tests.test_a.A.test_bad
        failed      tests.test_a.A.test_err
        passed      tests.test_a.A.test_nested
        passed      tests.test_a.A.test_ok
        skipped     tests.test_a.A.test_skip
        failed      tests.test_a.A.test_sub
        passed      tests.test_a.A.test_xf
        failed      tests.test_a.A.test_xs
        unreachable tests.test_a.B
        unreachable tests.test_b
    "#]],
    );
    check(
        &lines::read(include_str!("captured/node.jsonl")),
        expect![[r#"
        passed      a.test.js > adds
        passed      a.test.js > dup
        passed      a.test.js > dup #2
        failed      a.test.js > fails <&> #1
        skipped     a.test.js > skipped
        passed      a.test.js > suite > inner
        failed      a.test.js > suite > inner bad
        skipped     a.test.js > todo
        unreachable b.test.mjs
    "#]],
    );
    check(
        &lines::read("{\"id\": 3}\n\n{\"id\":\"a\",\"outcome\":\"passed\"}\n{\"id\":"),
        expect![[r#"
            passed      a
        "#]],
    );
}

#[test]
fn cargo_test_is_read_target_by_target() {
    check(
        &libtest::read(include_str!("captured/cargo.txt")),
        expect![[r#"
            passed      demo doc-tests::src/lib.rs
            passed      demo doc-tests::src/lib.rs - g
            failed      demo src/lib.rs::tests::bad
            skipped     demo src/lib.rs::tests::ig
            passed      demo src/lib.rs::tests::ok
            passed      demo src/lib.rs::tests::pan
            passed      tests/it.rs::ok
        "#]],
    );
}

#[test]
fn cargo_that_stops_at_the_first_target_is_not_the_whole() {
    let log = "     Running tests/a.rs (target/debug/deps/a-0)\n\nrunning 2 tests\ntest x ... FAILED\n\
               test y ... printed over\n\nfailures:\n\ntest z ... ok\n\
               error: test failed, to rerun pass `--test a`\n";
    check(
        &libtest::read(log),
        expect![[r#"
        failed      tests/a.rs::x
        stopped early
        note: tests/a.rs: 2 tests were announced and 1 results could be read
    "#]],
    );
}

#[test]
fn what_cannot_be_loaded_fails_with_all_that_is_in_it() {
    let mut report = Report::default();
    report.record_unreachable("tests/test_b.py");
    assert_eq!(report.outcome("tests/test_b.py::C::t[1]"), Some(Outcome::Failed));
    assert_eq!(report.outcome("tests/test_bc.py::t"), None);
}
