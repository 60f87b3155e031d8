use super::*;

/// The edited line, for every edit of one template at the last statement.
fn offered(path: &str, template: Template, text: &str) -> Vec<String> {
    let parsed = Parsed::new(path, text.to_owned()).unwrap();
    let statement = *parsed.statements().last().unwrap();
    let scope = Scope::of(&parsed, statement);
    let edits = repairs(statement, &scope, &Hints::default());
    let of_template = edits.iter().filter(|edit| edit.template == template);
    let line = statement.first_line() as usize - 1;
    of_template.map(|edit| edit.apply(text).lines().nth(line).unwrap().trim().to_owned()).collect()
}

#[track_caller]
fn offers(path: &str, template: Template, text: &str, wanted: &[&str]) {
    let all = offered(path, template, text);
    for one in wanted {
        assert!(all.iter().any(|offer| offer == one), "no {one:?} in {all:#?}");
    }
}

#[test]
fn operators() {
    let all = offered("a.py", Template::Operator, "x = a < b\n");
    expect_test::expect![[
        r#"["x = a > b", "x = a >= b", "x = a <= b", "x = a != b", "x = a == b"]"#
    ]]
    .assert_eq(&format!("{all:?}"));
    offers("a.py", Template::Operator, "x += 1\n", &["x -= 1", "x = 1"]);
    offers("a.py", Template::Operator, "n ^= n - 1\n", &["n &= n - 1"]);
    offers("a.py", Template::Operator, "x = a is not b\n", &["x = a is b"]);
    offers("a.py", Template::Operator, "x = a not in b\n", &["x = a in b"]);
    offers("a.py", Template::Operator, "x = a and b\n", &["x = a or b"]);
    offers("a.py", Template::Operator, "x = -a\n", &["x = a"]);
    offers("a.js", Template::Operator, "x = a === b;\n", &["x = a !== b;"]);
    offers("a.js", Template::Operator, "x = a && b;\n", &["x = a || b;"]);
    offers("a.ts", Template::Operator, "let x: number = a + b;\n", &["let x: number = a - b;"]);
    let text = "fn f(a: i32, b: i32) -> bool {\n    a < b\n}\n";
    offers("a.rs", Template::Operator, text, &["a <= b", "a >= b"]);
}
