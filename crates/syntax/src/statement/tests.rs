use super::*;

/// Each statement's own lines, the function it is in, and how it begins.
fn statements(path: &str, text: &str) -> String {
    let parsed = Parsed::new(path, text.to_owned()).unwrap();
    assert!(!parsed.has_errors(), "{path}");
    let mut shown = String::new();
    for statement in parsed.statements() {
        let lines = statement.lines();
        let name = statement.qualified_name().unwrap_or_default();
        let first = statement.text().lines().next().unwrap_or_default();
        let role = statement.deed().role();
        shown.push_str(&format!("{}-{} {name}: {role:?} {first}\n", lines.start(), lines.end()));
    }
    shown
}

#[test]
fn of_python() {
    let text = r#"import os
class A(B):
    limit = 3
    @property
    def f(self, x: int = (
            1)):
        for y in (x,
                  2):
            if y: return y
            elif x:
                y += 1
        else:
            pass
        def inner():
            raise E
        return [
            inner,
        ]
"#;
    expect_test::expect![[r#"
        1-1 : Import import os
        2-2 A: Class class A(B):
        3-3 A: Assignment limit = 3
        5-6 A.f: Function def f(self, x: int = (
        7-8 A.f: For for y in (x,
        9-9 A.f: If if y: return y
        9-9 A.f: Return return y
        10-10 A.f: Elif elif x:
        11-11 A.f: Augmented y += 1
        13-13 A.f: Pass pass
        14-14 A.f.inner: Function def inner():
        15-15 A.f.inner: Raise raise E
        16-18 A.f: Return return [
    "#]]
    .assert_eq(&statements("a.py", text));
}

#[test]
fn of_typescript() {
    let text = r#"import { a } from "b";
export const f = (x: number) => {
  if (x) return 1;
  else if (a) x++;
  return [1].map((y) => { return y * x; });
};
class A {
  private n = 0;
  g(): void {
    switch (this.n) {
      case 1:
        this.n = 2;
        break;
      default:
        throw f(1);
    }
    for (let i = 0; i < 3; i++) {
      f(i);
    }
  }
}
"#;
    expect_test::expect![[r#"
        1-1 : Import import { a } from "b";
        2-2 : Let const f = (x: number) => {
        3-3 f: If if (x) return 1;
        3-3 f: Return return 1;
        4-4 f: If if (a) x++;
        4-4 f: Update x++;
        5-5 f: Return return [1].map((y) => { return y * x; });
        5-5 f: Return return y * x;
        7-7 A: Class class A {
        8-8 A: Let private n = 0
        9-9 A.g: Function g(): void {
        10-10 A.g: Match switch (this.n) {
        11-11 A.g: Case case 1:
        12-12 A.g: Assignment this.n = 2;
        13-13 A.g: Break break;
        14-14 A.g: Case default:
        15-15 A.g: Raise throw f(1);
        17-17 A.g: While for (let i = 0; i < 3; i++) {
        18-18 A.g: Call f(i);
    "#]]
    .assert_eq(&statements("a.ts", text));
}

#[test]
fn of_rust() {
    let text = r#"use a::b;
const N: usize = 3;
impl T for A<u8> {
    fn f(&mut self, x: Option<u8>) -> u8 {
        let Some(y) = x else { return 0 };
        match y {
            1 if self.ok => self.n = 2,
            _ => {
                self.n += 1;
            }
        }
        if y > 1 {
            loop {
                break;
            }
        } else if y == 0 {
            b(|z| z + 1);
        }
        y
    }
}
mod inner {
    fn g() {}
}
"#;
    expect_test::expect![[r#"
        1-1 : Import use a::b;
        2-2 : Let const N: usize = 3;
        3-3 A: Class impl T for A<u8> {
        4-4 A::f: Function fn f(&mut self, x: Option<u8>) -> u8 {
        5-5 A::f: Let let Some(y) = x else { return 0 };
        5-5 A::f: Return return 0
        6-6 A::f: Match match y {
        7-7 A::f: Case 1 if self.ok => self.n = 2,
        8-8 A::f: Case _ => {
        9-9 A::f: Augmented self.n += 1;
        12-12 A::f: If if y > 1 {
        13-13 A::f: While loop {
        14-14 A::f: Break break;
        16-16 A::f: If if y == 0 {
        17-17 A::f: Call b(|z| z + 1);
        19-19 A::f: Name y
        23-23 g: Function fn g() {}
    "#]]
    .assert_eq(&statements("a.rs", text));
}

#[test]
fn a_header_has_nothing_of_what_it_heads() {
    let text = "def f(a: int = b):\n    c = 1\nfor x in f(y):\n    z = 2\n";
    let parsed = Parsed::new("a.py", text.to_owned()).unwrap();
    let names = |statement: &Node<'_>| -> Vec<String> {
        let names = header(*statement).into_iter().filter(|node| node.role() == Role::Name);
        names.map(|node| node.text().to_owned()).collect()
    };
    let all: Vec<Vec<String>> = parsed.statements().iter().map(names).collect();
    assert_eq!(all, [vec!["f", "a", "b"], vec!["c"], vec!["x", "f", "y"], vec!["z"]]);
}

#[test]
fn functions_have_their_whole_text_and_lines() {
    let text = "class A {\n  f() {\n    g();\n  }\n}\nconst h = (x) =>\n  x;\n";
    let parsed = Parsed::new("a.js", text.to_owned()).unwrap();
    let functions = parsed.functions();
    let shown: Vec<(&str, &str, (u32, u32))> = functions
        .iter()
        .map(|each| {
            let lines = (*each.lines.start(), *each.lines.end());
            (each.name.as_str(), &text[each.range.clone()], lines)
        })
        .collect();
    let expected = [("A.f", "f() {\n    g();\n  }", (2, 4)), ("h", "(x) =>\n  x", (6, 7))];
    assert_eq!(shown, expected);
    let call = parsed.statements().into_iter().find(|each| each.text() == "g();").unwrap();
    assert_eq!(call.function(), Some(functions[0].clone()));
}

#[test]
fn statements_on_lines_are_the_innermost() {
    let text = "def f(a):\n    if a:\n        return 1\n    return 2\n";
    let parsed = Parsed::new("a.py", text.to_owned()).unwrap();
    let on = |line: u32| -> Vec<&str> {
        let found = parsed.statements_on(&[line..=line]).into_iter();
        found.map(|each| each.text().lines().next().unwrap()).collect()
    };
    assert_eq!(
        [on(1), on(2), on(3), on(9)],
        [vec!["def f(a):"], vec!["if a:"], vec!["return 1"], vec![]]
    );
    let text = "f(1, () => {\n  g(2);\n}, 3);\n";
    let parsed = Parsed::new("a.js", text.to_owned()).unwrap();
    assert_eq!(parsed.statements_on(&[3..=3]).len(), 1);
}
