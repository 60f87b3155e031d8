//! What changed inside a line that became another.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Longer lines aren't compared by words: it would say little, and take long.
const LINE_BYTES_MAX: usize = 1000;
/// Lines of which less than this share stays were replaced rather than edited.
const SAME_SHARE_MIN: f32 = 0.4;
/// Bytes of lines that one page compares by words.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is left of a page's budget.
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(PAGE_BYTES_MAX)
    }
}

/// The bytes of `old` that are gone, and those of `new` that came; both empty where the two lines
/// have little in common.
pub fn changed_words(
    old: &str,
    new: &str,
    budget: &mut Budget,
) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let nothing = (Vec::new(), Vec::new());
    let bytes = old.len() + new.len();
    if old == new || old.len().max(new.len()) > LINE_BYTES_MAX || bytes > budget.0 {
        return nothing;
    }
    budget.0 -= bytes;
    let (before, after) = (words(old), words(new));
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let (mut gone, mut came, mut same) = (Vec::new(), Vec::new(), 0);
    let (mut old_at, mut new_at) = (0, 0);
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    for op in ops {
        let (old_len, new_len) = (length(&before[op.old_range()]), length(&after[op.new_range()]));
        if let DiffOp::Equal { .. } = op {
            let kept = &before[op.old_range()];
            same +=
                kept.iter().filter(|word| !word.trim().is_empty()).map(|w| w.len()).sum::<usize>();
        } else {
            push(&mut gone, old_at..old_at + old_len, old);
            push(&mut came, new_at..new_at + new_len, new);
        }
        (old_at, new_at) = (old_at + old_len, new_at + new_len);
    }
    let solid = |line: &str| line.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    let longest = solid(old).max(solid(new));
    if (same as f32) < longest as f32 * SAME_SHARE_MIN { nothing } else { (gone, came) }
}

/// Joins what only white space keeps apart: two marked words beside each other read as one change.
fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>, line: &str) {
    if range.is_empty() {
        return;
    }
    match ranges.last_mut() {
        Some(last) if line[last.end..range.start].trim().is_empty() => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Names and numbers, runs of white space, and each other character by itself.
fn words(line: &str) -> Vec<&str> {
    let kind = |char: char| match char {
        char if char.is_alphanumeric() || char == '_' => 0,
        char if char.is_whitespace() => 1,
        _ => 2,
    };
    let mut words = Vec::with_capacity(line.len() / 4);
    let mut start = 0;
    let mut last = None;
    for (at, char) in line.char_indices() {
        let kind = kind(char);
        if last.is_some_and(|last| last != kind || kind == 2) {
            words.push(&line[start..at]);
            start = at;
        }
        last = Some(kind);
    }
    if start < line.len() {
        words.push(&line[start..]);
    }
    words
}
