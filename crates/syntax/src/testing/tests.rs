use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;

fn shown(file: &TestFile) -> String {
    let mut shown = String::new();
    let mark = |mark: &Mark| format!("{:?}@{} {}", mark.kind, mark.line, mark.text);
    for found in &file.marks {
        writeln!(shown, "file: {}", mark(found)).unwrap();
    }
    for test in &file.tests {
        let Test { name, lines, cases, calls, .. } = test;
        writeln!(shown, "{name} {lines:?} cases {cases:?} calls {calls}").unwrap();
        test.marks.iter().for_each(|found| writeln!(shown, "  {}", mark(found)).unwrap());
        for Assertion { line, text, strength, tolerances, .. } in &test.assertions {
            writeln!(shown, "  {line} {strength:?} {tolerances:?} {text}").unwrap();
        }
    }
    shown
}

fn check(path: &str, text: &str, expected: Expect) {
    expected.assert_eq(&shown(&read(path, text).expect("a known language")));
}

#[test]
fn pytest() {
    check(
        "tests/test_a.py",
        r#"
import pytest
np = pytest.importorskip("numpy")

@pytest.mark.parametrize("a,b", [(1, 2), (3, 4)])
def test_sum(a, b):
    assert add(a, 1) == b
    assert b in (2, 4)
    assert add(a, b)
    assert (add(a, b), "always")
    assert add(a, 0.1) == pytest.approx(1.1, rel=1e-3)
    assert abs(add(a, b) - 3) < 0.5
    assert True

@pytest.mark.skipif(sys.platform == "win32", reason="no")
@pytest.mark.xfail
class TestX:
    def test_a(self):
        with pytest.raises(ValueError):
            f()
        return
        check_all(self)

    def helper(self): ...

def test_b():
    try:
        assert f() == 1
    except AssertionError:
        pass

def test_b():
    pytest.skip("later")

if False:
    def test_c(): pass
"#,
        expect![[r#"
            file: SkipIf@3 np = pytest.importorskip("numpy")
            test_sum 5..=13 cases Some(2) calls 7
              7 Exact [] assert add(a, 1) == b
              8 Partial [] assert b in (2, 4)
              9 Truthy [] assert add(a, b)
              10 Nothing [] assert (add(a, b), "always")
              11 Approximate [("rel", 0.001)] assert add(a, 0.1) == pytest.approx(1.1, rel=1e-3)
              12 Approximate [("bound", 0.5)] assert abs(add(a, b) - 3) < 0.5
              13 Nothing [] assert True
            TestX::test_a 18..=22 cases None calls 1
              SkipIf@15 @pytest.mark.skipif(sys.platform == "win32", reason="no")
              ExpectedFailure@16 @pytest.mark.xfail
              Returns@21 return
              19 Exact [] pytest.raises(ValueError)
              22 Exact [] check_all(self)
            test_b 32..=33 cases None calls 1
              Skip@33 pytest.skip("later")
            test_c 36..=36 cases None calls 0
              SkipIf@35 False
        "#]],
    );
}

#[test]
fn unittest() {
    check(
        "tests/test_a.py",
        r#"
class Sums(unittest.TestCase):
    @unittest.skip("no")
    def test_a(self):
        self.assertEqual(f(1), 2)
        self.assertAlmostEqual(f(1), 2, places=3)
        self.assertTrue(f(1))
        self.assertTrue(True)
        self.assertTrue(f(1) == 2)
        with self.assertRaises(Exception):
            f(None)

    def test_b(self):
        self.skipTest("x")
        raise unittest.SkipTest("y")

class Helper:
    def test_nothing(self): pass
"#,
        expect![[r#"
            Sums::test_a 3..=11 cases None calls 5
              Skip@3 @unittest.skip("no")
              5 Exact [] self.assertEqual(f(1), 2)
              6 Approximate [("places", 3.0)] self.assertAlmostEqual(f(1), 2, places=3)
              7 Truthy [] self.assertTrue(f(1))
              8 Nothing [] self.assertTrue(True)
              9 Exact [] self.assertTrue(f(1) == 2)
              10 Partial [] self.assertRaises(Exception)
            Sums::test_b 13..=15 cases None calls 2
              Skip@14 self.skipTest("x")
              Skip@15 unittest.SkipTest("y")
        "#]],
    );
}

#[test]
fn javascript() {
    check(
        "a.test.ts",
        r#"
import { test, expect } from "vitest";
describe("sum", () => {
  it("adds", () => {
    expect(add(1, 2)).toBe(3);
    expect(add(1, 2)).not.toEqual(4);
    expect(add(0.1, 0.2)).toBeCloseTo(0.3, 5);
    expect(true).toBe(true);
    expect(x).to.be.true;
    expect(add(1)).toBeTruthy();
  });
  it.skip("is skipped", () => { expect(1).toBe(f()); });
  describe.only("inner", () => {
    test("b", { skip: true }, (t) => { assert.strictEqual(f(), 1); assert.ok(true); assert(f() === 1); });
  });
});
test.each([[1, 2], [3, 4]])("case %i", (a, b) => { expect(a).toBe(b); });
test("swallows", () => {
  try { expect(f()).toBe(1); } catch {}
});
xit("old", function () { this.skip(); return; });
test.todo("write it");
"#,
        expect![[r#"
            sum > adds 4..=11 cases None calls 4
              5 Exact [] expect(add(1, 2)).toBe(3)
              6 Partial [] expect(add(1, 2)).not.toEqual(4)
              7 Approximate [("digits", 5.0)] expect(add(0.1, 0.2)).toBeCloseTo(0.3, 5)
              8 Nothing [] expect(true).toBe(true)
              9 Exact [] expect(x).to.be.true
              10 Truthy [] expect(add(1)).toBeTruthy()
            sum > is skipped 12..=12 cases None calls 1
              Skip@12 it.skip
              12 Exact [] expect(1).toBe(f())
            sum > inner > b 14..=14 cases None calls 2
              Only@13 describe.only
              Skip@14 skip: true
              14 Exact [] assert.strictEqual(f(), 1)
              14 Nothing [] assert.ok(true)
              14 Exact [] assert(f() === 1)
            case %i 17..=17 cases Some(2) calls 0
              17 Exact [] expect(a).toBe(b)
            swallows 18..=20 cases None calls 1
              Swallows@19 catch {}
              19 Exact [] expect(f()).toBe(1)
            old 21..=21 cases None calls 1
              Skip@21 xit
              Skip@21 this.skip()
            write it 22..=22 cases None calls 1
              Skip@22 test.todo
              Skip@22 a test without a body
        "#]],
    );
}

#[test]
fn rust() {
    check(
        "src/lib.rs",
        r#"
pub fn f() {}
#[cfg(test)]
mod tests {
    #[test]
    # [ignore = "slow"]
    fn a() {
        assert_eq!(f(1), 2);
        assert!(true);
        assert!((f(1) - 2.0).abs() < 1e-6, "far");
        assert!(f(1).is_ok());
        check(1, 2);
        f(1).expect("x");
    }

    #[tokio::test]
    #[cfg(any())]
    async fn b() {
        return;
        assert_ne!(f(1), 2);
    }
}
"#,
        expect![[r#"
            tests::a 5..=14 cases None calls 2
              Skip@6 # [ignore = "slow"]
              8 Exact [] assert_eq!(f(1), 2)
              9 Nothing [] assert!(true)
              10 Approximate [("bound", 1e-6)] assert!((f(1) - 2.0).abs() < 1e-6, "far")
              11 Truthy [] assert!(f(1).is_ok())
              12 Exact [] check(1, 2)
            tests::b 16..=21 cases None calls 0
              SkipIf@17 #[cfg(any())]
              Returns@19 return;
              20 Partial [] assert_ne!(f(1), 2)
        "#]],
    );
}

#[test]
fn go() {
    check(
        "a_test.go",
        "package a\n\nfunc TestA(t *testing.T) {\n\tt.Skip(\"later\")\n\tif f() != 1 {\n\t\tt.Errorf(\"%d\", f())\n\t}\n}\n\nfunc helper() {\n}\n",
        expect![[r#"
            TestA 3..=8 cases None calls 1
              Skip@4 t.Skip("later")
              6 Exact [] t.Errorf("%d", f())
        "#]],
    );
}

fn check_branches(path: &str, text: &str, expected: Expect) {
    let parsed = Parsed::new(path, text.into()).unwrap();
    let mut shown = String::new();
    for branch in branches(&parsed) {
        let Branch { line, function, skeleton, inputs, outputs, .. } = branch;
        let function = function.unwrap_or_default();
        writeln!(shown, "{line} {function}: {skeleton} {inputs:?} → {outputs:?}").unwrap();
    }
    expected.assert_eq(&shown);
}

#[test]
fn branches_on_literals() {
    check_branches(
        "a.py",
        "def f(n):\n    if n == 17 and True:\n        return 42\n    if n > 5: return 1\n    if n == 'a':\n        return g(n)\n    return 3 if n in (8, 9) else n\n",
        expect![[r#"
            2 f: n == _ and _ ["17", "true"] → ["42"]
            5 f: n == _ ["\"a\""] → []
            7 f: n in (_, _) ["8", "9"] → ["3"]
        "#]],
    );
    check_branches(
        "a.ts",
        "const f = (n) => { if (n === 17) { return [1, \"x\"]; } switch (n) { case 4: return 5; } return n === 3 ? 9 : n; };\n",
        expect![[r#"
            1 f: (n === _) ["17"] → ["1", "\"x\""]
            1 f: _ ["4"] → ["5"]
            1 f: n === _ ["3"] → ["9"]
        "#]],
    );
    check_branches(
        "a.rs",
        "fn f(n: u8) -> Option<u8> { if n == 17_u8 { return Some(42); } match n { 3 => 4, _ => n } }\n",
        expect![[r#"
            1 f: n == _ ["17"] → ["42"]
            1 f: _ ["3"] → ["4"]
        "#]],
    );
}

#[test]
fn deep_nesting_is_no_danger() {
    const DEEP: usize = 20_000;
    for (path, before, open, close, after) in [
        ("test_a.py", "def test_a():\n    assert ", "(", ")", "\n"),
        ("a.rs", "#[test]\nfn a() { ", "(", ")", " }"),
        ("a.js", "test('a', () => { ", "[", "]", " })"),
    ] {
        let deep = format!("{before}{}1{}{after}", open.repeat(DEEP), close.repeat(DEEP));
        let parsed = Parsed::new(path, deep.clone()).unwrap();
        assert!(read(path, &deep).is_some());
        rows(&parsed);
        branches(&parsed);
    }
}
