//! The lines that a change really adds: one that it only moves isn't new.

use std::collections::BTreeMap;

use crate::sources::Source;
use crate::test_files::is_test_file;

/// Lines of one file are at most as many as this; a longer one is generated.
const LINES_MAX: usize = 200_000;
/// A longer line is cut: no rule looks further.
const LINE_BYTES_MAX: usize = 4_096;

#[derive(Debug)]
pub(super) struct Fresh<'s> {
    /// In the order of the sources.
    lines: Vec<Vec<(u32, &'s str)>>,
}

impl<'s> Fresh<'s> {
    pub fn of(sources: &'s [Source]) -> Self {
        // What was in a test and is now in the product, or the other way round, didn't just move.
        let mut removed: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for source in sources {
            let is_test = is_test_file(&source.path);
            for (_, line) in source.removed_lines().take(LINES_MAX) {
                *removed.entry((is_test, line.trim())).or_insert(0) += 1;
            }
        }
        let lines = sources.iter().map(|source| {
            let is_test = is_test_file(&source.path);
            let added = source.added_lines().take(LINES_MAX);
            added
                .filter(|(_, line)| match removed.get_mut(&(is_test, line.trim())) {
                    Some(count) if *count > 0 => {
                        *count -= 1;
                        false
                    }
                    Some(_) | None => !line.trim().is_empty(),
                })
                .map(|(number, line)| (number, bounded(line)))
                .collect()
        });
        Self { lines: lines.collect() }
    }

    /// Each file with its new lines.
    pub fn files(
        &self,
        sources: &'s [Source],
    ) -> impl Iterator<Item = (&'s Source, &[(u32, &'s str)])> {
        sources.iter().zip(self.lines.iter().map(Vec::as_slice))
    }
}

fn bounded(line: &str) -> &str {
    &line[..line.floor_char_boundary(LINE_BYTES_MAX.min(line.len()))]
}

/// A line that only people read.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    // `#[test]` and `#!/bin/sh` are none.
    let is_hash = line.starts_with('#') && !line.starts_with("#[") && !line.starts_with("#!");
    is_hash || ["//", "/*", "* ", "<!--", "--"].iter().any(|start| line.starts_with(start))
}

/// A file that only people read.
pub(super) fn is_prose(path: &str) -> bool {
    [".md", ".rst", ".txt", ".adoc", ".org"].iter().any(|ending| path.ends_with(ending))
        && !path.ends_with("requirements.txt")
}
