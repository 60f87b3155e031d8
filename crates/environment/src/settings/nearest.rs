//! Which name somebody meant. Knows no settings.

/// More edits than this and a name is another name, not a typing error.
const EDITS_MAX: usize = 3;

pub(crate) fn nearest(given: &str, names: &[&'static str]) -> Option<&'static str> {
    // A key in no section or in the wrong one is meant as the one with the same last word.
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    names
        .iter()
        .map(|&name| (edits(given, name).min(edits(&last(given), &last(name))), name))
        .filter(|(edits, _)| *edits <= EDITS_MAX.min(given.len() / 2))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Levenshtein's distance, in bytes.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
