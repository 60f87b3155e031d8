//! What linters, compilers and formatters say of the changed files that they didn't say at base:
//! old dirt isn't blamed on the change.

mod formatters;
mod logs;

use std::collections::BTreeMap;

use domain::change;
use domain::evidence::{Finding, Kind, Weight};

use crate::sources::Source;
pub(crate) use formatters::formatters;
use logs::{Complaint, complaints};

/// Of one check's logs; a change with more has a tool that speaks of something else.
const FOUND_MAX: usize = 50;
const TEXT_CHARS_MAX: usize = 200;

/// From what one check printed at base and at head.
pub(crate) fn from_logs(base: &str, head: &str, sources: &[Source]) -> Vec<Finding> {
    let is_there = |source: &&Source| source.kind != change::Kind::Deleted;
    let changed: BTreeMap<&str, &Source> =
        sources.iter().filter(is_there).map(|source| (source.path.as_str(), source)).collect();
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for complaint in complaints(base) {
        *known.entry((complaint.path, complaint.text)).or_insert(0) += 1;
    }
    let mut said: Vec<Complaint> = complaints(head);
    // Those on lines that the change didn't touch are the old ones.
    let is_touched = |complaint: &Complaint| {
        let source = changed.get(complaint.path.as_str());
        source.is_some_and(|source| source.changed.iter().any(|r| r.contains(&complaint.line)))
    };
    said.sort_by_key(is_touched);
    let is_new = |complaint: &Complaint| {
        let key = (complaint.path.clone(), complaint.text.clone());
        match known.get_mut(&key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            Some(_) | None => changed.contains_key(complaint.path.as_str()),
        }
    };
    let mut new: Vec<Complaint> = said.into_iter().filter(is_new).collect();
    new.sort();
    new.dedup();
    new.into_iter().take(FOUND_MAX).map(told).collect()
}

fn told(complaint: Complaint) -> Finding {
    let kind = if complaint.by_compiler { Kind::Warning } else { Kind::Style };
    Finding {
        kind,
        weight: Weight::Note,
        path: Some(complaint.path),
        line: Some(complaint.line),
        text: stdx::cut::line(&complaint.text, TEXT_CHARS_MAX),
    }
}

#[cfg(test)]
mod tests;
