//! Tests that a Rust source file has in itself: which files of a change have them, what such a file
//! is with the other commit's tests, and whether a test lies in one. By syntax alone: whether the
//! result compiles, only a compiler can tell.

use std::collections::BTreeSet;

use syntax::Parsed;
use syntax::testing::{self, tests_spliced};

use crate::report::prefixes;
use crate::sources::Source;
use crate::test_files::{is_test_file, lies_in};

/// Beyond this a change isn't one of tests but of a whole tree.
const FILES_MAX: usize = 1_000;

/// A file whose inline tests the change adds, edits or removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InlineFile {
    pub path: String,
    /// Base's code with head's tests, where that isn't base's text.
    pub on_base: Option<String>,
    /// Head's code with base's tests, where that isn't head's text.
    pub on_head: Option<String>,
    /// As the runner calls them below their target: `calc::tests::adds`.
    at_base: BTreeSet<String>,
    at_head: BTreeSet<String>,
}

impl InlineFile {
    /// `None` where both commits have the same tests in it, or one of the texts isn't known.
    fn of(source: &Source) -> Option<Self> {
        let path = &source.path;
        if !path.ends_with(".rs") || path.contains('\u{fffd}') || is_test_file(path) {
            return None;
        }
        let (base, head) = (source.base.text()?, source.head.text()?);
        let parsed = |text: &str| Parsed::new(path, text.to_owned());
        let (code_base, code_head) = (parsed(base)?, parsed(head)?);
        let on_base = tests_spliced(&code_base, &code_head).filter(|text| text != base);
        let on_head = tests_spliced(&code_head, &code_base).filter(|text| text != head);
        if on_base.is_none() && on_head.is_none() {
            return None;
        }
        let (at_base, at_head) = (names(path, base), names(path, head));
        Some(Self { path: path.clone(), on_base, on_head, at_base, at_head })
    }

    fn has(&self, test: &str) -> bool {
        let names = || prefixes(below_target(test));
        names().any(|name| self.at_base.contains(name) || self.at_head.contains(name))
    }

    fn adds(&self, test: &str) -> bool {
        let names = || prefixes(below_target(test));
        names().any(|name| self.at_head.contains(name))
            && !names().any(|name| self.at_base.contains(name))
    }
}

/// `demo src/lib.rs::calc::tests::adds`, and nextest's `demo calc::tests::adds`.
fn below_target(test: &str) -> &str {
    let parts = test.split_once(".rs::").or_else(|| test.split_once(' '));
    parts.map_or(test, |(_, name)| name)
}

fn names(path: &str, text: &str) -> BTreeSet<String> {
    let module = module(path);
    let tests = testing::read(path, text).unwrap_or_default().tests;
    let named = tests.into_iter().map(|test| match module.as_str() {
        "" => test.name,
        module => format!("{module}::{}", test.name),
    });
    named.collect()
}

/// The module that a file is, by where it lies below `src`. That of a target's own file is "".
fn module(path: &str) -> String {
    let inside = match path.rsplit_once("/src/") {
        Some((_, inside)) => inside,
        None => path.strip_prefix("src/").unwrap_or(path),
    };
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    if ["lib", "main"].contains(&inside) || inside.starts_with("bin/") {
        return String::new();
    }
    inside.replace('/', "::")
}

/// Where a change's tests lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Files that are tests as a whole.
    pub files: Vec<String>,
    pub inline: Vec<InlineFile>,
}

impl Places {
    pub fn new(files: Vec<String>, sources: &[Source]) -> Self {
        let inline = sources.iter().filter_map(InlineFile::of).take(FILES_MAX).collect();
        Self { files, inline }
    }

    /// The file that `test` lies in.
    pub fn of(&self, test: &str) -> Option<&str> {
        let file = self.files.iter().find(|path| lies_in(test, path)).map(String::as_str);
        file.or_else(|| self.inline.iter().find(|file| file.has(test)).map(|file| &*file.path))
    }

    /// Whether the change may well have added `test`, by where it lies.
    pub fn may_add(&self, test: &str) -> bool {
        self.files.iter().any(|path| lies_in(test, path))
            || self.inline.iter().any(|file| file.adds(test))
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.inline.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Side;

    const BASE: &str = "pub fn f() -> u8 { 1 }\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    \
                        fn old() {}\n}\n";

    fn source(path: &str, head: &str) -> Source {
        let side = |text: &str| Side::Text(text.into());
        Source::new(path.into(), side(BASE), side(head))
    }

    fn inline(path: &str, head: &str) -> Option<InlineFile> {
        InlineFile::of(&source(path, head))
    }

    #[test]
    fn each_commits_code_is_given_the_others_tests() {
        let head = BASE.replace("{ 1 }", "{ 2 }").replace("old() {}", "new() {}");
        let file = inline("src/calc.rs", &head).unwrap();
        assert_eq!(file.on_base.as_deref(), Some(&*BASE.replace("old() {}", "new() {}")));
        assert_eq!(file.on_head.as_deref(), Some(&*BASE.replace("{ 1 }", "{ 2 }")));
    }

    #[test]
    fn a_file_with_the_same_tests_is_left_alone() {
        let head = BASE.replace("{ 1 }", "{ 2 }");
        assert_eq!(inline("src/calc.rs", &head), None);
        assert_eq!(inline("src/calc/tests.rs", &BASE.replace("old", "new")), None);
        assert_eq!(inline("src/calc.py", &BASE.replace("old", "new")), None);
        let base = Side::Text(BASE.into());
        let large = Source::new("src/calc.rs".into(), base, Side::Large { bytes: 1 << 30 });
        assert_eq!(InlineFile::of(&large), None);
    }

    #[test]
    fn a_test_is_known_by_its_module() {
        let head = BASE.replace("fn old", "fn new() {}\n    #[test]\n    fn old");
        let named = |path: &str| Places::new(vec![], &[source(path, &head)]);
        for (path, test) in [
            ("src/lib.rs", "demo src/lib.rs::tests::new"),
            ("src/calc.rs", "demo src/lib.rs::calc::tests::new"),
            ("src/calc/mod.rs", "demo src/lib.rs::calc::tests::new::case_1"),
            ("crates/a/src/b/c.rs", "a src/main.rs::b::c::tests::new #2"),
            ("src/calc.rs", "demo calc::tests::new"),
        ] {
            let places = named(path);
            assert_eq!(places.of(test), Some(path), "{test}");
            assert!(places.may_add(test), "{test}");
            assert!(!places.may_add(&test.replace("new", "old")), "{test}");
        }
        let places = named("src/lib.rs");
        assert_eq!(places.of("demo src/lib.rs::tests::old"), Some("src/lib.rs"));
        assert_eq!(places.of("demo src/lib.rs::calc::tests::new"), None);
        assert_eq!(places.of("tests::other"), None);
    }
}
