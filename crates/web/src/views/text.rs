//! Text that somebody else wrote, shown as text: never markup, never able to reorder what is
//! around it, and with every character that can't be seen, or could deceive, made visible.
//!
//! The deceptions are those of "Trojan Source" (CVE-2021-42574 and 42694): code that reads
//! otherwise than it runs, by characters that change the direction or look like others.

mod odd;

use maud::{Markup, Render, html};

pub use odd::{is_plain, words};

/// Characters of a run of combining marks; more of them paint over the lines around.
const COMBINING_MAX: usize = 4;

/// A text with its odd characters marked, and nothing around it. Where it stands must isolate it:
/// a `bdi`, or a block with a direction of its own.
#[derive(Debug, Clone, Copy)]
pub struct Marked<'a>(pub &'a str);

/// Isolated from what is around it. Newlines and tabs stay what they are.
pub fn shown(text: &str) -> Markup {
    html! { bdi { (Marked(text)) } }
}

/// In one line, with newlines and tabs as marks; at most `chars_max` characters, and how many more
/// there are.
pub fn line(text: &str, chars_max: usize) -> Markup {
    let (kept, cut) = cut(text, chars_max);
    html! {
        bdi { (OneLine(kept)) }
        @if cut > 0 { (cut_note(cut)) }
    }
}

/// A title in one line, at most `chars_max` characters of each piece: what stands between
/// backquotes is code.
pub fn title(text: &str, chars_max: usize) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd one out is a backquote and nothing more.
    if pieces.len().is_multiple_of(2) {
        return line(text, chars_max);
    }
    html! {
        @for (index, piece) in pieces.iter().enumerate() {
            @if index % 2 == 1 { code { (line(piece, chars_max)) } }
            @else { (line(piece, chars_max)) }
        }
    }
}

/// A path: breaks after slashes where it is too long for its place.
pub fn path(path: &str) -> Markup {
    let mut parts = path.split_inclusive('/').peekable();
    html! {
        bdi class="mono path" {
            @while let Some(part) = parts.next() {
                @let blank = part.len() - part.trim_end_matches(' ').len();
                (OneLine(&part[..part.len() - blank]))
                @for _ in 0..blank { (Mark { odd: ' ', words: "space at the end" }) }
                @if parts.peek().is_some() { wbr; }
            }
        }
    }
}

/// The first `chars_max` characters, and how many come after them.
pub fn cut(text: &str, chars_max: usize) -> (&str, usize) {
    // As there are at least as many bytes as characters, most texts need no counting.
    if text.len() <= chars_max {
        return (text, 0);
    }
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => (&text[..at], text[at..].chars().count()),
        None => (text, 0),
    }
}

/// Says that something isn't shown.
pub fn cut_note(chars: usize) -> Markup {
    let noun = if chars == 1 { "character" } else { "characters" };
    html! { span.cut-note { "… " (chars) " more " (noun) } }
}

impl Render for Marked<'_> {
    fn render_to(&self, buffer: &mut String) {
        write(self.0, Lines::Many, buffer);
    }
}

struct OneLine<'a>(&'a str);

impl Render for OneLine<'_> {
    fn render_to(&self, buffer: &mut String) {
        write(self.0, Lines::One, buffer);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

struct Mark {
    odd: char,
    words: &'static str,
}

impl Render for Mark {
    fn render_to(&self, buffer: &mut String) {
        let code = format!("U+{:04X}", u32::from(self.odd));
        html! { mark.odd title={ (self.words) ", " (code) } { "⟨" (code) "⟩" } }.render_to(buffer);
    }
}

/// Escapes what is plain in whole runs, and marks the rest one by one.
fn write(text: &str, lines: Lines, buffer: &mut String) {
    if is_plain(text) && (lines == Lines::Many || !text.contains(['\n', '\t'])) {
        return text.render_to(buffer);
    }
    let mut plain = 0;
    let mut combining = 0;
    let mut before = None;
    let mut word = odd::Word::default();
    for (at, char) in text.char_indices() {
        combining = if odd::is_combining(char) { combining + 1 } else { 0 };
        let after = &text[at + char.len_utf8()..];
        let words = match char {
            '\n' | '\t' if lines == Lines::Many => None,
            '\r' if lines == Lines::Many && after.starts_with('\n') => None,
            _ if combining > COMBINING_MAX => Some("one combining mark too many"),
            '\u{fe0f}' if before.is_some_and(odd::is_symbol) => None,
            _ => words(char),
        };
        if let Some(words) = words {
            text[plain..at].render_to(buffer);
            Mark { odd: char, words }.render_to(buffer);
            plain = at + char.len_utf8();
        } else if let Some(script) = odd::lookalike(char)
            && word.has_latin(text, at)
        {
            text[plain..at].render_to(buffer);
            lookalike(char, script).render_to(buffer);
            plain = at + char.len_utf8();
        }
        before = Some(char);
    }
    text[plain..].render_to(buffer);
}

fn lookalike(char: char, script: &str) -> Markup {
    let title = format!("{script} letter in a Latin word, U+{:04X}", u32::from(char));
    html! { mark.odd title=(title) { (char) } }
}

#[cfg(test)]
mod tests;
