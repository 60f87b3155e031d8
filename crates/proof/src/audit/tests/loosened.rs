//! Tests that are deleted, skipped, weakened and edited.

use expect_test::expect;

use super::{check, check_with};

const SUM: &str = "\
import pytest
from calc import add


def test_adds():
    assert add(2, 3) == 5
    assert add(-2, 2) == 0


def test_floats():
    assert add(0.1, 0.2) == pytest.approx(0.3, rel=1e-6)
";

fn edited(from: &str, to: &str) -> String {
    assert!(SUM.contains(from), "{from}");
    SUM.replace(from, to)
}

fn check_sum(head: &str, expected: expect_test::Expect) {
    check(&[("tests/test_sum.py", Some(SUM), Some(head))], expected);
}

#[test]
fn a_test_is_deleted() {
    let cut = SUM.find("def test_floats").unwrap();
    check_sum(
        &SUM[..cut],
        expect![[r#"
        Warning TestDeleted tests/test_sum.py:10: the test `test_floats` is deleted
    "#]],
    );
    check(
        &[("tests/test_sum.py", Some(SUM), None)],
        expect![[r#"
        Warning TestDeleted tests/test_sum.py:5: the test `test_adds` is deleted
        Warning TestDeleted tests/test_sum.py:10: the test `test_floats` is deleted
    "#]],
    );
}

#[test]
fn a_test_is_skipped() {
    check_sum(
        &edited("def test_adds", "@pytest.mark.skip\ndef test_adds"),
        expect![[r#"
        Warning TestSkipped tests/test_sum.py:5: the test `test_adds` is skipped: `@pytest.mark.skip`
    "#]],
    );
    check_sum(
        &edited("def test_adds", "@pytest.mark.xfail(strict=False)\ndef test_adds"),
        expect![[r#"
            Warning TestSkipped tests/test_sum.py:5: the test `test_adds` may fail now: `@pytest.mark.xfail(strict=False)`
        "#]],
    );
    check_sum(
        &edited("import pytest\n", "import pytest\npytestmark = pytest.mark.skip\n"),
        expect![[r#"
            Warning TestSkipped tests/test_sum.py:2: the file's tests don't run: `pytestmark = pytest.mark.skip`
        "#]],
    );
    check_sum(
        &edited("import pytest\n", "import pytest\nnp = pytest.importorskip('nothing')\n"),
        expect![[r#"
            Warning TestSkipped tests/test_sum.py:2: the file's tests don't run: `np = pytest.importorskip('nothing')`
        "#]],
    );
    check_sum(
        &edited("def test_adds():\n", "def test_adds():\n    return\n"),
        expect![[r#"
        Objection TestWeakened tests/test_sum.py:6: the test `test_adds` returns before it asserts: `return`
    "#]],
    );
    check_sum(
        &edited("def test_adds():\n", "def test_adds():\n    pytest.skip('later')\n"),
        expect![[r#"
            Warning TestSkipped tests/test_sum.py:6: the test `test_adds` is skipped: `pytest.skip('later')`
        "#]],
    );
    check_sum(
        &edited("def test_adds", "def _test_adds"),
        expect![[r#"
        Warning TestDeleted tests/test_sum.py:5: the test `test_adds` is deleted
    "#]],
    );
    check_sum(
        &format!("{SUM}\n\ndef test_adds():\n    pass\n"),
        expect![[r#"
        Objection TestWeakened tests/test_sum.py:14: the test `test_adds` can't fail any more: nothing is left of it
    "#]],
    );
}

#[test]
fn an_assertion_is_edited_or_gone() {
    check_sum(
        &edited("== 5", "== 6"),
        expect![[r#"
        Warning TestEdited tests/test_sum.py:6: an expected value is edited, in `test_adds`: `assert add(2, 3) == 5` became `assert add(2, 3) == 6`
    "#]],
    );
    check_sum(
        &edited("    assert add(2, 3) == 5\n", ""),
        expect![[r#"
        Warning TestWeakened tests/test_sum.py:5: `test_adds` loses an assertion: `assert add(2, 3) == 5`
    "#]],
    );
    check_sum(
        &edited("assert add(2, 3) == 5", "assert add(2, 3)"),
        expect![[r#"
        Warning TestWeakened tests/test_sum.py:6: a weaker assertion, in `test_adds`: `assert add(2, 3) == 5` became `assert add(2, 3)`
    "#]],
    );
    check_sum(
        &edited("assert add(2, 3) == 5", "assert add(2, 3) in (5, 6)"),
        expect![[r#"
        Warning TestWeakened tests/test_sum.py:6: a weaker assertion, in `test_adds`: `assert add(2, 3) == 5` became `assert add(2, 3) in (5, 6)`
    "#]],
    );
    check_sum(
        &edited("assert add(2, 3) == 5", "assert True"),
        expect![[r#"
        Objection TestWeakened tests/test_sum.py:6: an assertion was replaced by one that can't fail, in `test_adds`: `assert add(2, 3) == 5` became `assert True`
    "#]],
    );
    check_sum(
        &edited("assert add(2, 3) == 5", "assert add(2, 3) == 5 or True"),
        expect![[r#"
        Objection TestWeakened tests/test_sum.py:6: an assertion was replaced by one that can't fail, in `test_adds`: `assert add(2, 3) == 5` became `assert add(2, 3) == 5 or True`
    "#]],
    );
    check_sum(
        &edited("rel=1e-6", "rel=0.5"),
        expect![[r#"
        Warning TestWeakened tests/test_sum.py:11: a wider tolerance, in `test_floats`: `assert add(0.1, 0.2) == pytest.approx(0.3, rel=1e-6)` became `assert add(0.1, 0.2) == pytest.approx(0.3, rel=0.5)`
    "#]],
    );
    let emptied = edited("    assert add(2, 3) == 5\n    assert add(-2, 2) == 0\n", "    pass\n");
    check_sum(
        &emptied,
        expect![[r#"
        Objection TestWeakened tests/test_sum.py:5: the test `test_adds` can't fail any more: nothing is left of it
    "#]],
    );
    let swallowed = edited(
        "    assert add(2, 3) == 5\n",
        "    try:\n        assert add(2, 3) == 5\n    except Exception:\n        pass\n",
    );
    check_sum(
        &swallowed,
        expect![[r#"
        Objection TestWeakened tests/test_sum.py:8: the test `test_adds` forgets that an assertion failed: `except Exception: pass`
    "#]],
    );
}

#[test]
fn cases_and_constants() {
    let base = "EPSILON = 1e-9\nWANTED = 5\n@pytest.mark.parametrize('a', [1, 2, 3])\ndef test_a(a):\n    assert f(a) == WANTED\n";
    let head = base.replace("[1, 2, 3]", "[1]").replace("1e-9", "0.1").replace("= 5", "= 6");
    check(
        &[("test_a.py", Some(base), Some(&head))],
        expect![[r#"
        Warning TestWeakened test_a.py:1: a wider tolerance: `EPSILON` was `1e-9`, is `0.1`
        Warning TestWeakened test_a.py:3: the test `test_a` runs with 1 of 3 cases
        Warning TestEdited test_a.py:2: a value that tests use is edited: `WANTED` was `5`, is `6`
    "#]],
    );
    check(
        &[("tests/data/wanted.json", Some("{\"a\": 1}"), Some("{\"a\": 2}"))],
        expect![[r#"
        Warning TestEdited tests/data/wanted.json: data that tests use is edited
    "#]],
    );
}

#[test]
fn unittest() {
    let base = "class T(unittest.TestCase):\n    def test_a(self):\n        self.assertAlmostEqual(f(1), 2, places=6)\n        self.assertEqual(f(2), 4)\n";
    let head = base
        .replace("places=6", "places=0")
        .replace("self.assertEqual(f(2), 4)", "self.assertTrue(f(2))");
    check(
        &[("tests/test_a.py", Some(base), Some(&head))],
        expect![[r#"
        Warning TestWeakened tests/test_a.py:3: a wider tolerance, in `T::test_a`: `self.assertAlmostEqual(f(1), 2, places=6)` became `self.assertAlmostEqual(f(1), 2, places=0)`
        Warning TestWeakened tests/test_a.py:4: a weaker assertion, in `T::test_a`: `self.assertEqual(f(2), 4)` became `self.assertTrue(f(2))`
    "#]],
    );
}

#[test]
fn javascript() {
    let base = "test('adds', () => {\n  expect(add(1, 2)).toBe(3);\n  expect(add(0.1, 0.2)).toBeCloseTo(0.3, 5);\n});\nit('is kept', () => { expect(f()).toBe(1); });\n";
    let file = |head: &str, expected| check(&[("a.test.js", Some(base), Some(head))], expected);
    file(
        &base.replace("test('adds'", "test.skip('adds'"),
        expect![[r#"
        Warning TestSkipped a.test.js:1: the test `adds` is skipped: `test.skip`
    "#]],
    );
    file(
        &base.replace("it('is kept'", "it.only('is kept'"),
        expect![[r#"
        Warning TestSkipped a.test.js:5: only tests with this mark run: `it.only`
    "#]],
    );
    file(
        &base.replace("0.3, 5", "0.3, 0"),
        expect![[r#"
        Warning TestWeakened a.test.js:3: a wider tolerance, in `adds`: `expect(add(0.1, 0.2)).toBeCloseTo(0.3, 5)` became `expect(add(0.1, 0.2)).toBeCloseTo(0.3, 0)`
    "#]],
    );
    file(
        &base.replace(".toBe(3)", ".toBeTruthy()"),
        expect![[r#"
        Warning TestWeakened a.test.js:2: a weaker assertion, in `adds`: `expect(add(1, 2)).toBe(3)` became `expect(add(1, 2)).toBeTruthy()`
    "#]],
    );
    file(
        &base.replace("expect(add(1, 2)).toBe(3)", "expect(true).toBe(true)"),
        expect![[r#"
        Objection TestWeakened a.test.js:2: an assertion was replaced by one that can't fail, in `adds`: `expect(add(1, 2)).toBe(3)` became `expect(true).toBe(true)`
    "#]],
    );
    file(
        &base.replace("expect(f()).toBe(1);", ""),
        expect![[r#"
        Objection TestWeakened a.test.js:5: the test `is kept` can't fail any more: nothing is left of it
    "#]],
    );
}

#[test]
fn rust_and_go() {
    let base = "pub fn f() -> u8 { 1 }\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() {\n        assert_eq!(super::f(), 2);\n    }\n}\n";
    let file = |head: &str, expected| check(&[("src/lib.rs", Some(base), Some(head))], expected);
    file(
        &base.replace("#[test]", "#[test]\n    # [ignore]"),
        expect![[r#"
        Warning TestSkipped src/lib.rs:6: the test `tests::one` is skipped: `# [ignore]`
    "#]],
    );
    file(
        &base.replace("assert_eq!(super::f(), 2)", "assert!(true)"),
        expect![[r#"
        Objection TestWeakened src/lib.rs:5: the test `tests::one` can't fail any more: nothing is left of it
    "#]],
    );
    file(
        &base.replace("#[test]\n", ""),
        expect![[r#"
        Warning TestDeleted src/lib.rs:5: the test `tests::one` is deleted
    "#]],
    );
    file(
        &base.replace("), 2)", "), 1)"),
        expect![[r#"
        Warning TestEdited src/lib.rs:7: an expected value is edited, in `tests::one`: `assert_eq!(super::f(), 2)` became `assert_eq!(super::f(), 1)`
    "#]],
    );
    let base = "func TestA(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Fatal(f())\n\t}\n}\n";
    let skipped = base.replace("{\n\tif", "{\n\tt.Skip()\n\tif");
    check(
        &[("a_test.go", Some(base), Some(&skipped))],
        expect![[r#"
        Warning TestSkipped a_test.go:2: the test `TestA` is skipped: `t.Skip()`
    "#]],
    );
}

#[test]
fn a_file_moved_to_where_nobody_looks_is_deleted() {
    check_with(
        &[("tests/test_sum.py", Some(SUM), None), ("tests/old_sum.py", None, Some(SUM))],
        &[],
        expect![[r#"
            Warning TestDeleted tests/test_sum.py:5: the test `test_adds` is deleted
            Warning TestDeleted tests/test_sum.py:10: the test `test_floats` is deleted
        "#]],
    );
}
