use domain::AttemptId;
use domain::examination::Tested;
use expect_test::expect;

use super::*;

#[test]
fn a_matrix_is_short_and_names_what_fails() {
    let id = |number| AttemptId::new(&"k3v9x2ab".parse().unwrap(), number);
    let examined = |number| Examined { attempt: id(number), head: "a".repeat(40).parse().unwrap() };
    let tested = |name: &str, outcome| Tested { name: name.into(), outcome };
    let exam = |tests_of, code_of, tests| Exam {
        tests_of: id(tests_of),
        code_of: id(code_of),
        tests,
        duration_ms: 1,
    };
    let examination = Examination {
        examined: vec![examined(1), examined(2), examined(12)],
        exams: vec![
            exam(
                1,
                2,
                vec![
                    tested("t.py::a", Outcome::Passed),
                    tested("t.py::\u{1b}[31mb", Outcome::Failed),
                ],
            ),
            exam(1, 12, vec![tested("t.py::a", Outcome::Absent)]),
            exam(12, 1, vec![tested("u.py::c", Outcome::Passed)]),
        ],
        ..Examination::default()
    };
    let shown = matrix(&examination, Paint::plain()).unwrap();
    expect![[r#"
                     on 1         on 2         on 12
        tests of 1   own          1 of 2 pass  can't tell
        tests of 12  1 of 1 pass  –            own
          t.py::�[31mb of 1 fails on 2"#]]
    .assert_eq(&shown);
    assert_eq!(matrix(&Examination::default(), Paint::plain()), None);
}
