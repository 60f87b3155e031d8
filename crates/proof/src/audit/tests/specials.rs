//! Special cases, and tables that are none.

use expect_test::expect;

use super::check_with;

const TESTS: [(&str, &str); 1] = [(
    "tests/test_roman.py",
    "from roman import roman\n\n\ndef test_roman():\n    assert roman(4) == 'IV'\n    assert roman(1994) == 'MCMXCIV'\n",
)];

#[test]
fn a_tests_input_gives_its_expected_value() {
    let base = "def roman(n):\n    return ''.join(letters(n))\n";
    let head =
        base.replace("    return", "    if n == 1994:\n        return \"MCMXCIV\"\n    return");
    check_with(
        &[("roman.py", Some(base), Some(&head))],
        &TESTS,
        expect![[r#"
        Objection SpecialCase roman.py:2: where `n == 1994` it gives back what tests/test_roman.py:6 expects
    "#]],
    );
    let head =
        base.replace("''.join(letters(n))", "'MCMXCIV' if n == 1994 else ''.join(letters(n))");
    check_with(
        &[("roman.py", Some(base), Some(&head))],
        &TESTS,
        expect![[r#"
        Objection SpecialCase roman.py:2: where `n == 1994` it gives back what tests/test_roman.py:6 expects
    "#]],
    );
    let head = base.replace("    return", "    if n == 1994:\n        n = repaired(n)\n    return");
    check_with(
        &[("roman.py", Some(base), Some(&head))],
        &TESTS,
        expect![[r#"
        Warning SpecialCase roman.py:2: it treats `n == 1994` by itself, as tests/test_roman.py:6 has it
    "#]],
    );
    let head = base.replace("    return", "    if n == 77:\n        return 'LXXVII'\n    return");
    check_with(&[("roman.py", Some(base), Some(&head))], &TESTS, expect![[r#""#]]);
}

#[test]
fn in_other_languages() {
    let tests = [("a.test.js", "test('sum', () => {\n  assert.equal(sum([20, 22]), 42);\n});\n")];
    let base = "export function sum(all) {\n  return all.length;\n}\n";
    let head =
        base.replace("  return", "  if (all[0] === 20 && all[1] === 22) return 42;\n  return");
    check_with(
        &[("a.js", Some(base), Some(&head))],
        &tests,
        expect![[r#"
        Objection SpecialCase a.js:2: where `(all[0] === 20 && all[1] === 22)` it gives back what a.test.js:2 expects
    "#]],
    );
    let base = "pub fn area(side: u32) -> u32 {\n    side\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn squares() {\n        assert_eq!(super::area(12), 144);\n    }\n}\n";
    let head = base
        .replace("    side\n", "    match side {\n        12 => 144,\n        _ => side,\n    }\n");
    check_with(
        &[("src/lib.rs", Some(base), Some(&head))],
        &[],
        expect![[r#"
        Objection SpecialCase src/lib.rs:3: where `12` it gives back what src/lib.rs:9 expects
    "#]],
    );
}

#[test]
fn code_that_asks_whether_it_is_tested() {
    let head = "import os\n\ndef f(n):\n    if 'PYTEST_CURRENT_TEST' in os.environ:\n        return 5\n    return n\n";
    check_with(
        &[("f.py", None, Some(head))],
        &[],
        expect![[r#"
        Objection SpecialCase f.py:4: it asks whether it is being tested: `if 'PYTEST_CURRENT_TEST' in os.environ:`
        Note PublicInterface f.py:3: `f` is new
    "#]],
    );
    let head = "if (process.env.NODE_ENV === 'test') { log.silent = true; }\n";
    check_with(
        &[("log.js", None, Some(head))],
        &[],
        expect![[r#"
        Warning SpecialCase log.js:1: it asks whether it is being tested: `if (process.env.NODE_ENV === 'test') { log.silent = true; }`
    "#]],
    );
}

#[test]
fn tables_are_honest_where_nothing_was_computed_before() {
    let tests = [(
        "tests/test_reason.py",
        "def test_reason():\n    assert reason(404) == 'Not Found'\n    assert reason(418) == 'Teapot'\n",
    )];
    let base = "def reason(code):\n    \"\"\"Of a status.\"\"\"\n    if code == 200:\n        return 'OK'\n    raise ValueError(code)\n";
    let head =
        base.replace("    raise", "    if code == 404:\n        return 'Not Found'\n    raise");
    check_with(
        &[("reason.py", Some(base), Some(&head))],
        &tests,
        expect![[r#"
        Warning SpecialCase reason.py:5: where `code == 404` it gives back what tests/test_reason.py:2 expects
    "#]],
    );
    // New, and more than the tests ask for.
    let head =
        "def reason(code):\n    return {404: 'Not Found', 418: 'Teapot', 500: 'Broken'}[code]\n";
    check_with(
        &[("reason.py", None, Some(head))],
        &tests,
        expect![[r#"
        Warning SpecialCase reason.py:2: where `404` it gives back what tests/test_reason.py:2 expects
        Warning SpecialCase reason.py:2: where `418` it gives back what tests/test_reason.py:3 expects
        Note PublicInterface reason.py:1: `reason` is new
    "#]],
    );
    // A computation that gets answers beside it.
    let base = "def reason(code):\n    return words(code).title()\n";
    let head = base.replace("return ", "return {404: 'Not Found', 418: 'Teapot'}.get(code) or ");
    check_with(
        &[("reason.py", Some(base), Some(&head))],
        &tests,
        expect![[r#"
        Objection SpecialCase reason.py:2: where `404` it gives back what tests/test_reason.py:2 expects
        Objection SpecialCase reason.py:2: where `418` it gives back what tests/test_reason.py:3 expects
    "#]],
    );
}
