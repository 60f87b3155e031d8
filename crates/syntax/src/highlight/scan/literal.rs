//! Strings in all their forms, numbers, regular expressions.

use super::super::Role;
use super::super::table::Quote;
use super::{HOLES_MAX, Hole, Scanner};

/// Here-documents that one line can begin.
const HEREDOCS_MAX: usize = 8;

impl Scanner<'_> {
    pub(super) fn string(&mut self) -> bool {
        let from = self.at;
        let Some(quote) = self.quote_here() else { return false };
        self.at += quote.open.len();
        self.string_body(from, quote);
        true
    }

    fn quote_here(&self) -> Option<&'static Quote> {
        self.language.quotes.iter().find(|quote| self.starts_with(quote.open))
    }

    /// From inside a string that began at `from` to its end, or to code inside it.
    pub(super) fn string_body(&mut self, from: usize, quote: &'static Quote) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if quote.escapes && byte == b'\\' {
                self.at = (self.at + 2).min(self.bytes.len());
            } else if self.starts_with(quote.close) {
                self.at += quote.close.len();
                break;
            } else if byte == b'\n' && !quote.spans_lines {
                break;
            } else if quote.has_holes && self.starts_with("${") && self.holes.len() < HOLES_MAX {
                self.at += 2;
                self.push(from, Role::String);
                self.holes.push(Hole { quote, braces: 0 });
                return self.saw(false);
            } else {
                self.at += 1;
            }
        }
        // An escape may have been the first byte of a longer character.
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let role = if self.is_key() { Role::Attribute } else { Role::String };
        self.push(from, role);
        self.saw(true);
    }

    /// Digits, and what belongs to them: `0x1f`, `1_000.5e-3f32`.
    pub(super) fn number(&mut self) {
        let from = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            let next = self.bytes.get(self.at + 1);
            let belongs = match byte {
                b'.' => next.is_some_and(u8::is_ascii_digit),
                b'+' | b'-' => {
                    let hexadecimal = self.text[from..].starts_with("0x");
                    !hexadecimal
                        && matches!(self.bytes[self.at - 1], b'e' | b'E')
                        && next.is_some_and(u8::is_ascii_digit)
                }
                byte => byte.is_ascii_alphanumeric() || byte == b'_',
            };
            if !belongs {
                break;
            }
            self.at += 1;
        }
        self.push(from, Role::Number);
        self.saw(true);
    }

    /// `/…/flags`, if it ends on its line.
    pub(super) fn regex(&mut self) -> bool {
        let from = self.at;
        let (mut at, mut in_class) = (from + 1, false);
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return false,
                Some(b'\\') => at += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(b'/') if !in_class => break,
                Some(_) => {}
            }
            at += 1;
        }
        at += 1;
        while self.bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
        }
        self.at = at.min(self.bytes.len());
        self.push(from, Role::String);
        self.saw(true);
        true
    }

    /// `<<WORD`, `<<-'WORD'`: its body begins with the next line.
    pub(super) fn heredoc(&mut self) -> bool {
        let rest = &self.text[self.at + 2..];
        let rest = rest.trim_start_matches(['-', '~']).trim_start_matches(['"', '\'']);
        let word = rest.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
        let word = &rest[..word.unwrap_or(rest.len())];
        let starts = word.starts_with(|char: char| char.is_ascii_uppercase() || char == '_');
        if starts && self.heredocs.len() < HEREDOCS_MAX {
            self.heredocs.push(word);
        }
        false
    }

    /// At the beginning of the line after a `<<WORD`.
    pub(super) fn heredoc_bodies(&mut self) {
        for word in std::mem::take(&mut self.heredocs) {
            let from = self.at;
            let lines = self.text[from..].split_inclusive('\n');
            for line in lines {
                self.at += line.len();
                if line.trim() == word {
                    break;
                }
            }
            self.push(from, Role::String);
        }
    }
}
