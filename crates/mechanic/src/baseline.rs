//! What the first run of the tests means: something to repair, nothing to repair, or tests that
//! can't be run, with the reason in words. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::probe::{Outcome, Recorded, Test, Uncollected};
use crate::rank::Ranking;

/// Of output that is shown.
const TAIL_LINES: usize = 30;

/// Failing tests, and all that a search needs to know of the run that showed them.
#[derive(Debug, Clone)]
pub struct Baseline {
    pub failing: Vec<String>,
    pub passing: Vec<String>,
    pub ranking: Ranking,
    pub imported: BTreeMap<String, Vec<u32>>,
    /// Files with tests in them and, perhaps, what they test.
    pub mixed: BTreeSet<String>,
    pub process: Vec<String>,
    /// Of the failing tests, as far as they ended.
    pub failing_seconds: f64,
    pub all_seconds: f64,
    /// The whole command, by the clock.
    pub took: Duration,
}

#[derive(Debug)]
pub enum Verdict {
    Failing(Baseline),
    NothingFails,
    CantRun { why: String, remedy: String },
}

pub fn judge(recorded: Recorded) -> Verdict {
    let failing = recorded.with(Outcome::Failed).count();
    let ran = failing + recorded.with(Outcome::Passed).count();
    let loads = |test: &Test| !recorded.uncollected.iter().any(|other| other.id == test.id);
    let success = recorded.exited.status.is_success();
    match (failing, ran) {
        (0, 0) => nothing_ran(&recorded),
        (0, _) if success => Verdict::NothingFails,
        (0, _) => passes_but_fails(&recorded, ran),
        _ if !recorded.with(Outcome::Failed).any(loads) => not_loaded(&recorded),
        _ => Verdict::Failing(baseline(recorded)),
    }
}

fn baseline(recorded: Recorded) -> Baseline {
    let test_files: BTreeSet<String> =
        recorded.tests.iter().filter_map(|test| test.path.clone()).collect();
    let covered = recorded.tests.iter().flat_map(Test::lines);
    let named = covered.map(|(path, _)| path).filter(|path| is_test(path)).map(str::to_owned);
    let by_name = test_files.iter().filter(|path| is_test(path)).cloned();
    let mut ignored: BTreeSet<String> = by_name.chain(named).collect();
    let mut mixed: BTreeSet<String> = test_files.difference(&ignored).cloned().collect();
    let elsewhere: BTreeSet<String> = ignored.union(&mixed).cloned().collect();
    if Ranking::of(&recorded.tests, &elsewhere).paths().next().is_none() && mixed.is_empty() {
        // What is tested can only stand where the tests do.
        mixed = std::mem::take(&mut ignored);
    }
    let of_tests: BTreeSet<String> = ignored.union(&mixed).cloned().collect();
    let ids = |outcome| recorded.with(outcome).map(|test| test.id.clone()).collect();
    let usual = recorded.with(Outcome::Passed).map(|test| test.seconds).fold(0.0, f64::max);
    // A test that hangs says nothing about how long it should take; its peers do.
    let seconds = |test: &Test| if test.hung { usual } else { test.seconds };
    Baseline {
        failing: ids(Outcome::Failed),
        passing: ids(Outcome::Passed),
        ranking: Ranking::of(&recorded.tests, &ignored),
        failing_seconds: recorded.with(Outcome::Failed).map(seconds).sum(),
        all_seconds: recorded.tests.iter().map(seconds).sum(),
        took: recorded.took,
        process: recorded.process.unwrap_or_default(),
        imported: own(recorded.imported, &of_tests),
        mixed,
    }
}

fn own(
    imported: BTreeMap<String, Vec<u32>>,
    ignored: &BTreeSet<String>,
) -> BTreeMap<String, Vec<u32>> {
    let own = |path: &String| !ignored.contains(path) && !is_test(path);
    imported.into_iter().filter(|(path, _)| own(path)).collect()
}

/// By the names that test files and their helpers have everywhere.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_tests = folders.split('/').any(|folder| matches!(folder, "tests" | "test" | "testing"));
    let stem = name.trim_end_matches(".py");
    in_tests || name == "conftest.py" || stem.starts_with("test_") || stem.ends_with("_test")
}

fn nothing_ran(recorded: &Recorded) -> Verdict {
    let output = recorded.exited.text();
    if let Some(module) =
        between(&output, "No module named ", "\n").filter(|_| !recorded.loaded_tests())
    {
        let module = module.trim().trim_matches('\'').to_owned();
        return cant_run(
            format!("Python has no module {module}, which the test command asks for"),
            format!(
                "install {module} ({}), or set checks.test to a runner that is there",
                how_to_install(&module)
            ),
        );
    }
    if let Some(first) = recorded.uncollected.first() {
        return not_loaded_because(first, recorded.uncollected.len());
    }
    let code = recorded.exited.status.code();
    match code {
        127 => cant_run(
            format!("the test command isn't there: {}", last_line(&output)),
            if output.contains("pytest") {
                format!("install pytest ({}), or set checks.test", how_to_install("pytest"))
            } else {
                "install it in the environment's setup, or set checks.test".into()
            },
        ),
        124 => cant_run(
            "the tests didn't end in time".into(),
            "set limits.minutes higher, or checks.test to fewer tests".into(),
        ),
        _ if recorded.loaded => cant_run(
            format!("the test command found no test to run (exit code {code})"),
            "set checks.test to the command that runs the tests".into(),
        ),
        _ => cant_run(
            format!(
                "no Python process of the test command let itself be watched (exit code {code})"
            ),
            "set checks.test to a command that runs pytest or unittest".into(),
        ),
    }
}

fn passes_but_fails(recorded: &Recorded, ran: usize) -> Verdict {
    if let Some(first) = recorded.uncollected.first() {
        return not_loaded_because(first, recorded.uncollected.len());
    }
    let code = recorded.exited.status.code();
    cant_run(
        format!("all {ran} tests pass, but the test command ends with exit code {code}"),
        "look at what else the command does after the tests".into(),
    )
}

fn not_loaded(recorded: &Recorded) -> Verdict {
    let first = recorded.uncollected.first();
    first.map_or_else(
        || nothing_ran(recorded),
        |first| not_loaded_because(first, recorded.uncollected.len()),
    )
}

fn not_loaded_because(first: &Uncollected, count: usize) -> Verdict {
    let error = last_error(&first.error);
    let place = last_place(&first.error).map_or(String::new(), |place| format!(" at {place}"));
    let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
    let missing = error.contains("ModuleNotFoundError").then(|| between(&error, "named '", "'"));
    let remedy = match missing {
        Some(Some(module)) => {
            format!("install {module} ({}), or repair the import", how_to_install(module))
        }
        Some(None) => "install what is missing in the environment's setup".into(),
        None => "repair this first: no test of the file can run before it".into(),
    };
    cant_run(format!("{} can't be loaded: {error}{place}{more}", first.id), remedy)
}

/// The distribution is called as the module is, more often than not.
fn how_to_install(module: &str) -> String {
    let package = module.split('.').next().unwrap_or_default();
    format!("`python3 -m pip install {package}` in the environment's setup")
}

fn cant_run(why: String, remedy: String) -> Verdict {
    Verdict::CantRun { why, remedy }
}

/// `SyntaxError: invalid syntax`, wherever it stands in a traceback.
fn last_error(text: &str) -> String {
    let is_error = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        (name.ends_with("Error") || name.ends_with("Exception")) && !name.contains(' ')
    };
    let plain = |line: &str| line.trim_start_matches(['E', ' ']).trim().to_owned();
    // A name that begins with E keeps it: only the runner's own mark is cut off.
    let marked =
        |line: &str| line.strip_prefix("E  ").map_or_else(|| line.trim().to_owned(), plain);
    let lines: Vec<String> = text.lines().map(marked).collect();
    let found = lines.iter().map(String::as_str).rev().find(is_error);
    found.map_or_else(|| last_line(text), str::to_owned)
}

/// `pkg/spring.py:12`, the last place a traceback names.
fn last_place(text: &str) -> Option<String> {
    let at = text.rfind("File \"")?;
    let file = between(&text[at..], "File \"", "\"")?;
    let line: String =
        between(&text[at..], "line ", "\n")?.chars().take_while(char::is_ascii_digit).collect();
    let root = format!("{}/", computer::WORKSPACE);
    let file = file.split_once(&root).map_or(file, |(_, inside)| inside);
    Some(format!("{file}:{line}"))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(rest.find(after).map_or(rest, |end| &rest[..end]))
}

fn last_line(text: &str) -> String {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output").trim().to_owned()
}

/// The end of a command's output, which says what went wrong.
pub fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests;
