//! The change's files as text, at base and at head, read by git in a clean computer before any of
//! the project's own code ran there. Bounded: what is too large has no text.

mod git;
mod lines;
mod mention;
mod raw;

use std::ops::RangeInclusive;

use computer::Computer;
use domain::change::Kind;

pub(crate) use mention::{Mention, mentions};
use raw::{Entry, Mode};

use crate::test_files::is_test_file;
use crate::{Error, Job};

/// Of one file's text at one commit.
pub(crate) const TEXT_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Of all texts together; a change of more is one of a whole tree.
pub(crate) const ALL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub path: String,
    pub kind: Kind,
    pub base: Side,
    pub head: Side,
    /// Lines of head that the change adds or edits, counted from 1; ascending.
    pub changed: Vec<RangeInclusive<u32>>,
    /// Lines of base that the change removes or edits.
    pub gone: Vec<RangeInclusive<u32>>,
}

/// A file at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    Absent,
    Text(String),
    /// Not UTF-8, or a NUL in it.
    Binary {
        bytes: u64,
    },
    /// Larger than is read.
    Large {
        bytes: u64,
    },
    /// A symbolic link, and where it leads.
    Link {
        target: String,
    },
    /// Another repository at one of its commits.
    Submodule {
        commit: String,
    },
}

impl Side {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent
            | Self::Binary { .. }
            | Self::Large { .. }
            | Self::Link { .. }
            | Self::Submodule { .. } => None,
        }
    }
}

impl Source {
    /// From both sides, as far as they are text.
    pub fn new(path: String, base: Side, head: Side) -> Self {
        let kind = match (&base, &head) {
            (Side::Absent, _) => Kind::Added,
            (_, Side::Absent) => Kind::Deleted,
            _ => Kind::Modified,
        };
        let (gone, changed) =
            lines::differing(base.text().unwrap_or_default(), head.text().unwrap_or_default());
        Self { path, kind, base, head, changed, gone }
    }

    /// The lines that the change adds or edits, with their numbers.
    pub fn added_lines(&self) -> impl Iterator<Item = (u32, &str)> {
        lines::within(self.head.text().unwrap_or_default(), &self.changed)
    }

    /// The lines of base that the change removes or edits.
    pub fn removed_lines(&self) -> impl Iterator<Item = (u32, &str)> {
        lines::within(self.base.text().unwrap_or_default(), &self.gone)
    }
}

/// All files that differ between base and head, in git's order. `computer` has both commits and
/// has run nothing of the project's.
pub(crate) async fn read(computer: &dyn Computer, job: &Job<'_>) -> Result<Vec<Source>, Error> {
    let listed = git::differing(computer, &job.base, &job.head).await?;
    let entries = raw::entries(&listed);
    let mut wanted: Vec<&str> = Vec::new();
    let mut ordered: Vec<&Entry> = entries.iter().collect();
    // What a change could cheat with is read before the rest may use up the bound.
    ordered.sort_by_key(|entry| rank(&entry.path));
    for entry in ordered {
        for (mode, object) in [(entry.base, &entry.base_object), (entry.head, &entry.head_object)] {
            match mode {
                Mode::File | Mode::Link => wanted.push(object),
                Mode::Absent | Mode::Submodule => {}
            }
        }
    }
    let blobs = git::blobs(computer, &wanted, TEXT_BYTES_MAX, ALL_BYTES_MAX).await?;
    let side = |mode: Mode, object: &str| match mode {
        Mode::Absent => Side::Absent,
        Mode::Submodule => Side::Submodule { commit: object.to_owned() },
        Mode::Link => Side::Link { target: blobs.shown(object) },
        Mode::File => blobs.side(object),
    };
    let source = |entry: &Entry| {
        let base = side(entry.base, &entry.base_object);
        Source::new(entry.path.clone(), base, side(entry.head, &entry.head_object))
    };
    Ok(entries.iter().map(source).collect())
}

/// Tests first, then programs and what configures them, then all else.
fn rank(path: &str) -> u8 {
    const TOLD: [&str; 7] = [".toml", ".json", ".cfg", ".ini", ".yml", ".yaml", "Makefile"];
    if is_test_file(path) {
        return 0;
    }
    let is_told =
        syntax::Language::of(path).is_some() || TOLD.iter().any(|end| path.ends_with(end));
    if is_told { 1 } else { 2 }
}

#[cfg(test)]
mod tests;
