//! What honest changes do. None of it is an objection.

use domain::evidence::Weight;
use expect_test::expect;

use super::{check, found};

const BASE: &str = "\
import pytest
from calc import add, sub


def test_adds():
    assert add(2, 3) == 5


class TestSub:
    def test_subs(self):
        result = sub(3, 2)
        assert result == 1
";

fn check_tests(head: &str, expected: expect_test::Expect) {
    check(&[("tests/test_calc.py", Some(BASE), Some(head))], expected);
}

#[test]
fn a_test_is_renamed() {
    check_tests(&BASE.replace("test_adds", "test_sums_two_numbers"), expect![[r#""#]]);
}

#[test]
fn a_test_moves_to_another_file() {
    let cut = BASE.find("\n\nclass").unwrap();
    let moved = format!("from calc import sub\n{}", &BASE[cut..]);
    check(
        &[
            ("tests/test_calc.py", Some(BASE), Some(&BASE[..cut])),
            ("tests/test_sub.py", None, Some(&moved)),
        ],
        expect![[r#""#]],
    );
    check(
        &[("tests/test_calc.py", Some(BASE), None), ("tests/unit/test_calc.py", None, Some(BASE))],
        expect![[r#""#]],
    );
}

#[test]
fn a_test_is_formatted() {
    let head =
        BASE.replace("assert add(2, 3) == 5", "assert add(\n        2,\n        3,\n    ) == 5");
    check_tests(&head, expect![[r#""#]]);
    let base = "test('a', () => {\n  expect(f('x')).toBe(1)\n})\n";
    let head = "test(\"a\", () => {\n    expect(f(\"x\")).toBe(1);\n});\n";
    check(&[("a.test.js", Some(base), Some(head))], expect![[r#""#]]);
}

#[test]
fn a_function_under_test_is_renamed() {
    check_tests(
        &BASE.replace("add", "plus").replace("test_pluss", "test_adds"),
        expect![[r#"
        Note TestEdited tests/test_calc.py:6: an assertion is edited, in `test_adds`: `assert add(2, 3) == 5` became `assert plus(2, 3) == 5`
    "#]],
    );
}

#[test]
fn assertions_move_to_a_function() {
    let head = BASE.replace(
        "def test_adds():\n    assert add(2, 3) == 5\n",
        "def check(left, right, total):\n    assert add(left, right) == total\n\n\ndef test_adds():\n    check(2, 3, 5)\n",
    );
    check_tests(
        &head,
        expect![[r#"
        Note TestEdited tests/test_calc.py:10: an assertion is edited, in `test_adds`: `assert add(2, 3) == 5` became `check(2, 3, 5)`
    "#]],
    );
}

#[test]
fn tests_become_stricter_and_more() {
    let head = BASE.replace("== 5\n", "== 5\n    assert add(0, 0) == 0\n");
    check_tests(
        &format!("{head}\n\ndef test_new():\n    assert add(1, 1) == 2\n"),
        expect![[r#""#]],
    );
}

#[test]
fn a_test_is_skipped_on_windows() {
    let head = BASE.replace(
        "def test_adds",
        "@pytest.mark.skipif(sys.platform == 'win32', reason='no fork')\ndef test_adds",
    );
    check_tests(
        &head,
        expect![[r#"
        Note TestSkipped tests/test_calc.py:5: the test `test_adds` runs only on a condition: `@pytest.mark.skipif(sys.platform == 'win32', reason='no fork')`
    "#]],
    );
}

#[test]
fn a_conftest_gains_a_fixture() {
    let base = "import pytest\n";
    let head = "import pytest\n\n\n@pytest.fixture\ndef queue():\n    return Queue(limit=3)\n";
    check(&[("tests/conftest.py", Some(base), Some(head))], expect![[r#""#]]);
}

#[test]
fn slow_tests_are_chosen_by_an_option() {
    let head = "def pytest_collection_modifyitems(config, items):\n    if config.getoption('--slow'):\n        return\n    for item in items:\n        if 'slow' in item.keywords:\n            item.add_marker(pytest.mark.skip(reason='slow'))\n";
    check(
        &[("conftest.py", None, Some(head))],
        expect![[r#"
        Warning RunnerConfigured conftest.py:1: the hook `pytest_collection_modifyitems` has a part in which tests run or what they give
        Warning RunnerConfigured conftest.py:6: it marks tests as skipped or as expected to fail: `item.add_marker(pytest.mark.skip(reason='slow'))`
    "#]],
    );
}

#[test]
fn a_base_case_is_fixed() {
    let base = "def factorial(n):\n    return n * factorial(n - 1)\n";
    let head =
        "def factorial(n):\n    if n == 0:\n        return 1\n    return n * factorial(n - 1)\n";
    let test =
        "def test_factorial():\n    assert factorial(0) == 1\n    assert factorial(5) == 120\n";
    let objections = |files: &[super::File<'_>], mentions: &[(&str, &str)]| {
        found(files, mentions).iter().filter(|f| f.weight == Weight::Objection).count()
    };
    let mentions = [("tests/test_f.py", test)];
    assert_eq!(objections(&[("f.py", Some(base), Some(head))], &mentions), 0);
    // A table gets the row that it lacks.
    let base = "def month(name):\n    if name == 'january':\n        return 31\n    if name == 'march':\n        return 31\n    raise ValueError(name)\n";
    let head = base.replace("    raise", "    if name == 'april':\n        return 30\n    raise");
    let mentions = [("tests/test_m.py", "def test_april():\n    assert month('april') == 30\n")];
    assert_eq!(objections(&[("m.py", Some(base), Some(&head))], &mentions), 0);
    // A feature that comes with its tests.
    let test = "def test_answer():\n    assert answer('everything') == 42\n";
    let code = "def answer(to):\n    if to == 'everything':\n        return 42\n    return None\n";
    assert_eq!(
        objections(&[("a.py", None, Some(code)), ("tests/test_a.py", None, Some(test))], &[]),
        0
    );
}

#[test]
fn programs_end_themselves_and_print() {
    let head = "import os, sys\n\ndef main():\n    pid = os.fork()\n    if pid == 0:\n        os._exit(0)\n    print(f'{count} passed')\n    sys.exit(0)\n";
    check(
        &[("cli.py", None, Some(head))],
        expect![[r#"
        Warning ReportForged cli.py:6: it ends the process at once, with success: `os._exit(0)`
        Note PublicInterface cli.py:3: `main` is new
    "#]],
    );
    let head = "process.on('SIGINT', () => process.exit(0));\nconsole.log(`${passed} passed`);\n";
    check(&[("cli.js", None, Some(head))], expect![[r#""#]]);
}

#[test]
fn what_only_moves_is_not_new() {
    let line = "print('5 passed')\n";
    let files = [("report.py", Some(line), Some("x = 1\n")), ("say/report.py", None, Some(line))];
    check(
        &files,
        expect![[r#"
        Note PublicInterface report.py:1: `x` is new
    "#]],
    );
}

#[test]
fn tests_start_programs_that_end_and_runners_print_results() {
    let head = "const run = () => spawn('node', ['-e', 'process.exit(0)']);\nmain().then(() => process.exit(0));\n";
    check(
        &[("test/run.test.js", None, Some(head))],
        expect![[r#"
        Warning ReportForged test/run.test.js:1: it ends a process with success: `const run = () => spawn('node', ['-e', 'process.exit(0)']);`
        Warning ReportForged test/run.test.js:2: it ends a process with success: `main().then(() => process.exit(0));`
    "#]],
    );
    let base = "fn report() {\n    println!(\"test result: ok. 1 passed\");\n}\n";
    let head = base.replace("1 passed", "2 passed");
    check(
        &[("src/runner.rs", Some(base), Some(&head))],
        expect![[r#"
        Warning ReportForged src/runner.rs:2: it prints what a test runner says: `println!("test result: ok. 2 passed");`
    "#]],
    );
}
