//! Replaces secrets in a stream that comes in pieces.

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::Secret;

/// What is looked for. Shared by all streams of a computer.
#[derive(Debug, Default)]
pub struct Patterns(Vec<Pattern>);

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
            .flat_map(|secret| secret.forms().into_iter().map(move |form| (secret, form)))
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

/// One stream.
#[derive(Debug)]
pub struct Redacted {
    patterns: Arc<Patterns>,
    /// What may be the beginning of a secret.
    held: Vec<u8>,
}

impl Redacted {
    pub fn new(patterns: Arc<Patterns>) -> Self {
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
