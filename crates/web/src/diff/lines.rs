//! Two versions of a file, compared line by line.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Source;

/// How far a change that could be said in several ways is looked at in each.
const SLIDE_MAX: usize = 100;

/// Two versions and what differs.
#[derive(Debug, Default)]
pub struct Comparison {
    pub old: Source,
    pub new: Source,
    /// Removed and added lines by index, in order; between two, both sides are the same.
    pub changes: Vec<Change>,
}

/// Lines `old` became lines `new`; one of them may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

impl Comparison {
    pub fn new(old: Source, new: Source) -> Self {
        let changes = {
            let (before, after) = (keys(&old), keys(&new));
            let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
            let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
            let mut changes: Vec<Change> =
                changed.map(|op| Change { old: op.old_range(), new: op.new_range() }).collect();
            slide(&mut changes, &before, &after);
            changes
        };
        Self { old, new, changes }
    }

    /// Lines added and removed.
    pub fn counts(&self) -> (u64, u64) {
        let sum = |side: fn(&Change) -> usize| self.changes.iter().map(side).sum::<usize>() as u64;
        (sum(|change| change.new.len()), sum(|change| change.old.len()))
    }
}

/// A line, and whether it is a last one without a line break: then it differs from one that has it.
type Key<'a> = (&'a str, bool);

fn keys(source: &Source) -> Vec<Key<'_>> {
    source.lines().enumerate().map(|(index, line)| (line, source.is_open_end(index))).collect()
}

/// An insertion or a removal beside equal lines can be said in several ways. People read it best
/// where it begins as a block does: least indented, after an empty line.
fn slide(changes: &mut [Change], old: &[Key<'_>], new: &[Key<'_>]) {
    for index in 0..changes.len() {
        let change = &changes[index];
        let (lines, range) = match (change.old.is_empty(), change.new.is_empty()) {
            (true, false) => (new, change.new.clone()),
            (false, true) => (old, change.old.clone()),
            _ => continue,
        };
        // As far as the changes before and after, which must not be touched.
        let floor = match index.checked_sub(1) {
            Some(before) if change.old.is_empty() => changes[before].new.end + 1,
            Some(before) => changes[before].old.end + 1,
            None => 0,
        };
        let ceiling = match changes.get(index + 1) {
            Some(after) if change.old.is_empty() => after.new.start.saturating_sub(1),
            Some(after) => after.old.start.saturating_sub(1),
            None => lines.len(),
        };
        let by = best_shift(lines, &range, floor, ceiling);
        let moved = |range: &Range<usize>| {
            let at = |place: usize| place.saturating_add_signed(by);
            at(range.start)..at(range.end)
        };
        changes[index] =
            Change { old: moved(&changes[index].old), new: moved(&changes[index].new) };
    }
}

fn best_shift(lines: &[Key<'_>], range: &Range<usize>, floor: usize, ceiling: usize) -> isize {
    let mut up = 0;
    while up < SLIDE_MAX
        && range.start > floor + up
        && lines[range.start - up - 1] == lines[range.end - up - 1]
    {
        up += 1;
    }
    let mut down = 0;
    while down < SLIDE_MAX
        && range.end + down < ceiling.min(lines.len())
        && lines[range.start + down] == lines[range.end + down]
    {
        down += 1;
    }
    let shifts = -isize::try_from(up).unwrap_or(0)..=isize::try_from(down).unwrap_or(0);
    let cost = |shift: &isize| {
        let start = range.start.saturating_add_signed(*shift);
        let end = range.end.saturating_add_signed(*shift);
        // Where the block begins, and where what is after it begins: both should be at a boundary.
        // Of equally good ones the lowest, as git has it.
        (boundary(lines, start) + boundary(lines, end), -shift)
    };
    shifts.min_by_key(cost).unwrap_or(0)
}

/// How bad it is to split before the line at `at`.
fn boundary(lines: &[Key<'_>], at: usize) -> usize {
    let Some((line, _)) = lines.get(at) else { return 0 };
    let before_is_blank = at == 0 || lines[at - 1].0.trim().is_empty();
    if line.trim().is_empty() {
        return 40;
    }
    let closes = line.trim_start().starts_with(['}', ')', ']']) || line.trim() == "end";
    indent(line).min(30) * 2 + if before_is_blank { 0 } else { 10 } + if closes { 20 } else { 0 }
}

fn indent(line: &str) -> usize {
    let blank = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    blank.map(|byte| if byte == b'\t' { 8 } else { 1 }).sum()
}
