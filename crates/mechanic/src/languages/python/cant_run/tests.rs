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
