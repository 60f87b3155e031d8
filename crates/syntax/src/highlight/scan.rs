//! The scanner of everything that a table describes. One pass over the bytes; all marks that it
//! looks for are ASCII, so that no piece begins or ends inside a character.

mod literal;
mod word;

use std::collections::HashMap;

use super::table::{Hash, Language, Quote};
use super::{Role, Span};

/// Code inside a string inside code …: deeper ones are taken for strings.
const HOLES_MAX: usize = 32;

/// Where the scanner is, and what it has found.
pub(super) struct Scanner<'a> {
    language: &'static Language,
    words: HashMap<&'static str, Word>,
    /// The marks that begin something, by their first byte.
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Added to what is reported, where `text` is a part of another.
    offset: usize,
    /// Only white space was seen on this line.
    is_line_start: bool,
    /// The last byte that wasn't white space; 0 at the beginning.
    before: u8,
    /// Whether a value can't begin here: the last thing was one.
    after_value: bool,
    /// What the next name is, because of the keyword before it.
    expected: Option<Role>,
    /// The words that end the here-documents of this line.
    heredocs: Vec<&'a str>,
    holes: Vec<Hole>,
    out: &'a mut Vec<Span>,
}

/// What is known of a word.
#[derive(Clone, Copy)]
struct Word {
    role: Role,
    /// What the word after it is.
    then: Option<Role>,
}

/// Code inside a string.
struct Hole {
    quote: &'static Quote,
    braces: usize,
}

/// Scans `text`, and reports what it finds as if `offset` bytes were before it.
pub(super) fn scan(language: &'static Language, text: &str, offset: usize, out: &mut Vec<Span>) {
    let mut scanner = Scanner {
        language,
        words: words(language),
        text,
        bytes: text.as_bytes(),
        at: 0,
        offset,
        is_line_start: true,
        before: 0,
        after_value: false,
        expected: None,
        heredocs: Vec::new(),
        holes: Vec::new(),
        out,
    };
    while scanner.at < text.len() {
        scanner.step();
    }
}

fn words(language: &'static Language) -> HashMap<&'static str, Word> {
    let mut words = HashMap::new();
    for (list, role) in [(language.types, Role::Type), (language.keywords, Role::Keyword)] {
        words.extend(list.split_whitespace().map(|word| (word, Word { role, then: None })));
    }
    let before = [(language.before_types, Role::Type), (language.before_functions, Role::Function)];
    for (list, then) in before {
        for word in list.split_whitespace() {
            words.insert(word, Word { role: Role::Keyword, then: Some(then) });
        }
    }
    words
}

impl<'a> Scanner<'a> {
    fn step(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b'\n' => self.end_of_line(),
            b' ' | b'\t' | b'\r' => self.at += 1,
            _ if self.comment() || self.special(byte) || self.string() => {}
            b'0'..=b'9' => self.number(),
            _ if self.is_name_start(byte) => self.name(),
            _ => self.mark(byte),
        }
    }

    fn end_of_line(&mut self) {
        // A block comment's opening may begin with the line break.
        if self.comment() {
            return;
        }
        self.at += 1;
        self.is_line_start = true;
        if !self.heredocs.is_empty() {
            self.heredoc_bodies();
        }
    }

    /// Reports `from..self.at`, and notes what was last.
    fn push(&mut self, from: usize, role: Role) {
        if from < self.at {
            let (start, end) = (from + self.offset, self.at + self.offset);
            self.out.push(Span { start, end, role });
        }
    }

    /// What was scanned up to here was something other than white space.
    fn saw(&mut self, is_value: bool) {
        self.before = self.bytes[self.at - 1];
        self.is_line_start = false;
        self.after_value = is_value;
    }

    fn starts_with(&self, mark: &str) -> bool {
        self.bytes[self.at..].starts_with(mark.as_bytes())
    }

    fn comment(&mut self) -> bool {
        let (language, from) = (self.language, self.at);
        if let Some(block) = language.block.filter(|block| self.starts_with(block.open)) {
            self.at = self.block_end(block.open, block.close, block.nests);
            self.push(from, Role::Comment);
            return true;
        }
        let stands = !language.comments_stand_apart
            || self.at == 0
            || self.bytes[self.at - 1].is_ascii_whitespace();
        if stands && language.line_comments.iter().any(|mark| self.starts_with(mark)) {
            // `#[…]` where `#` begins comments too.
            if language.hash == Hash::Brackets && self.starts_with("#[") {
                return false;
            }
            self.skip_line();
            self.push(from, Role::Comment);
            return true;
        }
        false
    }

    fn block_end(&self, open: &str, close: &str, nests: bool) -> usize {
        let mut at = self.at + open.len();
        if !nests {
            return self.text[at..]
                .find(close)
                .map_or(self.text.len(), |end| at + end + close.len());
        }
        let mut depth = 1;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            if rest.starts_with(close.as_bytes()) {
                (depth, at) = (depth - 1, at + close.len());
                if depth == 0 {
                    return at;
                }
            } else if rest.starts_with(open.as_bytes()) {
                (depth, at) = (depth + 1, at + open.len());
            } else {
                at += 1;
            }
        }
        at
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        if self.bytes[..self.at].ends_with(b"\r") {
            self.at -= 1;
        }
    }

    /// What only some languages have.
    fn special(&mut self, byte: u8) -> bool {
        let language = self.language;
        match byte {
            b'#' => match language.hash {
                Hash::Directive if self.is_line_start => self.directive(),
                Hash::Brackets => self.brackets(),
                Hash::Directive | Hash::Nothing => false,
            },
            b'@' if language.has_decorators => self.sigil(),
            b'$' if language.has_dollars => self.sigil(),
            b'\'' if language.has_lifetimes => self.lifetime(),
            b'/' if language.has_regexes && !self.after_value => self.regex(),
            b'<' if language.has_heredocs && self.starts_with("<<") => self.heredoc(),
            b'[' if self.is_line_start && language.key_end == Some(b'=') => self.section(),
            _ => false,
        }
    }

    /// Anything else: brackets, operators.
    fn mark(&mut self, byte: u8) {
        self.at += 1;
        match byte {
            b'{' => {
                if let Some(hole) = self.holes.last_mut() {
                    hole.braces += 1;
                }
            }
            b'}' => match self.holes.last_mut() {
                Some(Hole { braces: 0, quote }) => {
                    let quote = *quote;
                    self.holes.pop();
                    self.string_body(self.at - 1, quote);
                    return;
                }
                Some(hole) => hole.braces -= 1,
                None => {}
            },
            _ => {}
        }
        if !matches!(byte, b'*' | b'&' | b'<' | b':') {
            self.expected = None;
        }
        let was_line_start = self.is_line_start;
        self.saw(matches!(byte, b')' | b']' | b'}'));
        // An item's mark: keys begin after it as they do at a line's beginning.
        self.is_line_start = byte == b'-' && was_line_start && self.language.key_end == Some(b':');
    }
}
