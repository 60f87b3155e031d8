//! Hostile text in Markdown: in code spans and fences that it can't leave, or as words that mean
//! nothing to Markdown, HTML or a forge.

const CODE_CHARS_MAX: usize = 160;
const WORDS_CHARS_MAX: usize = 600;
const FENCED_LINES_MAX: usize = 40;
const FENCED_LINE_CHARS_MAX: usize = 200;

/// A code span around anything: one line, and fenced by more backticks than it has in a row.
pub fn code(text: &str) -> String {
    let line = single_line(text, CODE_CHARS_MAX);
    let fence = "`".repeat(longest_run(&line) + 1);
    // The spaces keep backticks at the ends apart from the fence; Markdown drops them again.
    let space =
        if line.starts_with('`') || line.ends_with('`') || line.is_empty() { " " } else { "" };
    format!("{fence}{space}{line}{space}{fence}")
}

/// A block of code around anything, by a fence that is longer than any run in it.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let clean = |line: &str| stdx::cut::line(&replaced(line), FENCED_LINE_CHARS_MAX);
    let mut lines: Vec<String> = text
        .lines()
        .take(FENCED_LINES_MAX)
        // A diff's first column says what a line is, so nothing is trimmed before it.
        .map(|line| match line.chars().next() {
            Some(first) if !is_unprintable(first) => {
                format!("{first}{}", keep_indent(&line[first.len_utf8()..], clean))
            }
            Some(_) | None => clean(line),
        })
        .collect();
    if text.lines().count() > FENCED_LINES_MAX {
        lines.push("…".into());
    }
    let body = lines.join("\n");
    let fence = "`".repeat(longest_run(&body).max(2) + 1);
    format!("{fence}{language}\n{body}\n{fence}\n")
}

fn keep_indent(rest: &str, clean: impl Fn(&str) -> String) -> String {
    let indent = rest.len() - rest.trim_start_matches(' ').len();
    let kept = indent.min(FENCED_LINE_CHARS_MAX / 2);
    format!("{}{}", " ".repeat(kept), clean(&rest[indent..]))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Words that mean nothing to Markdown, HTML or a forge's mentions and references.
pub fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for c in single_line(text, WORDS_CHARS_MAX).chars() {
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

/// One line that nothing obeys, for where Markdown isn't read.
pub(super) fn bare(text: &str) -> String {
    single_line(text, WORDS_CHARS_MAX)
}

fn single_line(text: &str, chars_max: usize) -> String {
    stdx::cut::line(&replaced(text), chars_max)
}

fn replaced(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect()
}

/// Also the characters that reorder or hide text.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
