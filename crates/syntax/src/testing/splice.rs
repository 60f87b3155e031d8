//! The tests that a Rust file carries in itself, put into another version of the file.

use tree_sitter::Node;

use super::walk;
use crate::{Language, Parsed};

/// A top-level item that is only there for tests, with its attributes.
struct TestItem<'p> {
    /// What it is and how it is called.
    key: String,
    text: &'p str,
    start: usize,
    end: usize,
}

/// `code` with the tests of `tests` in place of its own: each top-level item marked
/// `#[cfg(test)]` or `#[test]` takes the place of the one of the same name, or comes last. Tests
/// that only `code` has stay. `None` where `tests` has none, or is no Rust.
pub fn tests_spliced(code: &Parsed, tests: &Parsed) -> Option<String> {
    if code.language != Language::Rust || tests.language != Language::Rust {
        return None;
    }
    let (own, others) = (items(code), items(tests));
    if others.is_empty() {
        return None;
    }
    let mut spliced = String::with_capacity(code.text.len() + tests.text.len());
    let mut end = 0;
    for item in &own {
        spliced.push_str(&code.text[end..item.start]);
        let other = others.iter().find(|other| other.key == item.key);
        spliced.push_str(other.map_or(item.text, |other| other.text));
        end = item.end;
    }
    spliced.push_str(&code.text[end..]);
    for item in others.iter().filter(|item| own.iter().all(|own| own.key != item.key)) {
        spliced.push_str("\n\n");
        spliced.push_str(item.text);
    }
    if !spliced.ends_with('\n') {
        spliced.push('\n');
    }
    Some(spliced)
}

fn items(parsed: &Parsed) -> Vec<TestItem<'_>> {
    let mut items = Vec::new();
    let mut attributes: Vec<Node<'_>> = Vec::new();
    for node in walk::children(parsed.root()) {
        match node.kind() {
            "attribute_item" => attributes.push(node),
            // A comment between an attribute and its item is the item's.
            "line_comment" | "block_comment" => {}
            _ => {
                let marks = std::mem::take(&mut attributes);
                if marks.iter().any(|mark| is_for_tests(parsed.of(*mark))) {
                    items.extend(marks.first().map(|first| item(parsed, *first, node)));
                }
            }
        }
    }
    items
}

fn is_for_tests(attribute: &str) -> bool {
    let bare: String = attribute.chars().filter(|c| !c.is_whitespace()).collect();
    let inner = bare.trim_start_matches("#[").trim_end_matches(']');
    let path = inner.split('(').next().unwrap_or_default();
    inner == "cfg(test)"
        || (inner.starts_with("cfg(all(") && inner.contains("(test,"))
        || path.rsplit("::").next() == Some("test")
}

fn item<'p>(parsed: &'p Parsed, first: Node<'p>, node: Node<'p>) -> TestItem<'p> {
    let (start, end) = (first.start_byte(), node.end_byte());
    let name = match node.child_by_field_name("name") {
        Some(name) => parsed.of(name).to_owned(),
        // An import, or an `impl`: known by what stands before its body.
        None => {
            let body = node.child_by_field_name("body").map_or(end, |body| body.start_byte());
            walk::collapsed(&parsed.text[node.start_byte()..body])
        }
    };
    TestItem { key: format!("{} {name}", node.kind()), text: &parsed.text[start..end], start, end }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(code: &str, tests: &str, expected: Expect) {
        let parsed = |text: &str| Parsed::new("src/lib.rs", text.into()).unwrap();
        let spliced = tests_spliced(&parsed(code), &parsed(tests));
        if let Some(text) = &spliced {
            assert!(!parsed(text).has_errors(), "{text}");
        }
        expected.assert_eq(&spliced.unwrap_or_else(|| "nothing".into()));
    }

    const CODE: &str = "\
pub fn f() -> u8 { 2 }

#[cfg(test)]
mod tests {
    #[test]
    # [ignore]
    fn f_is_one() {}
}

pub fn g() {}
";

    #[test]
    fn the_module_of_the_other_version_takes_its_place() {
        check(
            CODE,
            "pub fn f() -> u8 { 1 }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn f_is_one() { assert_eq!(f(), 1); }\n}\n",
            expect![[r#"
                pub fn f() -> u8 { 2 }

                #[cfg(test)]
                mod tests {
                    use super::*;
                    #[test]
                    fn f_is_one() { assert_eq!(f(), 1); }
                }

                pub fn g() {}
            "#]],
        );
    }

    #[test]
    fn what_was_removed_comes_back_at_the_end() {
        check(
            "pub fn f() -> u8 { 2 }",
            "#[cfg(test)]\nuse std::fs;\n\n#[test]\nfn f_is_one() { assert_eq!(f(), 1); }\n",
            expect![[r#"
                pub fn f() -> u8 { 2 }

                #[cfg(test)]
                use std::fs;

                #[test]
                fn f_is_one() { assert_eq!(f(), 1); }
            "#]],
        );
    }

    #[test]
    fn a_module_that_moved_to_its_own_file_is_inline_again() {
        check(
            "pub fn f() {}\n\n#[cfg(test)]\nmod tests;\n",
            "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {}\n}\n",
            expect![[r#"
                pub fn f() {}

                #[cfg(test)]
                mod tests {
                    #[test]
                    fn a() {}
                }
            "#]],
        );
    }

    #[test]
    fn a_version_without_tests_gives_nothing() {
        check(CODE, "pub fn f() {}\n", expect!["nothing"]);
        check(CODE, "#[cfg(unix)]\nmod tests {}\n", expect!["nothing"]);
    }
}
