//! What is told of a repair: its title, its commit message and its summary. Pure.

use domain::event::SuspiciousLine;

use syntax::edit::Template;

use crate::Effort;
use crate::candidate::Candidate;
use crate::choice::{Ambiguity, Why};

mod deed;

/// Named in a message; the rest is counted.
const TESTS_NAMED_MAX: usize = 10;
const LINES_NAMED_MAX: usize = 5;
/// Git's readers cut longer ones.
const TITLE_CHARS_MAX: usize = 72;

/// All that there is to say about a repair.
#[derive(Debug)]
pub struct Story<'s> {
    pub edits: &'s [Told],
    pub failing: &'s [String],
    pub located: &'s [SuspiciousLine],
    pub effort: &'s Effort,
    /// Other edits that pass all tests, too, the next best first; not all of them.
    pub runners_up: &'s [Told],
    pub ambiguity: Ambiguity,
    /// What the task's text names of the places that were looked at.
    pub mentioned: &'s [String],
    pub tests: usize,
    pub test_command: &'s str,
}

/// One edit, with its line before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub path: String,
    pub line: u32,
    pub place: String,
    pub template: Template,
    pub before: String,
    pub after: String,
}

impl Told {
    /// `text` is the file's before the edit.
    pub fn of(candidate: &Candidate, text: &str) -> Option<Self> {
        let after = candidate.apply(text)?;
        let range = candidate.edit.range();
        let end = (range.end + after.len()).saturating_sub(text.len()).max(range.start);
        Some(Self {
            path: candidate.path.clone(),
            line: candidate.edit.line,
            place: candidate.edit.function.clone().unwrap_or_else(|| candidate.path.clone()),
            template: candidate.edit.template,
            before: lines_around(text, range.start, range.end),
            after: lines_around(&after, range.start, end),
        })
    }
}

/// The whole lines that a range of bytes touches.
fn lines_around(text: &str, start: usize, end: usize) -> String {
    let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let last = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    text[first..last].trim().to_owned()
}

pub fn title(story: &Story<'_>) -> String {
    match story.edits {
        [] => String::new(),
        [edit] => deed::title(edit),
        [first, .., last] if first.place == last.place => {
            format!("Fix {} bugs in `{}`", story.edits.len(), last.place)
        }
        [first, .., last] => format!("Fix `{}` and `{}`", first.place, last.place),
    }
    .chars()
    .take(TITLE_CHARS_MAX)
    .collect()
}

/// The commit's message: what was wrong, where, and which tests say so.
pub fn message(story: &Story<'_>) -> String {
    let edits: Vec<String> = story.edits.iter().map(edit_plain).collect();
    format!(
        "{}\n\n{}\n\n{}:\n{}\n\nFound by trying {} small edits; a person should judge whether this is\nthe right one.\n",
        title(story),
        edits.join("\n\n"),
        failed_and_pass(story.failing.len()),
        list(story.failing, "- ", TESTS_NAMED_MAX),
        story.effort.tried,
    )
}

fn edit_plain(edit: &Told) -> String {
    format!(
        "{}, line {}, said\n\n    {}\n\nand says now\n\n    {}",
        edit.path,
        edit.line,
        edit.before.replace('\n', "\n    "),
        edit.after.replace('\n', "\n    "),
    )
}

fn failed_and_pass(count: usize) -> &'static str {
    if count == 1 { "This test failed and passes now" } else { "These tests failed and pass now" }
}

/// The pull request's text, Markdown.
pub fn summary(story: &Story<'_>) -> String {
    let edits: Vec<String> = story.edits.iter().map(edit_markdown).collect();
    let tests: Vec<String> = story.failing.iter().map(|test| format!("`{test}`")).collect();
    let others = others(story);
    format!(
        "{}\n\n{}:\n\n{}\n\n### How it was found\n\nThe lines that failing tests run and passing tests don't (Ochiai) were edited by templates, the \
         most suspicious first:\n\n{}\n\n{} edits were tried ({}). {} With this one, `{}` passes ({} tests). {others}\n\nThis is a \
         template edit, made without understanding: it makes the tests pass, and a person should judge whether it \
         is what the program is meant to do.\n",
        edits.join("\n\n"),
        failed_and_pass(story.failing.len()),
        list(&tests, "- ", TESTS_NAMED_MAX),
        located(story.located),
        story.effort.tried,
        story.effort,
        mentioned(story.mentioned),
        story.test_command,
        story.tests,
    )
}

/// What the task's text was good for.
fn mentioned(names: &[String]) -> String {
    if names.is_empty() {
        return "The task's text names none of these files and functions, and was understood no \
                further."
            .to_owned();
    }
    let few: Vec<String> =
        names.iter().take(LINES_NAMED_MAX).map(|name| format!("`{}`", one_line(name))).collect();
    format!(
        "Of the task's text only names were understood: {} came a little sooner for that.",
        few.join(", ")
    )
}

/// Tests that several edits pass don't say which of them is meant.
fn others(story: &Story<'_>) -> String {
    let Ambiguity { others, .. } = story.ambiguity;
    if others == 0 {
        return "No other edit that was tried passes all tests.".to_owned();
    }
    let rows: Vec<String> = story.runners_up.iter().map(runner_up).collect();
    format!(
        "**The tests don't single it out:** {others} other {} all tests, too. {}{} The next:\n\n{}",
        if others == 1 { "edit passes" } else { "edits pass" },
        ways(story.ambiguity),
        why(story.ambiguity.why),
        rows.join("\n"),
    )
}

/// How those that pass fall into groups.
fn ways(ambiguity: Ambiguity) -> String {
    let Ambiguity { others, ways, inputs, alike, .. } = ambiguity;
    match (ways, alike) {
        (0, _) => String::new(),
        (1, _) => format!(
            "All behave alike on {inputs} inputs near those that the tests use, so it may matter \
             little which is taken. "
        ),
        (_, 0) => format!(
            "On {inputs} inputs near those that the tests use they behave in {ways} ways, and none \
             of the others as this one does. "
        ),
        (_, alike) => format!(
            "On {inputs} inputs near those that the tests use they behave in {ways} ways, and \
             {alike} of the {others} others as this one does. "
        ),
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Only | Why::Cheapest => "This one was taken because it is the least far-fetched.",
        Why::LargerGroup => {
            "This one was taken though another is a little less far-fetched: more of them behave as \
             it does."
        }
        Why::OthersFailed => {
            "This one was taken because those before it failed when the test command ran as it is."
        }
    }
}

fn runner_up(edit: &Told) -> String {
    let (before, after) = (one_line(&edit.before), one_line(&edit.after));
    format!("- `{}:{}`: `{before}` → `{after}`", edit.path, edit.line)
}

/// Code in one line, without what would end it.
fn one_line(code: &str) -> String {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    lines.join(" ⏎ ").replace('`', "'")
}

fn edit_markdown(edit: &Told) -> String {
    let marked = |mark: &str, text: &str| -> String {
        text.lines().map(|line| format!("{mark} {line}\n")).collect()
    };
    format!(
        "In `{}` (`{}`, line {}):\n\n```diff\n{}{}```",
        edit.place,
        edit.path,
        edit.line,
        marked("-", &edit.before),
        marked("+", &edit.after),
    )
}

/// The most suspicious lines as a Markdown table.
pub fn located(lines: &[SuspiciousLine]) -> String {
    let row = |line: &SuspiciousLine| {
        let score = f64::from(line.score_milli) / 1000.0;
        let text = line.text.replace('|', "\\|").replace('`', "'");
        format!("| {score:.2} | `{}:{}` | `{text}` |", line.path, line.line)
    };
    let rows: Vec<String> = lines.iter().take(LINES_NAMED_MAX).map(row).collect();
    format!("| suspicion | line | |\n|---|---|---|\n{}", rows.join("\n"))
}

fn list(all: &[String], mark: &str, max: usize) -> String {
    let mut lines: Vec<String> = all.iter().take(max).map(|one| format!("{mark}{one}")).collect();
    if all.len() > max {
        lines.push(format!("{mark}and {} more", all.len() - max));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
