//! Evidence for people: the section of a pull request's description. Names of tests and commands
//! are hostile, so they stand in code spans that they can't leave.

use domain::Evidence;
use domain::evidence::{AddedTest, Check, OnBase, Run};

use crate::rank::count;

/// Names in one list; more are counted.
const NAMES_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 160;
const NOTE_CHARS_MAX: usize = 600;

/// The whole section, from its heading on.
pub fn section(evidence: &Evidence) -> String {
    let mut text = format!("## Evidence\n\n{}\n", headline(evidence));
    text.push_str(&table(evidence));
    let tests = &evidence.tests;
    text.push_str(&list("Fixed", tests.fixed.iter().map(|name| code(name))));
    text.push_str(&list("Broken", tests.broken.iter().map(|name| code(name))));
    text.push_str(&list("Added", tests.added.iter().map(added)));
    text.push_str(&list("Removed", tests.removed.iter().map(|name| code(name))));
    text.push_str(&notes(evidence));
    let (base, head) = (evidence.base.short(), evidence.head.short());
    text.push_str(&format!(
        "\nRun by whimbrel in clean computers without the agent, at base {} and at head {}.\n",
        code(base),
        code(head)
    ));
    text
}

/// One sentence: "2 failing tests now pass, 34 others still do; nothing broke."
pub fn headline(evidence: &Evidence) -> String {
    if evidence.checks.is_empty() {
        return "Nothing was checked: the project has no checks that could be run.".into();
    }
    let tests = if evidence.tests.known { counted(evidence) } else { exits(evidence) };
    format!("{tests}; {}.", damage(evidence))
}

fn counted(evidence: &Evidence) -> String {
    let tests = &evidence.tests;
    let fixed = tests.fixed.len();
    let new = tests.added.iter().filter(|test| test.passes).count();
    let others = small(tests.passed_head).saturating_sub(fixed + new);
    let mut parts = Vec::new();
    if fixed > 0 {
        parts.push(format!(
            "{} now {}",
            count(fixed, "failing test"),
            verb(fixed, "passes", "pass")
        ));
    }
    if new > 0 {
        parts.push(format!("{} {}", count(new, "added test"), verb(new, "passes", "pass")));
    }
    if parts.is_empty() {
        return format!("{} {} at head", count(others, "test"), verb(others, "passes", "pass"));
    }
    if others > 0 {
        parts.push(format!("{} still {}", count(others, "other"), verb(others, "does", "do")));
    }
    parts.join(", ")
}

/// `1 test passes`, `2 tests pass`.
fn verb(number: usize, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn exits(evidence: &Evidence) -> String {
    let passing = evidence.checks.iter().filter(|check| check.head.exit.is_success()).count();
    let checks = count(evidence.checks.len(), "check");
    format!("{passing} of {checks} {} at head", verb(passing, "passes", "pass"))
}

fn damage(evidence: &Evidence) -> String {
    let tests = &evidence.tests;
    let broken = tests.broken.len();
    let red = tests.added.iter().filter(|test| !test.passes).count();
    let still = small(tests.failed_head).saturating_sub(broken + red);
    let failing = evidence.checks.iter().find(|check| !check.head.exit.is_success());
    match failing {
        _ if broken > 0 => format!("**{} broke**", count(broken, "test")),
        None if evidence.lost_all_tests() => {
            let passed = count(small(tests.passed_base), "test");
            format!("**none of the tests ran at head, and {passed} passed at base**")
        }
        Some(check) if evidence.breaks() => {
            format!("**{} passed at base and fails**", code(&check.name))
        }
        _ if red > 0 => format!("**{} {}**", count(red, "added test"), verb(red, "fails", "fail")),
        Some(_) if still > 0 => {
            format!(
                "nothing broke, but {} {} as before",
                count(still, "test"),
                verb(still, "fails", "fail")
            )
        }
        Some(check) => format!("nothing broke, but {} fails as it does at base", code(&check.name)),
        None if !tests.removed.is_empty() => {
            let gone = tests.removed.len();
            format!("nothing broke, but {} {} gone", count(gone, "test"), verb(gone, "is", "are"))
        }
        None => "nothing broke".into(),
    }
}

fn table(evidence: &Evidence) -> String {
    if evidence.checks.is_empty() {
        return String::new();
    }
    let rows: String = evidence.checks.iter().map(row).collect();
    format!("\n| check | command | base | head |\n|---|---|---|---|\n{rows}")
}

fn row(check: &Check) -> String {
    let cells = [code(&check.name), code(&check.command), run(&check.base), run(&check.head)];
    // Within a table even a code span must not have a bare bar.
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn run(run: &Run) -> String {
    let mark = if run.exit.is_success() { "✅" } else { "❌" };
    format!("{mark} {}, {:.1} s", run.exit.words(), run.duration_ms as f64 / 1000.0)
}

fn added(test: &AddedTest) -> String {
    let said = match (test.on_base, test.passes) {
        (OnBase::RedGreen, _) => "red→green: fails on the base's code, passes at head",
        (OnBase::Empty, true) => "empty: passes on the base's code too",
        (OnBase::Empty, false) => "passes on the base's code and fails at head",
        (OnBase::Red, _) => "fails on the base's code and at head",
        (OnBase::Unknown, true) => "passes at head; not run on the base's code",
        (OnBase::Unknown, false) => "fails at head; not run on the base's code",
    };
    format!("{} ({said})", code(&test.name))
}

fn list(title: &str, items: impl ExactSizeIterator<Item = String>) -> String {
    let total = items.len();
    if total == 0 {
        return String::new();
    }
    let mut text = format!("\n**{title} ({total})**\n\n");
    for item in items.take(NAMES_MAX) {
        text.push_str(&format!("- {item}\n"));
    }
    if total > NAMES_MAX {
        text.push_str(&format!("- … and {} more\n", total - NAMES_MAX));
    }
    text
}

/// Notes quote names of tests, so they are escaped as a whole.
fn notes(evidence: &Evidence) -> String {
    list("Notes", evidence.notes.iter().map(|note| plain(note)))
}

/// A code span around anything: one line, and fenced by more backticks than it has in a row.
pub fn code(text: &str) -> String {
    let line = single_line(text, NAME_CHARS_MAX);
    let fence = "`".repeat(longest_run(&line) + 1);
    // The spaces keep backticks at the ends apart from the fence; Markdown drops them again.
    let space =
        if line.starts_with('`') || line.ends_with('`') || line.is_empty() { " " } else { "" };
    format!("{fence}{space}{line}{space}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Words that mean nothing to Markdown, HTML or a forge's mentions and references.
pub fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for c in single_line(text, NOTE_CHARS_MAX).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A forge looks for these before it looks at escapes; a zero-width joiner parts them.
            '@' | '#' => {
                escaped.push(c);
                escaped.push('\u{200d}');
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '!' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped.replace("://", ":\u{200d}//")
}

fn single_line(text: &str, chars_max: usize) -> String {
    let flat: String = text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    stdx::cut::line(&flat, chars_max)
}

/// Also the characters that reorder or hide text.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
