use super::*;

fn story<'s>(edits: &'s [Told], failing: &'s [String], located: &'s [SuspiciousLine]) -> Story<'s> {
    Story {
        edits,
        failing,
        located,
        tried: 812,
        alternatives: 2,
        tests: 34,
        test_command: "pytest -q",
    }
}

fn told(place: &str) -> Told {
    Told {
        path: "ease/spring.py".into(),
        line: 40,
        place: place.into(),
        noun: "the operator",
        before: "return target - offset".into(),
        after: "return target + offset".into(),
    }
}

#[test]
fn a_title_names_the_function_and_fits() {
    let edits = [told("Spring.settle")];
    assert_eq!(title(&story(&edits, &[], &[])), "Fix the operator in Spring.settle");
    let edits = [told(&format!("{}.settle", "Very".repeat(20)))];
    assert_eq!(title(&story(&edits, &[], &[])), "Fix the operator in settle");
}

#[test]
fn a_summary_says_how_it_was_found_and_that_it_is_a_guess() {
    let edits = [told("Spring.settle")];
    let failing = ["tests/test_spring.py::test_end".to_owned()];
    let located = [SuspiciousLine {
        path: "ease/spring.py".into(),
        line: 40,
        score_milli: 816,
        text: "return a | b".into(),
    }];
    expect_test::expect![[""]].assert_eq(&summary(&story(&edits, &failing, &located)));
}

#[test]
fn a_change_is_shown_in_whole_lines() {
    let text = "a\n    b + c\nd\n";
    assert_eq!(lines_around(text, 8, 9), "b + c");
}
