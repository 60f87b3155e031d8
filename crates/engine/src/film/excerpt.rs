//! From a check's log, the few lines that say why a test failed.

use film::story::Output;

/// Lines that are looked at after a test's heading.
const LINES_LOOKED_AT: usize = 60;
const LINES_MAX: usize = 7;
/// Before the line that says what is wrong.
const LINES_BEFORE: usize = 2;

/// What the log says of the test; empty where it isn't found.
pub fn of_test(log: &str, test: &str) -> Vec<Output> {
    let name = short(test);
    let lines: Vec<&str> = log.lines().collect();
    let Some(heading) = heading(&lines, name) else { return Vec::new() };
    let section: Vec<&str> = lines[heading + 1..]
        .iter()
        .take(LINES_LOOKED_AT)
        .skip_while(|line| is_noise(line))
        .take_while(|line| !is_rule(line))
        .filter(|line| !is_noise(line))
        .copied()
        .collect();
    window(&section)
}

/// The end of a log, where no test is known.
pub fn of_check(log: &str) -> Vec<Output> {
    let lines: Vec<&str> = log.lines().filter(|line| !is_noise(line)).collect();
    window(&lines[lines.len().saturating_sub(LINES_LOOKED_AT)..])
}

/// The first line that says what is wrong, with those before and after it, without the indentation
/// that they share.
fn window(lines: &[&str]) -> Vec<Output> {
    let wrong = lines.iter().position(|line| says_what_is_wrong(line));
    let from = wrong.map_or(0, |at| at.saturating_sub(LINES_BEFORE));
    let from = from.min(lines.len().saturating_sub(LINES_MAX));
    let shown = &lines[from..lines.len().min(from + LINES_MAX)];
    let indent = |line: &String| line.len() - line.trim_start_matches(' ').len();
    let texts: Vec<String> = shown.iter().map(|line| without_gutter(line)).collect();
    let shared = texts.iter().map(indent).min().unwrap_or(0);
    let output = |(line, text): (&&str, &String)| Output {
        text: text[shared..].to_owned(),
        tells: says_what_is_wrong(line),
    };
    shown.iter().zip(&texts).map(output).collect()
}

/// pytest marks lines in their first column, where the code is indented by four more.
fn without_gutter(line: &str) -> String {
    let line = line.trim_end().replace('\t', "    ");
    match line.strip_prefix("E   ").or_else(|| line.strip_prefix(">   ")) {
        Some(rest) => format!("    {rest}"),
        None => line,
    }
}

/// The last part of a test's name, which is what runners print.
fn short(test: &str) -> &str {
    let end = test.rsplit([' ', '/', ':', '.']).find(|part| !part.is_empty()).unwrap_or(test);
    // JavaScript's names are sentences, and Python's may end in a case: "test_x[a-b]".
    end.split('[').next().filter(|part| !part.is_empty()).unwrap_or(end)
}

/// Where the log begins to speak of that test's failure: a heading if there is one.
fn heading(lines: &[&str], name: &str) -> Option<usize> {
    let names = |line: &&str| contains_word(line, name);
    let is_heading = |line: &&str| {
        let start = line.trim_start();
        ["FAIL", "____", "---- ", "--- FAIL", "ERROR", "not ok", "✕", "●", "✗", "×"]
            .iter()
            .any(|sign| start.starts_with(sign))
    };
    lines
        .iter()
        .position(|line| is_heading(line) && names(line))
        .or_else(|| lines.iter().position(|line| names(line) && line.contains("panicked")))
        .or_else(|| lines.iter().position(names))
}

fn contains_word(line: &str, word: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(is_part);
        let after = line[at + word.len()..].chars().next().is_some_and(is_part);
        !word.is_empty() && !before && !after
    })
}

/// A line that only parts others.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let is_drawn = |line: &str| line.chars().all(|char| "=-_─━".contains(char));
    let parted = line.starts_with("====") || line.starts_with("____") || line.starts_with("---- ");
    parted || line.len() > 3 && is_drawn(line)
}

/// Nothing that helps: empty lines, underlines, and frames of our own runner.
fn is_noise(line: &str) -> bool {
    let trimmed = line.trim();
    trimmed.is_empty()
        || trimmed.chars().all(|char| "^~-=.".contains(char))
        || trimmed.contains("/run/whimbrel/")
        || is_place(trimmed)
        || trimmed.starts_with("return _limited(")
        || trimmed.starts_with("return function(")
}

/// pytest's last line of a failure: "tests/test_spring.py:97: AssertionError".
fn is_place(line: &str) -> bool {
    let after = line.split_once(".py:").map_or("", |(_, after)| after);
    let number = after.split(':').next().unwrap_or_default();
    let named = after.contains(": ") && !number.is_empty();
    named && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn says_what_is_wrong(line: &str) -> bool {
    let lower = line.trim_start().to_lowercase();
    const SIGNS: [&str; 12] = [
        "error:",
        "panicked",
        "assertion",
        "expected",
        "exception",
        "!= ",
        "assert ",
        "left:",
        "right:",
        "received",
        "got:",
        "want:",
    ];
    lower.starts_with("e  ") || SIGNS.iter().any(|sign| lower.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pytest_is_read_from_its_heading_to_what_is_wrong() {
        let log = "..F.F [100%]
=================================== FAILURES ===================================
_______________________ test_ends _______________________

    def test_ends():
        for spring in springs:
            track = spring.track()
>           assert track.value_at(track.end) == spring.target
E           assert 297.1 == 300

tests/test_spring.py:97: AssertionError
______________ test_other _______________
E     no
";
        let lines = of_test(log, "tests/test_spring.py::test_ends");
        let shown: Vec<(&str, bool)> =
            lines.iter().map(|line| (line.text.as_str(), line.tells)).collect();
        let expected = [
            ("def test_ends():", false),
            ("    for spring in springs:", false),
            ("        track = spring.track()", false),
            ("        assert track.value_at(track.end) == spring.target", true),
            ("        assert 297.1 == 300", true),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn unittest_is_read_without_our_own_frames() {
        let log = "F
======================================================================
FAIL: test_ten (test_double.Double.test_ten)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"/run/whimbrel/inject/whimbrel_runners.py\", line 307, in _callTestMethod
    return _limited(call, self, method)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
AssertionError: 7 != 10

----------------------------------------------------------------------
Ran 1 test in 0.002s
";
        let lines = of_test(log, "test_double.Double.test_ten");
        let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["Traceback (most recent call last):", "AssertionError: 7 != 10"]);
    }

    #[test]
    fn libtest_is_read_from_its_panic() {
        let log = "test tests::adds ... FAILED

failures:

---- tests::adds stdout ----

thread 'tests::adds' (7) panicked at src/lib.rs:9:9:
assertion `left == right` failed
  left: 3
 right: 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    tests::adds
";
        let lines = of_test(log, "tests::adds");
        assert_eq!(lines[0].text, "thread 'tests::adds' (7) panicked at src/lib.rs:9:9:");
        assert!(lines.iter().any(|line| line.text == " right: 4" && line.tells));
    }

    #[test]
    fn a_log_that_says_nothing_of_it_gives_nothing() {
        assert!(of_test("all is well\n", "tests::adds").is_empty());
        assert!(of_test("", "").is_empty());
        assert!(of_check("").is_empty());
    }
}
