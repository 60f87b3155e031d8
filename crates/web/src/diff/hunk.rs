//! A comparison in pieces: what changed with some lines around it, and how much lies between.

use std::ops::Range;

use super::lines::Change;
use super::{Comparison, Side};

/// Neighbouring lines that are shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Lines that are the same on both sides, by index.
    Same {
        old: usize,
        new: usize,
        len: usize,
    },
    Changed(Change),
}

/// Lines between two hunks, or before the first or after the last; the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub old: usize,
    pub new: usize,
    pub len: usize,
}

/// The hunks of a comparison, with `context` lines around each change and around each pinned line
/// (by index); beside each the gap before it, and the gap after the last.
pub fn hunks(
    comparison: &Comparison,
    context: usize,
    pins: &[(Side, usize)],
) -> (Vec<(Gap, Hunk)>, Gap) {
    let mut hunks: Vec<(Gap, Hunk)> = Vec::new();
    let (mut old, mut new) = (0, 0);
    let mut open: Option<(Gap, Hunk)> = None;
    let no_gap = Gap { old: 0, new: 0, len: 0 };
    let mut gap = no_gap;
    let end = comparison.changes.len();
    for index in 0..=end {
        let change = comparison.changes.get(index);
        let same = change.map_or(comparison.old.len() - old, |change| change.old.start - old);
        let shown = shown(same, context, index > 0, index < end, &pinned(pins, old, new, same));
        let mut at = 0;
        for range in shown {
            let hidden = range.start - at;
            if hidden > 0 {
                hunks.extend(open.take());
                gap = Gap { old: old + at, new: new + at, len: hidden };
            }
            let (_, hunk) = open.get_or_insert_with(|| (gap, Hunk { pieces: Vec::new() }));
            if !range.is_empty() {
                let (old, new) = (old + range.start, new + range.start);
                hunk.pieces.push(Piece::Same { old, new, len: range.len() });
            }
            gap = no_gap;
            at = range.end;
        }
        if at < same {
            hunks.extend(open.take());
            gap = Gap { old: old + at, new: new + at, len: same - at };
        }
        if let Some(change) = change {
            let (_, hunk) = open.get_or_insert_with(|| (gap, Hunk { pieces: Vec::new() }));
            hunk.pieces.push(Piece::Changed(change.clone()));
            gap = no_gap;
            (old, new) = (change.old.end, change.new.end);
        }
    }
    hunks.extend(open);
    (hunks, gap)
}

/// Which of `same` equal lines are shown, as ranges that don't touch.
fn shown(
    same: usize,
    context: usize,
    after_change: bool,
    before_change: bool,
    pinned: &[usize],
) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    if after_change {
        ranges.push(0..context.min(same));
    }
    ranges.extend(
        pinned.iter().map(|pin| pin.saturating_sub(context)..(pin + context + 1).min(same)),
    );
    if before_change {
        ranges.push(same.saturating_sub(context)..same);
    }
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            // A gap of one line takes as much room as the line.
            Some(last) if range.start <= last.end + 1 => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    // The same at a file's ends.
    if let Some(first) = joined.first_mut().filter(|first| first.start == 1) {
        first.start = 0;
    }
    if let Some(last) = joined.last_mut().filter(|last| last.end + 1 == same) {
        last.end = same;
    }
    joined
}

/// Pinned lines among the `same` equal ones from `old` and `new` on, counted from there.
fn pinned(pins: &[(Side, usize)], old: usize, new: usize, same: usize) -> Vec<usize> {
    let inside = pins.iter().filter_map(|(side, line)| {
        let start = if *side == Side::Old { old } else { new };
        line.checked_sub(start).filter(|at| *at < same)
    });
    inside.collect()
}
