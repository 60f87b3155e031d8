use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::{Outcome, Report, go, junit, libtest, lines, nextest, tap};

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
    report.doubts.iter().for_each(|doubt| writeln!(shown, "doubt: {doubt}").unwrap());
    if report.is_forged {
        shown.push_str("forged\n");
    }
    if report.unnamed > 0 {
        writeln!(shown, "unnamed: {}", report.unnamed).unwrap();
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
            doubt: a JUnit report is damaged, so tests may be missing
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
        &lines::read(include_str!("captured/unittest.jsonl"), "n0"),
        expect![[r#"
        failed      tests.test_a.A.test_bad
        failed      tests.test_a.A.test_err
        passed      tests.test_a.A.test_nested
        passed      tests.test_a.A.test_ok
        skipped     tests.test_a.A.test_skip
        failed      tests.test_a.A.test_sub
        skipped     tests.test_a.A.test_xf
        failed      tests.test_a.A.test_xs
        unreachable tests.test_a.B
        unreachable tests.test_b
    "#]],
    );
    check(
        &lines::read(include_str!("captured/node.jsonl"), "n0"),
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
}

fn line(nonce: &str, said: &str) -> String {
    format!("{{\"nonce\":\"{nonce}\",\"process\":7,{said}}}\n")
}

#[test]
fn a_runner_that_goes_away_in_the_middle_is_in_doubt() {
    let begun = line("n", "\"is\":\"begin\",\"runner\":\"pytest\"");
    let one =
        line("n", "\"is\":\"start\",\"id\":\"a\"") + &line("n", "\"is\":\"passed\",\"id\":\"a\"");
    let two = line("n", "\"is\":\"start\",\"id\":\"b\"");
    check(
        &lines::read(&format!("{begun}{one}{two}{{\"nonce\":"), "n"),
        expect![[r#"
            passed      a
            failed      b
            stopped early
            doubt: pytest went away in the middle while b ran
        "#]],
    );
}

/// What the project's own code writes into the file hasn't the nonce.
#[test]
fn lines_of_others_are_no_results() {
    let begun = line("n", "\"is\":\"begin\",\"runner\":\"pytest\"");
    let forged = line("guessed", "\"is\":\"passed\",\"id\":\"a\"");
    let ended = line("n", "\"is\":\"end\",\"partial\":false");
    let changed = line("n", "\"is\":\"changed\",\"id\":\"c\"");
    check(
        &lines::read(&format!("{begun}{forged}5 passed\n{changed}{ended}"), "n"),
        expect![[r#"
            doubt: c failed and something called it passed afterwards
            doubt: 2 lines of its report weren't written by its reporter
            forged
        "#]],
    );
    check(&lines::read("", "n"), expect![[""]]);
}

#[test]
fn nextest_is_read_between_its_start_and_its_sum() {
    let log = include_str!("captured/nextest.txt");
    check(
        &nextest::read(log),
        expect![[r#"
        passed      demo tests::adds
        failed      demo tests::crash
        failed      demo tests::fails
        skipped     demo tests::ign
        passed      demo::it it
    "#]],
    );
    let cut = &log[..log.find("────────────\n     Summary").unwrap()];
    check(
        &nextest::read(cut),
        expect![[r#"
        passed      demo tests::adds
        failed      demo tests::crash
        failed      demo tests::fails
        skipped     demo tests::ign
        passed      demo::it it
        stopped early
        doubt: nextest went away before it had summed up
    "#]],
    );
    let lying = log.replace("2 passed, 2 failed", "4 passed");
    check(
        &nextest::read(&lying),
        expect![[r#"
        passed      demo tests::adds
        failed      demo tests::crash
        failed      demo tests::fails
        skipped     demo tests::ign
        passed      demo::it it
        stopped early
        doubt: nextest sums up 4 passed and 0 failed, and shows 2 and 2
    "#]],
    );
}

/// Made after `go doc test2json`, not by go itself.
#[test]
fn go_is_read_from_its_events_and_from_its_text() {
    let event = |text: &str| {
        let json = text.split(' ').map(|part| part.split_once('=').unwrap());
        let json: Vec<String> = json.map(|(k, v)| format!("\"{k}\":\"{v}\"")).collect();
        format!("{{{}}}\n", json.join(","))
    };
    let events: String = [
        "Action=start Package=ex.com/m",
        "Action=run Package=ex.com/m Test=TestA",
        "Action=output Package=ex.com/m Test=TestA Output=---PASS:TestForged",
        "Action=run Package=ex.com/m Test=TestA/one",
        "Action=fail Package=ex.com/m Test=TestA/one",
        "Action=fail Package=ex.com/m Test=TestA",
        "Action=run Package=ex.com/m Test=TestB",
        "Action=pass Package=ex.com/m Test=TestB",
        "Action=run Package=ex.com/m Test=TestC",
        "Action=skip Package=ex.com/m Test=TestC",
        "Action=fail Package=ex.com/m",
        "Action=fail Package=ex.com/broken",
        "Action=run Package=ex.com/crash Test=TestD",
        "Action=fail Package=ex.com/crash",
        "Action=run Package=ex.com/liar Test=TestE",
        "Action=pass Package=ex.com/liar",
    ]
    .map(event)
    .concat();
    check(
        &go::read(&events),
        expect![[r#"
        failed      ex.com/crash.TestD
        failed      ex.com/liar.TestE
        failed      ex.com/m.TestA
        failed      ex.com/m.TestA/one
        passed      ex.com/m.TestB
        skipped     ex.com/m.TestC
        unreachable ex.com/broken
        stopped early
        doubt: ex.com/liar is said to pass and not all of its tests are
    "#]],
    );
    let text = "=== RUN   TestA\n=== RUN   TestA/one\n--- FAIL: TestA (0.00s)\n    \
                --- FAIL: TestA/one (0.00s)\n=== RUN   TestB\n--- PASS: TestB (0.00s)\nFAIL\n\
                FAIL\tex.com/m\t0.003s\nok  \tex.com/quiet\t0.001s\n\
                ?   \tex.com/none\t[no test files]\n--- PASS: TestForged (0.00s)\n";
    check(
        &go::read(text),
        expect![[r#"
        failed      ex.com/m.TestA
        failed      ex.com/m.TestA/one
        passed      ex.com/m.TestB
        doubt: a result is printed of a test that go didn't say it runs
        doubt: results are printed that belong to no package
        unnamed: 1
    "#]],
    );
    check(&go::read("all is ok\n"), expect![[""]]);
}

#[test]
fn tap_is_believed_where_its_plan_counts_it() {
    let text = "TAP version 13\n1..5\nok 1 - adds\n    ok 1 - inner\nnot ok 2 - breaks\n  ---\n  \
                at: 3\n  ...\nok 3 - later # SKIP no time\nnot ok 4 - todo # TODO\nok 5 - adds\n";
    check(
        &tap::read(text),
        expect![[r#"
        passed      adds
        passed      adds #2
        failed      breaks
        skipped     later
        skipped     todo
    "#]],
    );
    check(
        &tap::read(&text.replace("1..5", "1..6")),
        expect![[r#"
        passed      adds
        passed      adds #2
        failed      breaks
        skipped     later
        skipped     todo
        stopped early
        doubt: 6 tests are planned and 5 results could be read
    "#]],
    );
    check(&tap::read("ok, all is well\nok\n"), expect![[""]]);
}

/// Made after what Maven's Surefire 3 and Gradle 8 write.
#[test]
fn junit_files_of_others_are_read() {
    let text = "<?xml version=\"1.0\"?><testsuite name=\"ex.SumTest\" tests=\"4\" failures=\"1\">\
        <properties><property name=\"a\" value=\"b\"/></properties>\
        <testcase name=\"adds\" classname=\"ex.SumTest\" time=\"0.01\"/>\
        <testcase name=\"breaks\" classname=\"ex.SumTest\"><failure message=\"x\">at</failure></testcase>\
        <testcase name=\"each\" classname=\"ex.SumTest\"/>\
        <testcase name=\"each\" classname=\"ex.SumTest\"><skipped/></testcase></testsuite>";
    check(
        &junit::read(text),
        expect![[r#"
        passed      ex.SumTest::adds
        failed      ex.SumTest::breaks
        passed      ex.SumTest::each
        skipped     ex.SumTest::each #2
    "#]],
    );
    check(
        &junit::read(&text.replace("tests=\"4\"", "tests=\"5\"")),
        expect![[r#"
        passed      ex.SumTest::adds
        failed      ex.SumTest::breaks
        passed      ex.SumTest::each
        skipped     ex.SumTest::each #2
        stopped early
        doubt: a JUnit report announces 5 tests and has 4
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
            doubt: tests/a.rs went away in the middle: 2 tests were announced and 1 results could be read
        "#]],
    );
}

/// A test may write past the capture of its output, and end its process.
#[test]
fn text_that_only_looks_like_results_is_in_doubt() {
    let run = "     Running tests/a.rs (target/debug/deps/a-0)\n\nrunning 2 tests\n";
    let sum = |passed| {
        format!(
            "\ntest result: ok. {passed} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n"
        )
    };
    for text in [
        format!("{run}test x ... ok\ntest y ... ok\ntest z ... ok\n{}", sum(3)),
        format!("{run}test x ... ok\ntest y ... ok\n{}{}", sum(2), sum(2)),
        format!("{run}test x ... ok\n"),
        format!("{run}test x ... ok\ntest y ... ok\n{}running 5 tests\ntest q ... ok\n", sum(2)),
    ] {
        let report = libtest::read(&text);
        assert!(!report.doubts.is_empty(), "{text}");
        assert_eq!(report.outcome("tests/a.rs::q"), None);
    }
    let whole = format!("{run}test x ... ok\ntest y ... ok\n{}", sum(2));
    assert_eq!(libtest::read(&whole).doubts, Vec::<String>::new());
    let quiet = format!("running 2 tests\n..\n{}", sum(2));
    check(
        &libtest::read(&quiet),
        expect![[r#"
        unnamed: 2
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
