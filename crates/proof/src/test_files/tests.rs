use super::{is_test_file, lies_in};

#[test]
fn tests_are_known_by_their_paths() {
    for path in [
        "tests/a.py",
        "pkg/tests/data/x.json",
        "test_a.py",
        "a_test.go",
        "conftest.py",
        "src/a.test.ts",
        "web/__tests__/a.js",
        "tests/it/main.rs",
        "src/foo/tests.rs",
    ] {
        assert!(is_test_file(path), "{path}");
    }
    for path in ["a.py", "src/test/lib.rs", "latest/a.py", "contest.py", "src/testing.rs"] {
        assert!(!is_test_file(path), "{path}");
    }
}

#[test]
fn a_test_lies_in_its_file() {
    assert!(lies_in("tests/test_x.py::T::t", "tests/test_x.py"));
    assert!(lies_in("tests.test_x.T.t", "tests/test_x.py"));
    assert!(lies_in("test_x.T.t", "tests/test_x.py"));
    assert!(lies_in("tests/it.rs::t", "tests/it.rs"));
    assert!(!lies_in("demo src/lib.rs::tests::t", "tests/it.rs"));
    assert!(!lies_in("tests/test_xy.py::t", "tests/test_x.py"));
}
