//! What failures of pytest and unittest say: an assertion's two sides, the exception's type. Pure.

use syntax::edit::{Difference, Hints};

/// Of each sort, from the first failures.
const HINTS_MAX: usize = 12;
/// A longer text is no literal of a program.
const TEXT_BYTES_MAX: usize = 200;
/// Between an assertion's two sides.
const BETWEEN: [&str; 4] = [" == ", " != ", " in ", " not found in "];

pub fn of<'e>(errors: impl Iterator<Item = &'e str>) -> Hints {
    let mut hints = Hints::default();
    for line in errors.flat_map(str::lines) {
        let line = line.strip_prefix("E ").unwrap_or(line).trim();
        if hints.differences.len() < HINTS_MAX {
            hints.differences.extend(differences(line));
        }
        let kind = exception(line).filter(|kind| !hints.exceptions.contains(kind));
        if hints.exceptions.len() < HINTS_MAX {
            hints.exceptions.extend(kind);
        }
        let awaited = not_raised(line).filter(|kind| !hints.not_raised.contains(kind));
        if hints.not_raised.len() < HINTS_MAX {
            hints.not_raised.extend(awaited);
        }
    }
    let mut seen = Vec::new();
    hints.differences.retain(|one| {
        !seen.contains(one) && {
            seen.push(one.clone());
            true
        }
    });
    hints
}

/// Nobody says which side is the expected one, so each is taken for it.
fn differences(line: &str) -> Vec<Difference> {
    let said = ["assert ", "AssertionError: assert ", "AssertionError: "];
    let Some(rest) = said.iter().find_map(|said| line.strip_prefix(said)) else {
        return Vec::new();
    };
    let both = BETWEEN.iter().find_map(|between| rest.split_once(between));
    let Some((left, right)) = both else { return Vec::new() };
    let (Some(left), Some(right)) = (text(left), text(right)) else { return Vec::new() };
    vec![
        Difference { expected: right.clone(), actual: left.clone() },
        Difference { expected: left, actual: right },
    ]
}

/// What a quoted text says, where it is one with nothing written in another way within.
fn text(quoted: &str) -> Option<String> {
    let quoted = quoted.trim();
    let mark = quoted.chars().next().filter(|mark| matches!(mark, '\'' | '"'))?;
    let rest = &quoted[1..];
    let end = rest.find(mark)?;
    let inner = &rest[..end];
    let plain = !inner.contains('\\') && inner.len() <= TEXT_BYTES_MAX;
    plain.then(|| inner.to_owned())
}

/// `KeyError` of `KeyError: 'x'`; an assertion's is no exception of the program.
fn exception(line: &str) -> Option<String> {
    let kind = line.split(':').next()?.trim();
    let name = kind.rsplit('.').next()?;
    let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let ends = name.ends_with("Error") || name.ends_with("Exception") || name == "StopIteration";
    let usable = ends && is_name(name) && name != "AssertionError" && name.len() <= TEXT_BYTES_MAX;
    usable.then(|| name.to_owned())
}

/// `KeyError` of `AssertionError: KeyError not raised by f` and `Failed: DID NOT RAISE KeyError`.
fn not_raised(line: &str) -> Option<String> {
    let unittest = line.strip_prefix("AssertionError: ").and_then(|said| {
        let (kind, rest) = said.split_once(" not raised")?;
        (rest.is_empty() || rest.starts_with(" by ")).then_some(kind)
    });
    let pytest = line.split_once("DID NOT RAISE ").map(|(_, said)| {
        let class = said.strip_prefix("<class '").and_then(|rest| rest.strip_suffix("'>"));
        class.unwrap_or(said).trim()
    });
    let name = unittest.or(pytest)?.rsplit('.').next()?;
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_name && !name.is_empty() && name.len() <= TEXT_BYTES_MAX).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
