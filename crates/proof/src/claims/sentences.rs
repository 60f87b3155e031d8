//! A summary in Markdown, cut into sentences: bounded, on one line each, without list marks and
//! without what stands in fences.

const SENTENCES_MAX: usize = 300;
const SENTENCE_CHARS_MAX: usize = 300;
/// After these a full stop ends nothing.
const ABBREVIATIONS: [&str; 6] = ["e.g", "i.e", "etc", "vs", "cf", "approx"];

pub(super) fn of(summary: &str) -> impl Iterator<Item = String> {
    let paragraphs = paragraphs(summary);
    let all: Vec<String> = paragraphs.iter().flat_map(|paragraph| split(paragraph)).collect();
    all.into_iter().take(SENTENCES_MAX)
}

/// Lines that belong together, joined; a list's item, a heading and a table's row stand alone.
fn paragraphs(summary: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut is_fenced = false;
    for line in summary.lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            is_fenced = !is_fenced;
            paragraphs.push(String::new());
            continue;
        }
        if is_fenced {
            continue;
        }
        let (bare, begins) = unmarked(line);
        if bare.is_empty() || begins {
            paragraphs.push(String::new());
        }
        let last = paragraphs.last_mut().expect("there is one from the beginning");
        last.push(' ');
        last.push_str(bare);
        if line.starts_with('#') {
            paragraphs.push(String::new());
        }
    }
    paragraphs
}

/// The line without the marks of a list, a quotation, a heading or a box, and whether it had one.
fn unmarked(line: &str) -> (&str, bool) {
    let mut rest = line;
    for mark in ["> ", "# ", "## ", "### ", "#### ", "- ", "* ", "+ ", "| ", "[x] ", "[X] "] {
        rest = rest.strip_prefix(mark).unwrap_or(rest).trim_start();
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && digits < 4 {
        let numbered =
            rest[digits..].strip_prefix(". ").or_else(|| rest[digits..].strip_prefix(") "));
        rest = numbered.unwrap_or(rest);
    }
    (rest, rest.len() != line.len())
}

fn split(paragraph: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let (mut begin, mut in_code) = (0, false);
    let mut chars = paragraph.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '`' {
            in_code = !in_code;
        }
        let next = chars.peek().map(|(_, next)| *next);
        let ends = !in_code
            && matches!(c, '.' | '!' | '?' | ';')
            && next.is_none_or(char::is_whitespace)
            && !(c == '.' && is_abbreviation(&paragraph[begin..at]));
        if ends {
            sentences.push(&paragraph[begin..=at]);
            begin = at + c.len_utf8();
        }
    }
    sentences.push(&paragraph[begin..]);
    sentences.into_iter().map(cleaned).filter(|sentence| !sentence.is_empty()).collect()
}

fn is_abbreviation(before: &str) -> bool {
    let last = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    ABBREVIATIONS.iter().any(|abbreviation| last.eq_ignore_ascii_case(abbreviation))
}

/// One line without control characters, cut.
fn cleaned(sentence: &str) -> String {
    let flat: String = sentence.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let flat = flat.trim().trim_end_matches(';');
    stdx::cut::line(flat, SENTENCE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[track_caller]
    fn check(summary: &str, expected: &[&str]) {
        assert_eq!(of(summary).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn lines_that_wrap_are_one_sentence_and_items_are_their_own() {
        check("All tests\npass. Ruff is clean", &["All tests pass.", "Ruff is clean"]);
        check("# Done\n- one\n- [x] two\n  more\n3. three", &["Done", "one", "two more", "three"]);
        check("a; b! c? d", &["a", "b!", "c?", "d"]);
    }

    #[test]
    fn a_full_stop_within_a_word_or_code_ends_nothing() {
        check("Fixes a.py, e.g. the `x. y` of it.", &["Fixes a.py, e.g. the `x. y` of it."]);
    }

    #[test]
    fn what_is_fenced_is_not_said() {
        check("Before.\n```\nAll tests pass.\n```\nAfter.", &["Before.", "After."]);
    }

    #[test]
    fn whatever_comes_is_bounded() {
        assert_eq!(of(&"x. ".repeat(10_000)).count(), super::SENTENCES_MAX);
        let long = "y".repeat(100_000);
        assert!(of(&long).all(|sentence| sentence.chars().count() <= super::SENTENCE_CHARS_MAX));
        assert_eq!(of("\u{1b}[31mred\u{0}").collect::<Vec<_>>(), ["[31mred"]);
        assert_eq!(of("``` ` ~~~ `").count(), 0);
    }
}
