use super::*;

#[test]
fn every_language_has_a_grammar_that_reads_it() {
    let texts = [
        ("a.py", "def f(x):\n    return x\n"),
        ("a.js", "export const f = (x) => x;\n"),
        ("a.jsx", "export const f = (x) => <b>{x}</b>;\n"),
        ("a.ts", "export function f<T>(x: T): T { return x; }\n"),
        ("a.tsx", "export const f = (x: number) => <b>{x}</b>;\n"),
        ("a.rs", "pub fn f(x: u8) -> u8 { x }\n"),
    ];
    for (path, text) in texts {
        let parsed = Parsed::new(path, text.into()).expect("a known language");
        assert!(!parsed.has_errors(), "{path}");
    }
    assert!(Parsed::new("a.c", "int x;".into()).is_none());
}
