//! A text edited by the difference between what a test expected and what it got, and a pattern
//! edited by what is usually wrong with patterns.

use super::Here;
use super::hints::Difference;
use super::sink::Sink;
use crate::node::Node;
use crate::role::{Field, Role};

const DIFFERENCES_MAX: usize = 12;
const WORDS_MAX: usize = 6;
/// Longer ones are no literal's.
const SIDE_BYTES_MAX: usize = 2000;
/// Places in one pattern.
const PATTERN_PLACES_MAX: usize = 40;
const PATTERN: f64 = 0.4;
/// For a text put in where its neighbours are all that is known of its place.
const PUT_IN: f64 = 0.2;
const NEIGHBOURS: usize = 3;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    if node.role() == Role::Regex || node.role() == Role::Text && is_pattern(node) {
        pattern(node, sink);
    }
    if node.role() == Role::Text && node.is_value() {
        for difference in here.hints.differences.iter().take(DIFFERENCES_MAX) {
            by_difference(node, difference, sink);
        }
    }
}

fn by_difference(node: Node<'_>, difference: &Difference, sink: &mut Sink<'_>) {
    let (actual, expected) = (difference.actual.as_str(), difference.expected.as_str());
    if actual.len().max(expected.len()) > SIDE_BYTES_MAX || actual == expected {
        return;
    }
    let Some((open, content, close)) = unquoted(node.text()) else { return };
    let mut changed = |content: String, more| {
        sink.dearer(node, format!("{open}{content}{close}"), more);
    };
    let Some(new) = quoted(expected, open, close) else { return };
    if content == actual || !content.is_empty() && actual.contains(content) && content.len() > 1 {
        changed(new, if content == actual { 0.0 } else { 2.0 * PUT_IN });
    }
    for (old, new) in pairs(actual, expected) {
        let Some(new) = quoted(new, open, close) else { continue };
        for (at, _) in content.match_indices(old).take(WORDS_MAX) {
            if is_filled(open, &content[..at]) {
                continue;
            }
            let (before, after) = (&content[..at], &content[at + old.len()..]);
            changed(format!("{before}{new}{after}"), 0.0);
        }
    }
    if let Some((before, put, after)) = put_in(actual, expected)
        && let Some(put) = quoted(put, open, close)
    {
        let places = [content.find(before).map(|at| at + before.len()), content.find(after)];
        let known = [!before.is_empty(), !after.is_empty()];
        for (at, _) in places.into_iter().zip(known).filter(|(_, known)| *known) {
            let Some(at) = at.filter(|at| !is_filled(open, &content[..*at])) else { continue };
            changed(format!("{}{put}{}", &content[..at], &content[at..]), PUT_IN);
        }
    }
}

/// A literal's quotation marks with what is before them, its content, and the closing marks.
fn unquoted(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find(['"', '\'', '`'])?;
    let marks = &text[open..];
    let mark = &marks[..1];
    let triple = mark.repeat(3);
    let length = if marks.starts_with(&triple) && marks.len() >= 6 { 3 } else { 1 };
    let (before, rest) = text.split_at(open + length);
    let end = rest.rfind(mark)?;
    let end = end.checked_sub(length - 1)?;
    Some((before, &rest[..end], &rest[end..]))
}

/// A test's text as it has to be written between these marks. `None` where it has something that
/// would mean more than itself there.
fn quoted(text: &str, open: &str, close: &str) -> Option<String> {
    let prefix = open.trim_end_matches(['"', '\'', '`']);
    let (raw, fills) = (prefix.contains(['r', 'R']), prefix.contains(['f', 'F']));
    if fills && text.contains(['{', '}']) || close.contains('`') && text.contains(['$', '`']) {
        return None;
    }
    let mark = close.chars().next()?;
    if raw {
        return (!text.contains([mark, '\\', '\n'])).then(|| text.to_owned());
    }
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\\' => written.push_str("\\\\"),
            _ if c == mark => written.extend(['\\', c]),
            _ if c.is_control() => return None,
            _ => written.push(c),
        }
    }
    Some(written)
}

/// Whether what comes behind `before` is no text but an expression that fills it in.
fn is_filled(open: &str, before: &str) -> bool {
    let fills = open.contains(['f', 'F', '`']);
    fills && before.matches('{').count() > before.matches('}').count()
}

/// What stands in one text where something else stands in the other: as a whole, then by word.
fn pairs<'t>(actual: &'t str, expected: &'t str) -> Vec<(&'t str, &'t str)> {
    let (front, back) = common(actual, expected);
    let middle = (&actual[front..actual.len() - back], &expected[front..expected.len() - back]);
    let (old, new): (Vec<&str>, Vec<&str>) =
        (actual.split_whitespace().collect(), expected.split_whitespace().collect());
    let words = old.iter().zip(&new).filter(|(old, new)| old != new).map(|(old, new)| (*old, *new));
    let words = words.filter(|_| old.len() == new.len()).take(WORDS_MAX);
    std::iter::once(middle).chain(words).filter(|(old, _)| !old.is_empty()).collect()
}

/// What the expected text has more, and a few characters on either side of it.
fn put_in<'t>(actual: &'t str, expected: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
    let (front, back) = common(actual, expected);
    if front + back != actual.len() {
        return None;
    }
    let before = actual[..front].char_indices().rev().nth(NEIGHBOURS - 1).map_or(0, |(at, _)| at);
    let after = actual[front..].char_indices().nth(NEIGHBOURS).map(|(at, _)| front + at);
    let after = &actual[front..after.unwrap_or(actual.len())];
    Some((&actual[before..front], &expected[front..expected.len() - back], after))
}

/// Bytes that both begin with, and that both end with behind those.
fn common(a: &str, b: &str) -> (usize, usize) {
    let same = |a: char, b: char| (a == b).then(|| a.len_utf8());
    let front: usize = a.chars().zip(b.chars()).map_while(|(a, b)| same(a, b)).sum();
    let (a, b) = (a[front..].chars().rev(), b[front..].chars().rev());
    (front, a.zip(b).map_while(|(a, b)| same(a, b)).sum())
}

/// Whether a text is given to something that reads patterns.
fn is_pattern(node: Node<'_>) -> bool {
    let call = node.within(Role::Arguments).and_then(Node::parent);
    let callee = call.and_then(|call| call.field(Field::Callee)).map_or("", Node::text);
    let readers = node.parsed().grammar().write.patterns;
    readers.iter().any(|reader| callee.starts_with(reader))
}

/// What is mistaken for each other in patterns.
const PATTERNS: [(&str, &str); 14] = [
    ("+", "*"),
    ("*", "+"),
    ("+", ""),
    ("*", ""),
    ("?", ""),
    ("\\d", "\\w"),
    ("\\w", "\\d"),
    ("\\w", "\\S"),
    ("\\s", "\\s*"),
    ("\\s+", "\\s*"),
    (".", "\\."),
    ("\\.", "."),
    ("^", ""),
    ("$", ""),
];

fn pattern(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = node.text();
    let mut places = 0;
    for (old, new) in PATTERNS {
        for (at, _) in text.match_indices(old) {
            if text[..at].ends_with('\\') && !old.starts_with('\\') {
                continue;
            }
            places += 1;
            if places > PATTERN_PLACES_MAX {
                return;
            }
            let (before, after) = (&text[..at], &text[at + old.len()..]);
            sink.dearer(node, format!("{before}{new}{after}"), PATTERN);
        }
    }
    for (at, _) in text.match_indices(['+', '*']).take(PATTERN_PLACES_MAX) {
        sink.dearer(node, format!("{}?{}", &text[..=at], &text[at + 1..]), PATTERN);
    }
    if let Some((open, content, close)) = anchored(text) {
        sink.dearer(node, format!("{open}^{content}{close}"), PATTERN);
        sink.dearer(node, format!("{open}{content}${close}"), PATTERN);
        sink.dearer(node, format!("{open}^{content}${close}"), PATTERN);
    }
}

fn anchored(text: &str) -> Option<(&str, &str, &str)> {
    if !text.starts_with('/') {
        return unquoted(text);
    }
    let end = text.rfind('/').filter(|end| *end > 0)?;
    Some((&text[..1], &text[1..end], &text[end..]))
}
