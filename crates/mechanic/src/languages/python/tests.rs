use super::*;

#[test]
fn test_files_are_known_by_their_names() {
    for path in ["tests/helper.py", "pkg/tests/a.py", "test_a.py", "a/b_test.py", "conftest.py"] {
        assert!(is_test(path), "{path}");
    }
    for path in ["pkg/latest.py", "contest.py", "testament.py", "a.py"] {
        assert!(!is_test(path), "{path}");
    }
}
