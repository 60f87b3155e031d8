//! An assertion's two sides, where a failure says each on a line of its own. Pure.

use syntax::edit::{Difference, Hints};

/// From the first failures.
const HINTS_MAX: usize = 12;
/// A longer text is no literal of a program.
const TEXT_BYTES_MAX: usize = 200;

/// Texts that follow the one and the other mark, one after the other. Which side was expected is
/// known where `is_sure`; else each is taken for it.
pub fn of<'e>(
    errors: impl Iterator<Item = &'e str>,
    [actual, expected]: [&str; 2],
    is_sure: bool,
) -> Hints {
    let mut hints = Hints::default();
    let mut last = None;
    for line in errors.flat_map(str::lines).map(str::trim) {
        if let Some(said) = line.strip_prefix(actual) {
            last = text(said);
        } else if let Some(said) = line.strip_prefix(expected) {
            let (Some(actual), Some(expected)) = (last.take(), text(said)) else { continue };
            let other = Difference { expected: actual.clone(), actual: expected.clone() };
            note(&mut hints, Difference { expected, actual });
            if !is_sure {
                note(&mut hints, other);
            }
        }
    }
    hints
}

fn note(hints: &mut Hints, difference: Difference) {
    if hints.differences.len() < HINTS_MAX && !hints.differences.contains(&difference) {
        hints.differences.push(difference);
    }
}

/// What a quoted text says, where it is one with nothing written in another way within.
fn text(quoted: &str) -> Option<String> {
    let quoted = quoted.trim().trim_end_matches(',');
    let mark = quoted.chars().next().filter(|mark| matches!(mark, '\'' | '"' | '`'))?;
    let inner = quoted.get(1..)?.strip_suffix(mark)?;
    let plain = !inner.contains('\\') && !inner.contains(mark) && inner.len() <= TEXT_BYTES_MAX;
    plain.then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_taken_where_both_are_texts() {
        let said = "x\n  left: \"a b\"\n right: \"a  b\"\nleft: 1\nright: \"c\"\nleft: \"\\n\"\nright: \"d\"";
        let hints = of([said].into_iter(), ["left:", "right:"], false);
        let told = |expected: &str, actual: &str| Difference {
            expected: expected.into(),
            actual: actual.into(),
        };
        assert_eq!(hints.differences, [told("a  b", "a b"), told("a b", "a  b")]);
        let hints = of(["actual: 'x'\nexpected: 'y'"].into_iter(), ["actual:", "expected:"], true);
        assert_eq!(hints.differences, [told("y", "x")]);
        assert_eq!(
            of(["left: \"\nright: '"].into_iter(), ["left:", "right:"], true),
            Hints::default()
        );
    }
}
