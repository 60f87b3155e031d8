use expect_test::{Expect, expect};
use syntax::edit::{Replacement, Template};

use super::*;

fn marked(path: &str, text: &str) -> (Parsed, Marked) {
    let parsed = Parsed::new(path, text.into()).unwrap();
    let marked = Marked::new(&parsed, 0, 0);
    (parsed, marked)
}

#[track_caller]
fn check(path: &str, text: &str, expected: &Expect) {
    let (parsed, marked) = marked(path, text);
    assert!(!parsed.has_errors());
    let woven = Parsed::new(path, marked.woven.clone()).unwrap();
    assert!(!woven.has_errors(), "{}", marked.woven);
    expected.assert_eq(
        &marked.woven.replace("(globalThis as any).__whimbrel", "W").replace("__whimbrel", "W"),
    );
}

#[test]
fn every_statement_counts_and_every_function_has_a_hook() {
    check(
        "a.js",
        "'use strict';\nexport const K = 3;\nfunction f(a) {\n  if (a) return 1;\n  else if (K)\n    \
         a++;\n  while (a < 3) a++;\n  switch (a) { case 1: return a; default: a = 2; }\n  \
         return [a].map(x => x + 1);\n}\n",
        &expect![[r#"
            'use strict';
            W(0);export const K = 3;
            function f(a) {if(W.at===0)return eval(W.body);
              W(1);if (W(5),(a)) {W(6);return 1;}
              else if (W(7),(K))
                {W(8);a++;}
              W(2);while (W(9),(a < 3)) {W(10);a++;}
              W(3);switch (a) { case 1: W(11);return a; default: W(12);a = 2; }
              W(4);return [a].map(x => (W.at===1?eval(W.body):(W(13),x + 1)));
            }
        "#]],
    );
}

#[test]
fn functions_of_each_shape() {
    check(
        "a.ts",
        "class A<T> extends B {\n  x = 1;\n  constructor(private y: T) { 'use strict'; super(); }\n  \
         async m(): Promise<T> { return await this.y; }\n  *g() { yield 1; }\n}\n\
         const f = async (n: number) => await g(n);\ninterface I { a: number }\n",
        &expect![[r#"
            ;W(0);class A<T> extends B {
              x = 1;
              constructor(private y: T) { 'use strict';;if(W.at===0)return eval(W.body); ;W(2);super(); }
              async m(): Promise<T> {if(W.at===1)return eval(W.body); ;W(3);return await this.y; }
              *g() {if(W.at===2)return yield* eval(W.body); ;W(4);yield 1; }
            }
            ;W(1);const f = async (n: number) => (W.at===3?eval(W.body):(W(5),await g(n)));
            interface I { a: number }
        "#]],
    );
}

#[test]
fn an_edited_body_has_no_hook_of_its_own() {
    let text = "const f = x => x + 1;\nfunction g(a) {\n  return a < 3;\n}\n";
    let (_, marked) = marked("a.js", text);
    let mut scripts = Vec::new();
    for (old, new) in [("+", "-"), ("<", "<=")] {
        let start = text.find(old).unwrap();
        let replacement = Replacement { range: start..start + 1, text: new.into() };
        let edit = Edit {
            replacements: vec![replacement],
            template: Template::Operator,
            cost: 1.0,
            line: 1,
            function: None,
            size: 1,
        };
        let function = marked.function(&edit.range()).unwrap();
        scripts.push(marked.edited(text, function, &edit).unwrap());
    }
    expect![[r#"
        (()=>((0?0:(__whimbrel(1),x - 1))
        ))()
        ---
        (()=>{
          __whimbrel(2);return a <= 3;

        })()"#]]
    .assert_eq(&scripts.join("\n---\n"));
    assert!(marked.function(&(0..5)).is_none());
}

#[test]
fn a_file_with_errors_stays_as_wrong_as_it_was() {
    let (_, marked) = marked("a.js", "function f( { return }\nlet x = ;\n");
    assert!(marked.woven.contains("let x = ;"));
}
