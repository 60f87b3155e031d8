use super::*;

fn story<'s>(edits: &'s [Told], failing: &'s [String], located: &'s [SuspiciousLine]) -> Story<'s> {
    Story {
        edits,
        failing,
        located,
        tried: 812,
        runners_up: edits,
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
        template: Template::Operator,
        before: "return target - offset".into(),
        after: "return target + offset".into(),
    }
}

#[test]
fn a_title_names_the_function_and_fits() {
    let edits = [told("Spring.settle")];
    assert_eq!(title(&story(&edits, &[], &[])), "Use `+` instead of `-` in `Spring.settle`");
    let edits = [told(&format!("{}.settle", "Very".repeat(20)))];
    assert_eq!(title(&story(&edits, &[], &[])), "Use `+` instead of `-` in `settle`");
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
    expect_test::expect![[r#"
        In `Spring.settle` (`ease/spring.py`, line 40):

        ```diff
        - return target - offset
        + return target + offset
        ```

        This test failed and passes now:

        - `tests/test_spring.py::test_end`

        ### How it was found

        The lines that failing tests run and passing tests don't (Ochiai) were edited by templates, the most suspicious first:

        | suspicion | line | |
        |---|---|---|
        | 0.82 | `ease/spring.py:40` | `return a \| b` |

        812 edits were tried. With this one, `pytest -q` passes (34 tests). **The tests don't single it out:** 2 other edits pass all tests, too; this one is the least far-fetched. The next:

        - `ease/spring.py:40`: `return target - offset` → `return target + offset`

        This is a template edit, made without understanding: it makes the tests pass, and a person should judge whether it is what the program is meant to do.
    "#]].assert_eq(&summary(&story(&edits, &failing, &located)));
}

#[test]
fn a_change_is_shown_in_whole_lines() {
    let text = "a\n    b + c\nd\n";
    assert_eq!(lines_around(text, 8, 9), "b + c");
}
