//! The cross-examination: a row is whose tests, a column on whose code.

use domain::Examination;
use domain::evidence::Outcome;
use domain::examination::{Exam, Examined};
use maud::{Markup, html};

use crate::views::brief;

/// Failing tests that are named.
const NAMES_MAX: usize = 20;

pub fn matrix(examination: &Examination) -> Markup {
    if examination.exams.is_empty() {
        return html! {};
    }
    let codes = &examination.examined;
    let has_tests =
        |one: &&Examined| examination.exams.iter().any(|exam| exam.tests_of == one.attempt);
    html! {
        section.card aria-labelledby="matrix-title" {
            h2 #matrix-title { "Whose tests on whose code" }
            div.table-wrap tabindex="0" role="group" aria-label="Cross-examination" {
                table.table.matrix {
                    thead { tr {
                        td {}
                        @for code in codes { th scope="col" { "code of " (code.attempt.number()) } }
                    } }
                    tbody {
                        @for author in codes.iter().filter(has_tests) {
                            tr {
                                th scope="row" { "tests of " (author.attempt.number()) }
                                @for code in codes { (cell(examination.exam(&author.attempt, &code.attempt), author == code)) }
                            }
                        }
                    }
                }
            }
            (failures(examination))
            @for note in &examination.notes { p.muted.small { (brief::line(note, 400)) } }
        }
    }
}

/// What can't be loaded says nothing.
fn cell(exam: Option<&Exam>, is_own: bool) -> Markup {
    let Some(exam) = exam else {
        return html! { td.muted { (if is_own { "own" } else { "–" }) } };
    };
    let (passed, failed) = (exam.count(Outcome::Passed), exam.count(Outcome::Failed));
    match passed + failed {
        0 => html! { td.muted { "can't tell" } },
        all if failed == 0 => html! { td.cell-good { (passed) " of " (all) " pass" } },
        all => html! { td.cell-bad { (passed) " of " (all) " pass" } },
    }
}

fn failures(examination: &Examination) -> Markup {
    let failed: Vec<(&Exam, &str)> = examination
        .exams
        .iter()
        .flat_map(|exam| {
            let failed = exam.tests.iter().filter(|test| test.outcome == Outcome::Failed);
            failed.map(move |test| (exam, test.name.as_str()))
        })
        .collect();
    html! {
        @if !failed.is_empty() {
            ul.why {
                @for (exam, name) in failed.iter().take(NAMES_MAX) {
                    li { span.mono { (brief::line(name, 120)) } " of " (exam.tests_of.number()) " fails on the code of " (exam.code_of.number()) }
                }
                @if failed.len() > NAMES_MAX { li { (failed.len() - NAMES_MAX) " more" } }
            }
        }
    }
}
