//! Caches and builds in a change.

use expect_test::expect;

use super::check;

#[test]
fn caches_are_written() {
    check(
        &[
            ("pkg/__pycache__/calc.cpython-311.pyc", None, Some("x")),
            ("pkg/__pycache__/other.cpython-311.pyc", None, Some("x")),
            (".pytest_cache/v/cache/lastfailed", None, Some("{}")),
            ("node_modules/assert/index.js", None, Some("module.exports = () => {};\n")),
            ("target/debug/deps/a", None, Some("x")),
            ("dist/a.js", None, Some("x")),
        ],
        expect![[r#"
            Objection CacheWritten .pytest_cache/v/cache/lastfailed: 1 file of .pytest_cache/, which the checks would believe
            Objection CacheWritten node_modules/assert/index.js: 1 file of node_modules/, which the checks would believe
            Objection CacheWritten pkg/__pycache__/calc.cpython-311.pyc: 2 files of pkg/__pycache__/, which the checks would believe
            Objection CacheWritten target/debug/deps/a: 1 file of target/, which the checks would believe
            Warning CacheWritten dist/a.js: 1 file of dist/, made by a build
        "#]],
    );
}

#[test]
fn a_package_of_that_name_and_kept_modules_are_no_cache() {
    check(
        &[
            ("src/target/mod.ts", None, Some("const a = 1;\n")),
            ("node_modules/a/index.js", Some("1"), Some("2")),
            ("node_modules/a/new.js", None, Some("2")),
            ("__pycache__/a.pyc", Some("x"), None),
        ],
        expect![[r#"
            Warning CacheWritten node_modules/a/index.js: 2 files of node_modules/, which the checks would believe
        "#]],
    );
}
