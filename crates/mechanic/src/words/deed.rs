//! What an edit does, said as a title: "Compare with `<` instead of `<=` in `progress`". Works on
//! the texts of the lines before and after. Pure.

use std::ops::Range;

use super::{TITLE_CHARS_MAX, Told};
use syntax::edit::Template;

/// Of a line that gives back something, to be told as a whole.
const RESULT_CHARS_MAX: usize = 36;
const COMPARISONS: [&str; 10] = ["<", "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not"];

/// The title, or a plainer one where the first would be too long to read.
pub fn title(edit: &Told) -> String {
    let short = edit.place.rsplit('.').next().unwrap_or_default();
    let deed = deed(edit);
    let plain = format!("Fix {}", edit.template.noun());
    let tries = [
        deed.as_ref().map(|deed| format!("{deed} in `{}`", edit.place)),
        deed.as_ref().map(|deed| format!("{deed} in `{short}`")),
        Some(format!("{plain} in `{}`", edit.place)),
        Some(format!("{plain} in `{short}`")),
    ];
    let fitting =
        tries.into_iter().flatten().find(|title| title.chars().count() <= TITLE_CHARS_MAX);
    fitting.unwrap_or_else(|| plain.chars().take(TITLE_CHARS_MAX).collect())
}

fn deed(edit: &Told) -> Option<String> {
    let (before, after) = (edit.before.as_str(), edit.after.as_str());
    match edit.template {
        Template::Insertion | Template::Copy | Template::Guard => added_line(before, after),
        Template::Deletion | Template::Unguard => removed(before, after),
        Template::Swap => swapped(before, after).or_else(|| changed(before, after)),
        _ => changed(before, after),
    }
    .filter(|deed| !deed.contains('\n'))
}

fn added_line(before: &str, after: &str) -> Option<String> {
    let rest = after.strip_prefix(before).or_else(|| after.strip_suffix(before))?;
    Some(format!("Add the missing `{}`", rest.trim()))
}

fn removed(before: &str, after: &str) -> Option<String> {
    match after {
        "pass" => Some(format!("Leave out `{before}`")),
        "break" | "continue" => Some(format!("Use `{after}` instead of `{before}`")),
        _ if before.trim() == after.trim() => {
            Some(format!("Move `{}` out of the block", after.trim()))
        }
        _ => None,
    }
}

/// `X … Y` that became `Y … X`: in what differs, or in the list around it.
fn swapped(before: &str, after: &str) -> Option<String> {
    let (old, new) = different(before, after);
    let (near_old, near_new) = whole_tokens(before, old.clone(), after, new.clone());
    let in_list = |c| !matches!(c, '(' | ')' | '[' | ']' | ':' | '=');
    let (far_old, far_new) = (around(before, old, in_list), around(after, new, in_list));
    exchanged(before[near_old].trim(), after[near_new].trim())
        .or_else(|| exchanged(before[far_old].trim(), after[far_new].trim()))
}

fn exchanged(old: &str, new: &str) -> Option<String> {
    let cuts: Vec<usize> = old.char_indices().map(|(at, _)| at).skip(1).collect();
    for first in &cuts {
        for second in cuts.iter().filter(|second| *second > first) {
            let (x, between, y) = (&old[..*first], &old[*first..*second], &old[*second..]);
            let separates = between == "][" || between.contains([',', ' ']);
            let tidy = separates && x.trim() == x && y.trim() == y;
            if tidy && format!("{y}{between}{x}") == new {
                return Some(format!("Swap `{x}` and `{y}`"));
            }
        }
    }
    None
}

fn changed(before: &str, after: &str) -> Option<String> {
    let (old, new) = different(before, after);
    let (old, new) = whole_tokens(before, old, after, new);
    let (old, new) = with_an_operand(before, old, after, new);
    let (old, new) = with_what_is_indexed(before, old, after, new);
    let (old, new) = whole_result(before, old, after, new);
    let is_returned = before[..old.start].trim() == "return" && before[old.end..].trim().is_empty();
    let (old, new) = (before[old].trim(), after[new].trim());
    if !is_balanced(old) || !is_balanced(new) {
        return None;
    }
    let compared = COMPARISONS.contains(&old) && COMPARISONS.contains(&new);
    match (old, new) {
        ("", new) => Some(format!("Add the missing `{new}`")),
        (old, "") => Some(format!("Leave out `{old}`")),
        _ if compared => Some(format!("Compare with `{new}` instead of `{old}`")),
        _ if is_returned => Some(format!("Return `{new}` instead of `{old}`")),
        _ => Some(format!("Use `{new}` instead of `{old}`")),
    }
}

/// Whether every bracket is closed in the order of its opening; strings aren't looked into.
fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    let closes = |open: &mut Vec<char>, bracket| open.pop() == Some(bracket);
    text.chars().all(|c| match c {
        '(' | '[' | '{' => {
            open.push(c);
            true
        }
        ')' => closes(&mut open, '('),
        ']' => closes(&mut open, '['),
        '}' => closes(&mut open, '{'),
        _ => true,
    }) && open.is_empty()
}

/// Where two texts differ.
fn different(before: &str, after: &str) -> (Range<usize>, Range<usize>) {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| -> usize {
        a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    let front = same(&mut before.chars(), &mut after.chars());
    let back = same(&mut before[front..].chars().rev(), &mut after[front..].chars().rev());
    (front..before.len() - back, front..after.len() - back)
}

/// Both ranges, widened until neither cuts a word or an operator in two.
fn whole_tokens(
    before: &str,
    old: Range<usize>,
    after: &str,
    new: Range<usize>,
) -> (Range<usize>, Range<usize>) {
    let (mut old, mut new) = (old, new);
    while let Some(last) = before[..old.start].chars().next_back() {
        let firsts = [before[old.start..].chars().next(), after[new.start..].chars().next()];
        if !firsts.iter().flatten().any(|first| of_one_token(last, *first)) {
            break;
        }
        old.start -= last.len_utf8();
        new.start -= last.len_utf8();
    }
    while let Some(first) = before[old.end..].chars().next() {
        let lasts = [before[..old.end].chars().next_back(), after[..new.end].chars().next_back()];
        if !lasts.iter().flatten().any(|last| of_one_token(*last, first)) {
            break;
        }
        old.end += first.len_utf8();
        new.end += first.len_utf8();
    }
    (old, new)
}

fn of_one_token(a: char, b: char) -> bool {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let operator = |c: char| "<>=!+-*/%&|^".contains(c);
    (word(a) && word(b)) || (operator(a) && operator(b))
}

/// `+ 1` says nothing by itself: what it is added to, or taken from, comes along.
fn with_an_operand(
    before: &str,
    old: Range<usize>,
    after: &str,
    new: Range<usize>,
) -> (Range<usize>, Range<usize>) {
    let (shorter, longer) = (before[old.clone()].trim(), after[new.clone()].trim());
    if !shorter.is_empty() && !longer.is_empty() {
        return (old, new);
    }
    let said = format!("{shorter}{longer}");
    let leads = |word: &str| said.starts_with(word);
    if ["+", "-", "*", "/", "%", "[", "and ", "or "].into_iter().any(leads) {
        let word = before[..old.start].trim_end();
        let start = word.rfind(|c: char| !(c.is_alphanumeric() || "_.])".contains(c)));
        let start = start.map_or(0, |at| at + word[at..].chars().next().map_or(0, char::len_utf8));
        let balanced = !word[start..].contains([']', ')']);
        if balanced && start < word.len() {
            return (start..old.end, start..new.end);
        }
    }
    if said.starts_with("not") || said.ends_with(['+', '-', '*', '/', '%']) {
        let rest = &before[old.end..];
        let stop = rest.trim_start().find(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
        let mut more =
            rest.len() - rest.trim_start().len() + stop.unwrap_or(rest.trim_start().len());
        if rest[more..].starts_with('[') {
            more += rest[more..].find(']').map_or(0, |at| at + 1);
        }
        if !rest[more..].starts_with('(') {
            return (old.start..old.end + more, new.start..new.end + more);
        }
    }
    (old, new)
}

/// `[:n]` says nothing without what it is a part of.
fn with_what_is_indexed(
    before: &str,
    old: Range<usize>,
    after: &str,
    new: Range<usize>,
) -> (Range<usize>, Range<usize>) {
    let in_brackets = before[..old.start].ends_with('[') && before[old.end..].starts_with(']');
    let is_slice = before[old.clone()].contains(':') || after[new.clone()].contains(':');
    if !in_brackets || !is_slice {
        return (old, new);
    }
    let word = &before[..old.start - 1];
    let start = word.rfind(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
    let start = start.map_or(0, |at| at + word[at..].chars().next().map_or(0, char::len_utf8));
    (start..old.end + 1, start..new.end + 1)
}

/// Of a short `return`, the whole value, where only a part that says nothing by itself differs.
fn whole_result(
    before: &str,
    old: Range<usize>,
    after: &str,
    new: Range<usize>,
) -> (Range<usize>, Range<usize>) {
    let value = "return ".len();
    let is_part = before[old.clone()].trim().is_empty() || after[new.clone()].trim().is_empty();
    let is_short = before.len().max(after.len()) <= RESULT_CHARS_MAX;
    if is_part && is_short && before.starts_with("return ") && after.starts_with("return ") {
        (value..before.len(), value..after.len())
    } else {
        (old, new)
    }
}

/// The range widened as long as `inside` holds.
fn around(text: &str, range: Range<usize>, inside: impl Fn(char) -> bool) -> Range<usize> {
    let start = text[..range.start].rfind(|c| !inside(c));
    let start = start.map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let end = text[range.end..].find(|c| !inside(c)).map_or(text.len(), |at| range.end + at);
    start..end
}

#[cfg(test)]
mod tests;
