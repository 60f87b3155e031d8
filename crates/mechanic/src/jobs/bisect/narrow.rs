//! One test's name in a task's sentence, and the command that runs it alone. Pure. Knows a few
//! runners; for others the whole check stands.

/// A name that is longer is none.
const NAME_CHARS_MAX: usize = 200;

/// The first name of a test in `text`, with `command` narrowed to it.
pub fn named(text: &str, command: &str) -> Option<(String, String)> {
    let test = names(text).into_iter().next()?;
    let narrowed = narrowed(command, &test)?;
    Some((test, narrowed))
}

/// What stands in backticks or quotes and reads like a test, then bare words that do.
fn names(text: &str) -> Vec<String> {
    let quoted = text.split(['`', '"']).skip(1).step_by(2);
    let bare = text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | ',' | '?' | ';'));
    let bare = bare.map(|word| word.trim_matches(['.', '!', ':', '(', ')', '\'']));
    quoted.chain(bare).filter(|name| is_test(name)).map(str::to_owned).collect()
}

fn is_test(name: &str) -> bool {
    let last = name.rsplit(['/', ':', '.']).next().unwrap_or_default();
    let called = name.contains("::") || last.starts_with("test_") || last.starts_with("Test");
    let plain = name.chars().all(|c| c.is_alphanumeric() || "_-./:[]".contains(c));
    called && plain && !name.starts_with('-') && name.len() > 5 && name.len() <= NAME_CHARS_MAX
}

/// The command for that test alone, where the runner is known and nothing follows it.
fn narrowed(command: &str, test: &str) -> Option<String> {
    if command.contains(['|', ';', '&', '>', '<', '\n']) {
        return None;
    }
    let last = test.rsplit("::").next().unwrap_or(test);
    let is = |runner: &str| command.contains(runner);
    if is("pytest") {
        return Some(match test.contains("::") && test.contains(".py") {
            true => format!("{command} '{test}'"),
            false => format!("{command} -k '{last}'"),
        });
    }
    if is("unittest") {
        let last = last.rsplit('.').next().unwrap_or(last);
        return Some(format!("{command} -k '{last}'"));
    }
    (is("cargo test") && !is(" -- ")).then(|| format!("{command} '{test}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, command: &str, narrowed: Option<&str>) {
        let found = named(text, command).map(|(_, command)| command);
        assert_eq!(found.as_deref(), narrowed, "{text}");
    }

    #[test]
    fn a_named_test_runs_alone() {
        let pytest = "python3 -m pytest -q";
        check("which commit broke test_sum?", pytest, Some("python3 -m pytest -q -k 'test_sum'"));
        let id = "tests/test_a.py::test_sum[1-2]";
        let narrowed = format!("{pytest} '{id}'");
        check(&format!("Which commit broke {id}?"), pytest, Some(&narrowed));
        check("who broke `sums::three`", "cargo test", Some("cargo test 'sums::three'"));
        let unittest = "python3 -m unittest discover";
        check("who broke test_a.Sum.test_x", unittest, Some(&format!("{unittest} -k 'test_x'")));
    }

    #[test]
    fn all_else_leaves_the_whole_check() {
        check("which commit broke the tests", "cargo test", None);
        check("who broke test_sum", "make test", None);
        check("who broke test_sum", "pytest -q && ruff check .", None);
        check("who broke `test_'; rm -rf ~'`", "pytest", None);
        check("who broke --test_x", "pytest", None);
    }
}
