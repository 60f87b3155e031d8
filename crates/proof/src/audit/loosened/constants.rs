//! Values outside of tests that tests lean on: tolerances, expected values, files of data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::change;
use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;
use syntax::Language;

use super::super::{finding, quote};
use crate::sources::Source;
use crate::test_files::is_test_file;

/// `const EPSILON: f64 = 1e-9`, at the beginning of a line: not within a test.
static CONSTANT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:export )?(?:const |let |var |static )?([A-Za-z_][A-Za-z0-9_]*)(?:\s*:[^=]+)?\s*=\s*([^=\s].*)$")
        .expect("it is a regular expression")
});

static TOLERANCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(^|_)(eps|epsilon|tol|tolerance|delta|atol|rtol|precision)($|_)")
        .expect("it is a regular expression")
});

pub(super) fn findings(source: &Source) -> Vec<Finding> {
    if !is_test_file(&source.path) {
        return Vec::new();
    }
    let is_code = Language::of(&source.path).is_some() || source.path.ends_with(".go");
    if !is_code {
        return data(source).into_iter().collect();
    }
    let before: BTreeMap<&str, &str> =
        source.removed_lines().filter_map(|(_, line)| constant(line)).collect();
    let edited = source.added_lines().filter_map(|(number, line)| {
        let (name, value) = constant(line)?;
        let old = before.get(name).filter(|old| **old != value)?;
        Some(edited(source, number, name, old, value))
    });
    edited.collect()
}

fn constant(line: &str) -> Option<(&str, &str)> {
    let found = CONSTANT.captures(line)?;
    let (name, value) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    // What is called or imported is no constant.
    (!value.contains('(')).then(|| (name, value.trim_end_matches([';', ' '])))
}

fn edited(source: &Source, line: u32, name: &str, old: &str, new: &str) -> Finding {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let is_wider = TOLERANCE.is_match(name)
        && number(old).zip(number(new)).is_some_and(|(old, new)| new > old);
    let (kind, what) = if is_wider {
        (Kind::TestWeakened, "a wider tolerance")
    } else {
        (Kind::TestEdited, "a value that tests use is edited")
    };
    let text = format!("{what}: {} was {}, is {}", quote(name), quote(old), quote(new));
    finding(kind, Weight::Warning, source, line, text)
}

/// Snapshots and other files that tests compare with.
fn data(source: &Source) -> Option<Finding> {
    let text = match source.kind {
        change::Kind::Modified => "data that tests use is edited",
        change::Kind::Deleted => "data that tests use is deleted",
        change::Kind::Added => return None,
    };
    Some(finding(Kind::TestEdited, Weight::Warning, source, None, text))
}
