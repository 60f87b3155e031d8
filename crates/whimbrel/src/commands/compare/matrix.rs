//! The cross-examination in short: whose tests on whose code, and which failed.

use domain::Examination;
use domain::evidence::Outcome;
use domain::examination::{Exam, Examined};

use crate::ui::{self, Paint};

/// Failing tests that are named.
const NAMES_MAX: usize = 12;
const NAME_CHARS_MAX: usize = 70;

/// None where nothing was run.
pub fn matrix(examination: &Examination, paint: Paint) -> Option<String> {
    if examination.exams.is_empty() {
        return None;
    }
    let codes = &examination.examined;
    let label = format!("tests of {}", widest_number(codes)).len();
    let column = column(examination).max(format!("on {}", widest_number(codes)).len());
    let heading =
        codes.iter().map(|code| format!("{:<column$}", format!("on {}", code.attempt.number())));
    let heading = heading.collect::<Vec<_>>().join("  ");
    let mut lines = vec![paint.dim(&format!("{:<label$}  {}", "", heading.trim_end()))];
    let authors = codes
        .iter()
        .filter(|one| examination.exams.iter().any(|exam| exam.tests_of == one.attempt));
    for author in authors {
        let cells = codes.iter().map(|code| {
            let exam = examination.exam(&author.attempt, &code.attempt);
            cell(exam, author == code, column, paint)
        });
        let whose = format!("{:<label$}", format!("tests of {}", author.attempt.number()));
        let line = format!("{}  {}", paint.dim(&whose), cells.collect::<Vec<_>>().join("  "));
        lines.push(line.trim_end().to_owned());
    }
    lines.extend(failures(examination));
    Some(lines.join("\n"))
}

fn widest_number(codes: &[Examined]) -> u32 {
    codes.iter().map(|code| code.attempt.number()).max().unwrap_or(0)
}

fn column(examination: &Examination) -> usize {
    examination.exams.iter().map(|exam| words(exam).chars().count()).max().unwrap_or(0)
}

fn cell(exam: Option<&Exam>, is_own: bool, width: usize, paint: Paint) -> String {
    let Some(exam) = exam else {
        let text = if is_own { "own" } else { "–" };
        return paint.dim(&format!("{text:<width$}"));
    };
    let text = format!("{:<width$}", words(exam));
    match (exam.count(Outcome::Failed), exam.count(Outcome::Passed)) {
        (0, 0) => paint.dim(&text),
        (0, _) => paint.green(&text),
        (_, _) => paint.red(&text),
    }
}

/// `3 of 4 pass`; what can't be loaded says nothing.
fn words(exam: &Exam) -> String {
    let (passed, failed) = (exam.count(Outcome::Passed), exam.count(Outcome::Failed));
    match passed + failed {
        0 => "can't tell".into(),
        all => format!("{passed} of {all} pass"),
    }
}

fn failures(examination: &Examination) -> Vec<String> {
    let failed = examination.exams.iter().flat_map(|exam| {
        let failed = exam.tests.iter().filter(|test| test.outcome == Outcome::Failed);
        failed.map(move |test| {
            let (by, on) = (exam.tests_of.number(), exam.code_of.number());
            format!("  {} of {by} fails on {on}", ui::line(&test.name, NAME_CHARS_MAX))
        })
    });
    let all: Vec<String> = failed.collect();
    let more = all.len().saturating_sub(NAMES_MAX);
    let mut lines: Vec<String> = all.into_iter().take(NAMES_MAX).collect();
    if more > 0 {
        lines.push(format!("  … and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests;
