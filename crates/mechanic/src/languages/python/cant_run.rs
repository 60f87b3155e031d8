//! Why a run of a Python test command came to no test that could be repaired, in words. Pure.

use crate::bench::{CantRun, Outcome, Recorded, Uncollected};

pub fn why_none(recorded: &Recorded) -> CantRun {
    if recorded.with(Outcome::Failed).next().is_some() {
        not_loaded(recorded)
    } else if recorded.with(Outcome::Passed).next().is_some() {
        passes_but_fails(recorded)
    } else {
        nothing_ran(recorded)
    }
}

fn nothing_ran(recorded: &Recorded) -> CantRun {
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

fn passes_but_fails(recorded: &Recorded) -> CantRun {
    if let Some(first) = recorded.uncollected.first() {
        return not_loaded_because(first, recorded.uncollected.len());
    }
    let code = recorded.exited.status.code();
    let ran = recorded.with(Outcome::Passed).count();
    cant_run(
        format!("all {ran} tests pass, but the test command ends with exit code {code}"),
        "look at what else the command does after the tests".into(),
    )
}

fn not_loaded(recorded: &Recorded) -> CantRun {
    let first = recorded.uncollected.first();
    first.map_or_else(
        || nothing_ran(recorded),
        |first| not_loaded_because(first, recorded.uncollected.len()),
    )
}

fn not_loaded_because(first: &Uncollected, count: usize) -> CantRun {
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

fn cant_run(why: String, remedy: String) -> CantRun {
    CantRun { why, remedy }
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

#[cfg(test)]
mod tests;
