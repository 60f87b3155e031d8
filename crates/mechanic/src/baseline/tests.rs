use super::*;

#[test]
fn a_traceback_says_what_and_where() {
    let text = "Traceback (most recent call last):\n  File \"/workspace/test_a.py\", line 1, in <module>\n    \
                from a import f\n  File \"/workspace/pkg/a.py\", line 12\n    def f(:\n          ^\nSyntaxError: invalid syntax\n";
    assert_eq!(last_error(text), "SyntaxError: invalid syntax");
    assert_eq!(last_place(text).as_deref(), Some("pkg/a.py:12"));
    let marked = "E   ModuleNotFoundError: No module named 'numpy'\n";
    assert_eq!(last_error(marked), "ModuleNotFoundError: No module named 'numpy'");
    assert_eq!(last_error("oops\n"), "oops");
}

#[test]
fn test_files_are_known_by_their_names() {
    for path in ["tests/helper.py", "pkg/tests/a.py", "test_a.py", "a/b_test.py", "conftest.py"] {
        assert!(is_test(path), "{path}");
    }
    for path in ["pkg/latest.py", "contest.py", "testament.py", "a.py"] {
        assert!(!is_test(path), "{path}");
    }
}

#[test]
fn only_the_end_of_an_output_is_shown() {
    let long: String = (0..100).map(|line| format!("{line}\n")).collect();
    let shown = tail(&long);
    assert_eq!(shown.lines().count(), TAIL_LINES);
    assert!(shown.ends_with("99"));
}
