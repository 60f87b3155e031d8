//! Texts that are made to take long, or to break what reads them.

use super::found;

const BYTES: usize = 1 << 15;

fn filled(piece: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() > BYTES {
            break;
        }
        text.push_str(&piece(number));
    }
    text
}

#[test]
fn tests_by_the_thousand_are_compared() {
    let of = |name: &str| filled(|n| format!("def test_{name}_{n}():\n    assert f({n}) == {n}\n"));
    let findings = found(&[("tests/test_a.py", Some(&of("a")), Some(&of("b")))], &[]);
    assert!(findings.len() < 200, "{}", findings.len());
    let same = filled(|_| "def test_a():\n    assert f(10) == 20\n".into());
    found(&[("tests/test_a.py", Some(&same), Some("def test_a(): pass\n"))], &[]);
}

#[test]
fn one_test_of_a_thousand_assertions_is_compared() {
    let of = |to: usize| {
        format!("def test_a():\n{}", filled(|n| format!("    assert f({n}) == {to}\n")))
    };
    assert!(!found(&[("test_a.py", Some(&of(1)), Some(&of(2)))], &[]).is_empty());
}

#[test]
fn one_long_line_and_deep_nesting_are_read() {
    for piece in
        ["(", "[", "a.", "if a==17:", "{'a':", "`${", "\"", "<", "&&", "test('a', () => {", "#[a]"]
    {
        let text = piece.repeat((BYTES / 8) / piece.len());
        for path in [
            "tests/test_a.py",
            "a.test.js",
            "src/a.rs",
            "a_test.go",
            "package.json",
            "Cargo.toml",
            "conftest.py",
            "Makefile",
        ] {
            found(&[(path, Some("x = 1\n"), Some(&text))], &[("tests/test_b.py", &text)]);
        }
    }
}

#[test]
fn branches_by_the_thousand_are_judged() {
    let code =
        format!("def f(n):\n{}", filled(|n| format!("    if n == {n}:\n        return {n}7\n")));
    let tests = filled(|n| format!("assert f({n}) == {n}8\n"));
    found(
        &[("a.py", Some("def f(n):\n    return g(n)\n"), Some(&code))],
        &[("tests/test_a.py", &tests)],
    );
}

#[test]
fn names_and_marks_of_every_kind_are_text() {
    let odd = "é\u{202e}\u{0}\u{1b}[31m🦀";
    let text = format!("def test_{odd}():\n    assert '{odd}' == f('{odd}')\n");
    found(&[(&format!("tests/test_{odd}.py"), Some(&text), Some(&text.replace("==", "in")))], &[]);
}
