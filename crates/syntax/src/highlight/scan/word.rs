//! Names and what they are, and the forms that are made of a mark and a name.

use super::super::Role;
use super::{Scanner, Word};

/// An attribute in brackets is looked through for its end so far, in bytes.
const BRACKETS_BYTES_MAX: usize = 4096;
/// White space between a key and what ends it.
const KEY_GAP_MAX: usize = 64;

impl Scanner<'_> {
    pub(super) fn is_name_start(&self, byte: u8) -> bool {
        byte.is_ascii_alphabetic()
            || byte == b'_'
            || byte >= 0x80
            || (byte == b'$' && self.language.name_bytes.contains('$'))
    }

    fn is_name_byte(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || byte == b'_'
            || byte >= 0x80
            || self.language.name_bytes.as_bytes().contains(&byte)
    }

    fn skip_name(&mut self) {
        while self.bytes.get(self.at).is_some_and(|&byte| self.is_name_byte(byte)) {
            self.at += 1;
        }
    }

    pub(super) fn name(&mut self) {
        let from = self.at;
        self.skip_name();
        let name = &self.text[from..self.at];
        if self.is_prefix(name) && self.string_after_prefix(from) {
            return;
        }
        let known = self.known(name);
        let role = self.role(name, known);
        if role == Some(Role::Attribute) && self.language.has_macros && self.starts_with("!") {
            self.at += 1;
        }
        if let Some(role) = role {
            self.push(from, role);
        }
        self.expected = known.and_then(|word| word.then);
        // After `return` a value can begin, after a name it can't.
        let is_value = known.is_none_or(|word| word.role == Role::Type);
        self.saw(is_value);
    }

    fn known(&self, name: &str) -> Option<Word> {
        // A member may be called like a keyword.
        if self.before == b'.' && !self.is_line_start {
            return None;
        }
        if self.language.is_case_blind {
            return self.words.get(name.to_ascii_lowercase().as_str()).copied();
        }
        self.words.get(name).copied()
    }

    fn role(&self, name: &str, known: Option<Word>) -> Option<Role> {
        let language = self.language;
        if self.is_key() {
            return Some(Role::Attribute);
        }
        if let Some(word) = known {
            return Some(word.role);
        }
        if let Some(role) = self.expected {
            return Some(role);
        }
        let next = self.bytes.get(self.at).copied();
        let after = self.bytes.get(self.at + 1).copied();
        if language.has_macros
            && next == Some(b'!')
            && matches!(after, Some(b'(' | b'[' | b'{' | b' '))
        {
            return Some(Role::Attribute);
        }
        let capital = name.starts_with(|char: char| char.is_ascii_uppercase());
        let has_small = name.bytes().any(|byte| byte.is_ascii_lowercase());
        if language.has_capital_types && capital && (has_small || name.len() == 1) {
            return Some(Role::Type);
        }
        (language.has_calls && next == Some(b'(')).then_some(Role::Function)
    }

    /// Whether what was just read is a key: it is where keys begin, and what ends them follows.
    pub(super) fn is_key(&self) -> bool {
        let Some(end) = self.language.key_end else { return false };
        if !self.is_line_start && !matches!(self.before, b'{' | b',') {
            return false;
        }
        let rest = &self.bytes[self.at..(self.at + KEY_GAP_MAX).min(self.bytes.len())];
        let mut rest = rest.iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
        let found = rest.next() == Some(&end);
        // `a::b` and `a == b` are no keys.
        found && rest.next() != Some(&end)
    }

    fn is_prefix(&self, name: &str) -> bool {
        let prefixes = self.language.prefixes;
        !prefixes.is_empty() && name.len() <= 2 && name.chars().all(|char| prefixes.contains(char))
    }

    fn string_after_prefix(&mut self, from: usize) -> bool {
        // Whole marks that begin with letters (`r#"`) come before a prefix and a mark.
        let end = std::mem::replace(&mut self.at, from);
        if self.string() {
            return true;
        }
        self.at = end;
        let quotes = self.language.quotes;
        let Some(quote) = quotes.iter().find(|quote| self.starts_with(quote.open)) else {
            return false;
        };
        self.at += quote.open.len();
        self.string_body(from, quote);
        true
    }

    /// `@name`, `$name`, `${name}`, `@media`.
    pub(super) fn sigil(&mut self) -> bool {
        let from = self.at;
        self.at += 1;
        if self.starts_with("{") {
            let rest = &self.text[self.at..];
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            self.at += line.find('}').map_or(0, |end| end + 1);
        } else {
            self.skip_sigil_name();
        }
        if self.at == from + 1 {
            self.at = from;
            return false;
        }
        self.push(from, Role::Attribute);
        self.saw(true);
        true
    }

    /// Dots belong to a decorator (`@app.route`), and dashes don't belong to a variable.
    fn skip_sigil_name(&mut self) {
        let dots = self.bytes[self.at - 1] == b'@';
        while let Some(&byte) = self.bytes.get(self.at) {
            let dash = byte == b'-' && self.language.name_bytes.contains('-') && dots;
            let belongs = byte.is_ascii_alphanumeric()
                || byte == b'_'
                || byte >= 0x80
                || (byte == b'.' && dots);
            if !(belongs || dash) {
                break;
            }
            self.at += 1;
        }
    }

    /// `#include`, `#[derive(…)]` and what they span.
    pub(super) fn directive(&mut self) -> bool {
        let from = self.at;
        self.at += 1;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.skip_name();
        self.push(from, Role::Attribute);
        self.saw(false);
        true
    }

    pub(super) fn brackets(&mut self) -> bool {
        let inner = self.starts_with("#![");
        if !inner && !self.starts_with("#[") {
            return false;
        }
        let from = self.at;
        let (mut depth, mut at) = (0_usize, from + 1 + usize::from(inner));
        let end = self.text.floor_char_boundary((from + BRACKETS_BYTES_MAX).min(self.text.len()));
        while at < end {
            match self.bytes[at] {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
        self.at = at;
        self.push(from, Role::Attribute);
        self.saw(false);
        true
    }

    /// `'a`, `'static`: what isn't closed after one character.
    pub(super) fn lifetime(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        let mut chars = rest.chars();
        let named = chars.next().is_some_and(|char| char.is_alphabetic() || char == '_');
        if !named || chars.next() == Some('\'') {
            return false;
        }
        let from = self.at;
        self.at += 1;
        self.skip_name();
        self.push(from, Role::Type);
        self.saw(false);
        true
    }

    /// `[table.name]` of a settings file.
    pub(super) fn section(&mut self) -> bool {
        let from = self.at;
        let rest = &self.text[from..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let Some(end) = line.rfind(']') else { return false };
        if line.contains(['"', ',', '#']) {
            return false;
        }
        self.at += end + 1;
        self.push(from, Role::Type);
        self.saw(true);
        true
    }
}
