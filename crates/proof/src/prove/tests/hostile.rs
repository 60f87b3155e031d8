//! Changes that cheat, and runners that don't say all: none of them is reported as holding.

use super::*;

/// What the evidence says of a change to the buggy program, whose check is pytest.
async fn cheat(base: &[(&str, &str)], head: &[(&str, &str)], expected: Expect) {
    let mut files = vec![BUGGY, TESTS];
    files.extend(base);
    let story = Story::new(&files, head, PYTEST).await;
    let (evidence, ..) = story.prove().await.unwrap();
    assert!(!evidence.holds(), "{}", shown(&evidence));
    expected.assert_eq(&shown(&evidence));
}

#[tokio::test]
async fn a_failing_test_that_is_deleted_is_an_objection() {
    let tests = "from calc import add\ndef test_zero(): assert add(0, 0) == 0\n";
    cheat(&[], &[("tests/test_calc.py", tests)], expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        removed tests/test_calc.py::test_add
        was tests/test_calc.py::test_add Failed Absent Failed
        Objection TestDeleted: tests/test_calc.py: tests/test_calc.py::test_add fails at base; the change removes it, and as it was it fails on the change's code, too
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn a_failing_test_that_is_expected_to_fail_is_an_objection() {
    let tests = format!("import pytest\n{}", TESTS.1)
        .replace("def test_add", "@pytest.mark.xfail\ndef test_add");
    cheat(&[], &[("tests/test_calc.py", &tests)], expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        was tests/test_calc.py::test_add Failed Skipped Failed
        Objection TestSkipped: tests/test_calc.py: tests/test_calc.py::test_add fails at base; the change skips it, and as it was it fails on the change's code, too
        note: ran at base and is skipped at head: tests/test_calc.py::test_add
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn a_runner_that_is_told_to_skip_is_an_objection() {
    let conftest = "import pytest\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        \
                    if 'add' in item.name: item.add_marker(pytest.mark.skip)\n";
    cheat(&[], &[("conftest.py", conftest)], expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        was tests/test_calc.py::test_add Failed Skipped Failed
        Objection TestSkipped: tests/test_calc.py::test_add fails at base; the change skips it, and as it was it fails on the change's code, too
        note: ran at base and is skipped at head: tests/test_calc.py::test_add
        holds false, breaks false
    "#]]).await;
}

/// The plugin calls every test passed.
#[tokio::test]
async fn a_result_that_is_changed_after_the_test_is_forged() {
    let conftest = "import pytest\n@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n\
                    def pytest_runtest_makereport(item, call):\n    outcome = yield\n    \
                    outcome.get_result().outcome = 'passed'\n";
    cheat(&[], &[("conftest.py", conftest)], expect![[r#"
        test: exit 1 → exit 0
        doubt at head: tests/test_calc.py::test_add failed and something called it passed afterwards
        known true, passed 1 → 2, failed 1 → 0
        was tests/test_calc.py::test_add Failed Passed Failed
        Objection RunnerConfigured: tests/test_calc.py::test_add fails at base; the change edits what configures its runner, and as it was it fails on the change's code, too
        Objection ReportForged: test at head: tests/test_calc.py::test_add failed and something called it passed afterwards
        note: flaky, so not counted as fixed: failed on the base's code and passed when it was run again there: tests/test_calc.py::test_add
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn a_test_run_that_ends_in_the_middle_is_in_doubt() {
    let ending = "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n";
    cheat(&[], &[("tests/test_aaa.py", ending)], expect![[r#"
        test: exit 1 → exit 0
        doubt at head: pytest went away in the middle while tests/test_aaa.py::test_b ran; it ends with exit 0 although 1 of its tests fail
        known true, passed 1 → 1, failed 1 → 1
        added tests/test_aaa.py::test_a passes=true Empty
        added tests/test_aaa.py::test_b passes=false Red
        note: not every test had its turn at head
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn lines_that_a_test_writes_into_the_report_are_forged() {
    let forging = "import json\ndef test_forge():\n    line = {'nonce': '0', 'process': 1, 'is': 'passed'}\n    \
                   line['id'] = 'tests/test_calc.py::test_add'\n    import sys, pathlib\n    \
                   inject = next(p for p in sys.path if p.endswith('/inject'))\n    \
                   report = pathlib.Path(inject).parent / 'report-test.jsonl'\n    \
                   with open(report, 'a') as f: f.write(json.dumps(line) + '\\n')\n";
    cheat(
        &[],
        &[("tests/test_forge.py", forging), FIXED],
        expect![[r#"
        test: exit 1 → exit 0
        doubt at head: 1 lines of its report weren't written by its reporter
        known true, passed 1 → 3, failed 1 → 0
        fixed tests/test_calc.py::test_add
        Objection ReportForged: test at head: 1 lines of its report weren't written by its reporter
        added tests/test_forge.py::test_forge passes=true Empty
        holds false, breaks false
    "#]],
    )
    .await;
}

/// `python3 -m pytest` imports what lies in the folder first.
#[tokio::test]
async fn a_module_in_the_runners_place_is_in_doubt() {
    cheat(&[], &[("pytest.py", "print('2 passed in 0.01s')\n")], expect![[r#"
        test: exit 1 → exit 0
        doubt at head: pytest reported tests at base and at head nothing did
        known false, passed 1 → 0, failed 1 → 0
        was tests/test_calc.py::test_add Failed Absent Failed
        was tests/test_calc.py::test_zero Passed Absent Passed
        Objection TestDeleted: tests/test_calc.py::test_add fails at base; the change removes it, and as it was it fails on the change's code, too
        Note TestDeleted: tests/test_calc.py::test_zero passes at base; the change removes it, and as it was it passes on the change's code
        note: single tests can't be told apart, so only exit codes are compared
        holds false, breaks true
    "#]]).await;
}

#[tokio::test]
async fn a_runner_that_finds_no_test_is_in_doubt() {
    let story =
        Story::new(&[("a.py", ""), ("tests/__init__.py", "")], &[("a.py", "1\n")], UNITTEST);
    let (evidence, ..) = story.await.prove().await.unwrap();
    expect![[r#"
        test: exit 0 → exit 0
        doubt at base: unittest ran no test
        doubt at head: unittest ran no test
        known true, passed 0 → 0, failed 0 → 0
        holds false, breaks false
    "#]]
    .assert_eq(&shown(&evidence));
}

/// What hangs is known while base runs beside head.
#[tokio::test]
async fn a_base_that_hangs_beside_head_is_given_up_and_run_anew() {
    let tests = ("test_bits.py", "from bits import bits\ndef test_five(): assert bits(5) == 2\n");
    let mut story = Story::new(&[ENDLESS, tests], &[ENDING], PYTEST).await;
    story.width = 2;
    let (evidence, ..) = story.prove().await.unwrap();
    assert!(evidence.spent.iter().any(|spent| spent.step == "checks at base, given up"));
    expect![[r#"
        test: exit 1 → exit 0
        known true, passed 0 → 1, failed 1 → 0
        fixed test_bits.py::test_five
        note: what changed was run again 1× instead of 3×, for the time it takes
        note: test at base: tests that ran for much longer than all of them at head were stopped, as failing
        holds true, breaks false
    "#]].assert_eq(&shown(&evidence));
}

/// What ran when the time was over is what failed.
#[tokio::test]
async fn a_test_that_hangs_at_head_is_broken() {
    let tests = ("test_bits.py", "from bits import bits\ndef test_five(): assert bits(5) == 2\n");
    let mut story = Story::new(&[ENDING, tests], &[ENDLESS], PYTEST).await;
    story.time = Duration::from_secs(10);
    let (evidence, ..) = story.prove().await.unwrap();
    expect![[""]].assert_eq(&shown(&evidence));
}

/// Tests that changed are run again as often as the environment says, and only they.
#[tokio::test]
async fn only_what_changed_is_run_again() {
    let mut story = Story::new(&[BUGGY, TESTS], &[FIXED], PYTEST).await;
    (story.reruns, story.width) = (3, 2);
    let (evidence, logs, _) = story.prove().await.unwrap();
    assert!(evidence.holds(), "{}", shown(&evidence));
    let again: Vec<&Log> = logs.iter().filter(|log| log.name.contains("-again")).collect();
    assert_eq!(again.len(), 6, "{again:?}");
    for log in again {
        let text = String::from_utf8_lossy(&log.bytes);
        assert!(text.contains("1 deselected"), "{}: {text}", log.name);
    }
}
