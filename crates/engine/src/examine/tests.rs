use domain::evidence::Outcome::{Absent, Failed, Passed};
use domain::examination::Tested;

use super::*;

#[test]
fn an_exam_is_told_in_one_line() {
    let id = |number| AttemptId::new(&"k3v9x2ab".parse().expect("an id"), number);
    let tested = |name: &str, outcome| Tested { name: name.into(), outcome };
    let exam = |tests| Exam { tests_of: id(2), code_of: id(1), tests, duration_ms: 1 };
    let tests = vec![tested("a", Passed), tested("b", Failed), tested("c", Absent)];
    assert_eq!(
        words(&exam(tests)),
        "cross-examination: attempt 2's tests on this code: 1 passed, 1 failed, 1 can't be loaded \
         with it (b)"
    );
    let none = "cross-examination: attempt 2's tests on this code: 0 passed, 0 failed";
    assert_eq!(words(&exam(Vec::new())), none);
}
