//! The change's files as text, at base and at head, read by git in a clean computer before any of
//! the project's own code ran there. Bounded: what is too large has no text.

use std::ops::RangeInclusive;

use computer::Computer;
use domain::change::Kind;

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
}

impl Side {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Binary { .. } | Self::Large { .. } => None,
        }
    }
}

/// Of a computer that has the change's commits.
pub(crate) async fn read(_computer: &dyn Computer, _job: &Job<'_>) -> Result<Vec<Source>, Error> {
    Ok(Vec::new())
}
