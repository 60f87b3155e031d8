//! What programs print for terminals: colours become classes, and everything else that would tell a
//! terminal something is left out.

use maud::{Markup, Render, html};

use crate::views::text::Marked;

/// The longest sequence that is believed to be one.
const SEQUENCE_BYTES_MAX: usize = 512;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    /// 1 to 7: red, green, yellow, blue, magenta, cyan, white.
    colour: Option<u8>,
    is_bold: bool,
    is_dim: bool,
}

/// A line with its colours.
pub fn painted(line: &str) -> Markup {
    html! { (Painted(line)) }
}

struct Painted<'a>(&'a str);

impl Render for Painted<'_> {
    fn render_to(&self, buffer: &mut String) {
        let mut style = Style::default();
        let mut rest = self.0.strip_suffix('\r').unwrap_or(self.0);
        while let Some(at) = rest.find(['\u{1b}', '\u{9b}']) {
            style.write(&rest[..at], buffer);
            rest = &rest[at..];
            let (length, codes) = sequence(rest);
            if length == 0 {
                // Not a sequence: the character itself is shown, marked.
                let first = rest.chars().next().map_or(0, char::len_utf8);
                style.write(&rest[..first], buffer);
                rest = &rest[first..];
                continue;
            }
            if let Some(codes) = codes {
                style.apply(codes);
            }
            rest = &rest[length..];
        }
        style.write(rest, buffer);
    }
}

impl Style {
    fn write(self, text: &str, buffer: &mut String) {
        if text.is_empty() {
            return;
        }
        let mut classes: Vec<&str> = Vec::new();
        classes.extend(self.colour.and_then(|colour| COLOURS.get(usize::from(colour))));
        classes.extend(self.is_bold.then_some("t-bold"));
        classes.extend(self.is_dim.then_some("t-dim"));
        match classes.as_slice() {
            [] => Marked(text).render_to(buffer),
            some => html! { span class=(some.join(" ")) { (Marked(text)) } }.render_to(buffer),
        }
    }

    /// What `ESC [ … m` says.
    fn apply(&mut self, codes: &str) {
        let mut codes = codes.split([';', ':']).map(|code| code.parse::<u8>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.is_bold = true,
                2 => self.is_dim = true,
                22 => (self.is_bold, self.is_dim) = (false, false),
                30..=37 => self.colour = Some(code - 30),
                90..=97 => self.colour = Some(code - 90),
                39 => self.colour = None,
                // Colours by number or by light: what follows is theirs.
                38 | 48 => {
                    let more = if codes.next() == Some(2) { 3 } else { 1 };
                    codes.by_ref().take(more).for_each(drop);
                }
                _ => {}
            }
        }
    }
}

/// By the last digit of a code; black and white are the text's own colour.
const COLOURS: [&str; 7] = ["", "t-red", "t-green", "t-yellow", "t-blue", "t-magenta", "t-cyan"];

/// How long the sequence at the beginning of `text` is, and its codes if it is about colours.
fn sequence(text: &str) -> (usize, Option<&str>) {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(SEQUENCE_BYTES_MAX);
    let body = match bytes {
        [0x1b, b'[', ..] | [0xc2, 0x9b, ..] => 2,
        // Titles and links: up to BEL or ESC \.
        [0x1b, b']' | b'P' | b'X' | b'^' | b'_', ..] => return (string(&bytes[..limit]), None),
        [0x1b, b'(' | b')' | b'#' | b'%', byte, ..] if byte.is_ascii() => return (3, None),
        [0x1b, 0x20..=0x7e, ..] => return (2, None),
        _ => return (0, None),
    };
    let end = bytes[body..limit].iter().position(|byte| matches!(byte, 0x40..=0x7e));
    match end {
        Some(end) if bytes[body..body + end].iter().all(|byte| matches!(byte, 0x20..=0x3f)) => {
            let codes = (bytes[body + end] == b'm').then(|| &text[body..body + end]);
            (body + end + 1, codes)
        }
        _ => (0, None),
    }
}

fn string(bytes: &[u8]) -> usize {
    let end = bytes.iter().enumerate().skip(2).find_map(|(at, byte)| match byte {
        0x07 => Some(at + 1),
        0x1b if bytes.get(at + 1) == Some(&b'\\') => Some(at + 2),
        _ => None,
    });
    end.unwrap_or(0)
}
