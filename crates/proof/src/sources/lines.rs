//! Which lines differ between two texts. Pure, and bounded: where comparing would take long, all
//! between the first difference and the last one counts as different.

use std::collections::HashSet;
use std::ops::{Range, RangeInclusive};

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines that are compared one by one, after what is equal at both ends was taken off.
const COMPARED_MAX: usize = 20_000;
/// The time grows with the lines, times those of them that differ.
const STEPS_MAX: usize = 20_000_000;

type Ranges = Vec<RangeInclusive<u32>>;

/// The lines of `base` that are gone and the lines of `head` that are new, counted from 1.
pub(super) fn differing(base: &str, head: &str) -> (Ranges, Ranges) {
    let base: Vec<&str> = base.split_inclusive('\n').collect();
    let head: Vec<&str> = head.split_inclusive('\n').collect();
    let before = base.iter().zip(&head).take_while(|(old, new)| old == new).count();
    let (base, head) = (&base[before..], &head[before..]);
    let after = base.iter().rev().zip(head.iter().rev()).take_while(|(old, new)| old == new);
    let after = after.count();
    let (base, head) = (&base[..base.len() - after], &head[..head.len() - after]);
    let (mut gone, mut new) = (Ranges::new(), Ranges::new());
    let lines = base.len() + head.len();
    if lines > COMPARED_MAX || lines * only_once(base, head) > STEPS_MAX {
        push(&mut gone, before, 0..base.len());
        push(&mut new, before, 0..head.len());
        return (gone, new);
    }
    for op in capture_diff_slices(Algorithm::Myers, base, head) {
        if !matches!(op, DiffOp::Equal { .. }) {
            push(&mut gone, before, op.old_range());
            push(&mut new, before, op.new_range());
        }
    }
    (gone, new)
}

/// How many lines are at one side only: so many differ at least.
fn only_once(base: &[&str], head: &[&str]) -> usize {
    let (old, new): (HashSet<&str>, HashSet<&str>) =
        (base.iter().copied().collect(), head.iter().copied().collect());
    let gone = base.iter().filter(|line| !new.contains(*line)).count();
    gone + head.iter().filter(|line| !old.contains(*line)).count()
}

fn push(ranges: &mut Ranges, before: usize, lines: Range<usize>) {
    if lines.is_empty() {
        return;
    }
    let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let (first, last) = (number(before + lines.start + 1), number(before + lines.end));
    match ranges.last_mut() {
        Some(range) if *range.end() + 1 == first => *range = *range.start()..=last,
        Some(_) | None => ranges.push(first..=last),
    }
}

/// The lines of `text` in `ranges`, with their numbers. Both ascend, so one pass does.
pub(super) fn within<'t>(
    text: &'t str,
    ranges: &'t [RangeInclusive<u32>],
) -> impl Iterator<Item = (u32, &'t str)> {
    let mut ranges = ranges;
    (1_u32..).zip(text.lines()).filter(move |(number, _)| {
        while ranges.first().is_some_and(|range| range.end() < number) {
            ranges = &ranges[1..];
        }
        ranges.first().is_some_and(|range| range.contains(number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edited_added_and_removed_lines_are_told_apart() {
        let (gone, new) = differing("a\nb\nc\nd\ne\n", "a\nB\nc\nd\nx\ny\ne\n");
        assert_eq!((gone, new), (vec![2..=2], vec![2..=2, 5..=6]));
        let (gone, new) = differing("a\nb\nc\n", "a\nc\n");
        assert_eq!((gone, new), (vec![2..=2], vec![]));
        assert_eq!(differing("", ""), (vec![], vec![]));
        assert_eq!(differing("", "a\nb"), (vec![], vec![1..=2]));
    }

    #[test]
    fn a_text_too_long_to_compare_differs_as_a_whole_but_for_its_ends() {
        let long =
            |word: &str| -> String { (0..COMPARED_MAX).map(|n| format!("{word} {n}\n")).collect() };
        let (base, head) =
            (format!("same\n{}end\n", long("a")), format!("same\n{}end\n", long("b")));
        let last = u32::try_from(COMPARED_MAX).unwrap() + 1;
        assert_eq!(differing(&base, &head), (vec![2..=last], vec![2..=last]));
    }

    #[test]
    fn lines_are_found_by_their_ranges() {
        let lines: Vec<_> = within("a\nb\nc\nd\n", &[1..=1, 3..=9]).collect();
        assert_eq!(lines, [(1, "a"), (3, "c"), (4, "d")]);
    }
}
