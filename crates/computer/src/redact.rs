//! Secrets in a stream of bytes become their names, also where one comes in pieces. Doesn't know
//! where the stream comes from or goes to.

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::Secret;

/// What is looked for. Shared by all streams of a computer.
#[derive(Debug, Default)]
pub(crate) struct Patterns(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    finder: Finder<'static>,
    /// The secret's name in brackets.
    instead: Vec<u8>,
}

impl Pattern {
    fn bytes(&self) -> &[u8] {
        self.finder.needle()
    }
}

/// Where something is to be replaced.
struct Found<'a> {
    at: usize,
    pattern: &'a Pattern,
}

impl Patterns {
    pub fn of(secrets: &[Secret]) -> Self {
        let mut patterns: Vec<Pattern> = secrets
            .iter()
            .flat_map(|secret| shown_forms(secret).map(move |form| (secret, form)))
            .map(|(secret, form)| Pattern {
                finder: Finder::new(&form).into_owned(),
                instead: format!("[{}]", secret.name()).into_bytes(),
            })
            .collect();
        // Of two that begin at the same place, the longer is what is there.
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.bytes().len()));
        Self(patterns)
    }

    /// A whole text.
    pub fn redact(&self, text: &str) -> String {
        let mut out = Vec::new();
        let rest = self.replace(text.as_bytes(), &mut out, |_| false);
        out.extend_from_slice(&text.as_bytes()[rest..]);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn first(&self, text: &[u8]) -> Option<Found<'_>> {
        let found = self
            .0
            .iter()
            .filter_map(|pattern| pattern.finder.find(text).map(|at| Found { at, pattern }));
        found.min_by_key(|found| found.at)
    }

    /// Writes what is decided of `text`, and gives how much that is. Stops at what `is_open` says
    /// may become something longer.
    fn replace(&self, text: &[u8], out: &mut Vec<u8>, is_open: impl Fn(&[u8]) -> bool) -> usize {
        let mut done = 0;
        while let Some(Found { at, pattern }) = self.first(&text[done..]) {
            if is_open(&text[done + at..]) {
                break;
            }
            out.extend_from_slice(&text[done..done + at]);
            out.extend_from_slice(&pattern.instead);
            done += at + pattern.bytes().len();
        }
        done
    }

    /// Whether `text` is where a longer secret begins.
    fn begins(&self, text: &[u8]) -> bool {
        self.0
            .iter()
            .any(|pattern| pattern.bytes().len() > text.len() && pattern.bytes().starts_with(text))
    }

    /// Where in `text` something begins that the next piece may complete.
    fn undecided(&self, text: &[u8]) -> usize {
        let longest = self.0.first().map_or(0, |pattern| pattern.bytes().len());
        let from = text.len().saturating_sub(longest.saturating_sub(1));
        (from..text.len()).find(|&at| self.begins(&text[at..])).unwrap_or(text.len())
    }
}

/// Base64 of a key has lines of 64 characters, its first and last ones of 20 and more.
const LINE_BYTES_MIN: usize = 12;

/// Of a key of many lines each is a secret; shorter ones are anybody's words.
fn shown_forms(secret: &Secret) -> impl Iterator<Item = Vec<u8>> {
    let lines = secret.value().split(|&byte| byte == b'\n');
    let lines = lines.filter(|line| line.len() >= LINE_BYTES_MIN).map(<[u8]>::to_vec);
    secret.forms().into_iter().chain(lines)
}

/// One stream.
#[derive(Debug)]
pub struct Redactor {
    patterns: Arc<Patterns>,
    /// What may be the beginning of a secret.
    held: Vec<u8>,
}

impl Redactor {
    /// For a single stream.
    pub fn of(secrets: &[Secret]) -> Self {
        Self::new(Arc::new(Patterns::of(secrets)))
    }

    pub(crate) fn new(patterns: Arc<Patterns>) -> Self {
        Self { patterns, held: Vec::new() }
    }

    /// What can be written of all that came.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.patterns.0.is_empty() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        let mut out = Vec::new();
        let done = self.patterns.replace(&self.held, &mut out, |rest| self.patterns.begins(rest));
        let until = done + self.patterns.undecided(&self.held[done..]);
        out.extend_from_slice(&self.held[done..until]);
        self.held.drain(..until);
        out
    }

    /// The rest, when no more will come.
    pub fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let done = self.patterns.replace(&self.held, &mut out, |_| false);
        out.extend_from_slice(&self.held[done..]);
        self.held.clear();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(secrets: &[(&str, &str)], pieces: &[&str]) -> String {
        let secrets: Vec<_> =
            secrets.iter().map(|(name, value)| Secret::new(*name, *value).unwrap()).collect();
        let mut redactor = Redactor::of(&secrets);
        let mut shown: Vec<u8> =
            pieces.iter().flat_map(|piece| redactor.push(piece.as_bytes())).collect();
        shown.extend(redactor.end());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_secret_is_its_name_however_it_comes() {
        let secrets = [("TOKEN", "hunter2-hunter2"), ("KEY", "hunter2-hunter3")];
        assert_eq!(redacted(&secrets, &["a hunter2-hunter2 b"]), "a [TOKEN] b");
        assert_eq!(redacted(&secrets, &["a hunt", "er2-hun", "ter3"]), "a [KEY]");
        assert_eq!(redacted(&secrets, &["hunter2-hunter", "x"]), "hunter2-hunterx");
        assert_eq!(redacted(&secrets, &["hunter2-hunter2hunter2-hu"]), "[TOKEN]hunter2-hu");
        let encoded = "eHh4aHVudGVyMi1odW50ZXIy";
        let shown = redacted(&secrets, &[encoded]);
        assert!(shown.contains("[TOKEN]") && shown.len() < encoded.len(), "{shown}");
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----\n";
        let shown = redacted(&[("KEY", key)], &["line MIIEvQIBADANBgkqhkiG9w0BAQEFAASC of it"]);
        assert_eq!(shown, "line [KEY] of it");
    }
}
