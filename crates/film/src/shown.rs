//! Hostile texts made fit to be drawn: what could deceive is spelt out, what is too long is cut.

/// No text is longer before it is laid out, so that none costs more than it is worth.
const CHARS_MAX: usize = 4_000;
const TAB: &str = "    ";

/// One line, without anything that moves, hides or turns text. A text's lines become spaces.
pub fn line(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    code(&one_line)
}

/// Paragraphs, each a line; empty ones go.
pub fn paragraphs(text: &str) -> Vec<String> {
    let cut: String = text.chars().take(CHARS_MAX).collect();
    cut.lines().map(line).filter(|line| !line.is_empty()).collect()
}

/// A line of code or output, with its spaces. Tabs become spaces; an odd character its number.
pub fn code(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(CHARS_MAX));
    let mut chars = without_colours(text).chars().collect::<Vec<_>>().into_iter();
    for char in chars.by_ref().take(CHARS_MAX) {
        match char {
            '\t' => shown.push_str(TAB),
            '\r' | '\n' => {}
            odd if is_odd(odd) => shown.push_str(&format!("⟨{:04X}⟩", u32::from(odd))),
            plain => shown.push(plain),
        }
    }
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Terminals' escape sequences mean colours and no more; the rest of one that isn't known stays.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        match end.filter(|end| after[*end..].starts_with('m')) {
            Some(end) => rest = &after[end + 1..],
            None => {
                plain.push_str("\u{1b}[");
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Controls, marks of direction, and what has no width: invisible where it is drawn.
fn is_odd(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// At most so many characters, with "…" in the place of the rest.
pub fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The same, but it is the beginning that goes: a path's end says more.
pub fn cut_start(text: &str, chars_max: usize) -> String {
    let count = text.chars().count();
    if count <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(count - chars_max.saturating_sub(1)).collect();
    format!("…{kept}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_spelt_out() {
        assert_eq!(code("a\u{202e}b\u{0}c"), "a⟨202E⟩b⟨0000⟩c");
        assert_eq!(code("\tx\r\n"), "    x");
        assert_eq!(line("  two\n lines "), "two lines");
        assert_eq!(code("\u{200d}\u{feff}"), "⟨200D⟩⟨FEFF⟩");
    }

    #[test]
    fn colours_of_terminals_go_and_other_sequences_show() {
        assert_eq!(code("\u{1b}[1;31mred\u{1b}[0m"), "red");
        assert_eq!(code("\u{1b}[2Jx"), "⟨001B⟩[2Jx");
    }

    #[test]
    fn long_texts_are_cut_where_it_hurts_least() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abc defg", 5), "abc…");
        assert_eq!(cut_start("src/very/long.rs", 8), "…long.rs");
        assert_eq!(code(&"x".repeat(10_000)).chars().count(), CHARS_MAX + 1);
    }
}
