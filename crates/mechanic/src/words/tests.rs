use super::*;

fn story<'s>(edits: &'s [Told], failing: &'s [String], located: &'s [SuspiciousLine]) -> Story<'s> {
    Story {
        edits,
        failing,
        located,
        effort: Box::leak(Box::new(effort())),
        runners_up: edits,
        ambiguity: Ambiguity { others: 2, ways: 2, inputs: 40, alike: 1, why: Why::Cheapest },
        mentioned: &[],
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

        812 edits were tried (812 in 0.9 s swapped in). The task's text names none of these files and functions, and was understood no further. With this one, `pytest -q` passes (34 tests). **The tests don't single it out:** 2 other edits pass all tests, too. On 40 inputs near those that the tests use they behave in 2 ways, and 1 of the 2 others as this one does. This one was taken because it is the least far-fetched. The next:

        - `ease/spring.py:40`: `return target - offset` → `return target + offset`

        This is a template edit, made without understanding: it makes the tests pass, and a person should judge whether it is what the program is meant to do.
    "#]].assert_eq(&summary(&story(&edits, &failing, &located)));
}

#[test]
fn a_change_is_shown_in_whole_lines() {
    let text = "a\n    b + c\nd\n";
    assert_eq!(lines_around(text, 8, 9), "b + c");
}

fn effort() -> Effort {
    let took = std::time::Duration::from_millis(900);
    Effort {
        tried: 812,
        swapped: crate::Speed { candidates: 812, took, served: took },
        ..Effort::default()
    }
}
