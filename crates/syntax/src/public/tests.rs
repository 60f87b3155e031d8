use expect_test::{Expect, expect};

use super::*;

fn check(path: &str, text: &str, expected: Expect) {
    let parsed = Parsed::new(path, text.into()).unwrap();
    let shown: String = items(&parsed)
        .iter()
        .map(|item| format!("{} {}: {}\n", item.line, item.name, item.signature))
        .collect();
    expected.assert_eq(&shown);
}

#[test]
fn rust() {
    check(
        "src/lib.rs",
        "pub fn f(a: u8) -> u8 { a }\nfn g() {}\npub(crate) fn h() {}\npub struct S { pub a: u8, b: u8 }\nimpl S { pub fn m(&self) {} fn n(&self) {} }\nimpl Clone for S { fn clone(&self) -> S { todo!() } }\npub enum E { A(u8), B }\npub trait T { fn t(&self); }\n#[cfg(test)]\npub mod tests { pub fn x() {} }\npub mod inner { pub const C: u8 = 1; }\npub use a::b;\n",
        expect![[r#"
            1 f: pub fn f(a: u8) -> u8
            4 S: pub struct S
            4 S::a: pub a: u8
            5 S::m: pub fn m(&self)
            7 E: pub enum E
            7 E::A: A(u8)
            7 E::B: B
            8 T: pub trait T
            8 T::t: fn t(&self)
            11 inner: pub mod inner
            11 inner::C: pub const C: u8
            12 pub use a::b;: pub use a::b
        "#]],
    );
}

#[test]
fn python() {
    check(
        "a.py",
        "LIMIT = 3\n_x = 1\n@cached\ndef f(a, b=1) -> int:\n    return a\ndef _g(): pass\nclass A(B):\n    def __init__(self, x): pass\n    def m(self): pass\n    def _n(self): pass\n",
        expect![[r#"
            1 LIMIT: LIMIT
            4 f: def f(a, b=1) -> int
            7 A: class A(B)
            8 A.__init__: def __init__(self, x)
            9 A.m: def m(self)
        "#]],
    );
    check(
        "a.py",
        "__all__ = ['f']\ndef f(): pass\ndef g(): pass\n",
        expect![[r#"
        2 f: def f()
    "#]],
    );
}

#[test]
fn javascript() {
    check(
        "a.ts",
        "export function f(a: number): string { return ''; }\nfunction g() {}\nexport const h = (x: number) => x, LIMIT = 3;\nexport class Q { push(x: T) {} private p() {} #q() {} }\nexport default function main() {}\nexport { g, g as k };\nexport * from './b';\nexport interface I { a: string }\nexport type U = 'a' | 'b';\n",
        expect![[r#"
            1 f: function f(a: number): string
            3 h: h = (x: number)
            3 LIMIT: LIMIT
            4 Q: class Q
            4 Q.push: push(x: T)
            5 default: function main()
            6 g: g
            6 k: k
            7 export * from './b';: export * from './b';
            8 I: interface I { a: string }
            9 U: type U = 'a' | 'b'
        "#]],
    );
    check(
        "a.cjs",
        "exports.f = () => 1;\nmodule.exports = { g, h: 1 };\n",
        expect![[r#"
        1 f: f
        2 g: g
        2 h: h
    "#]],
    );
}
