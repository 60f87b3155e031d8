//! Snapshots: immutable layers, lowest first, keyed by what they were made from.

use std::fmt;
use std::path::PathBuf;

/// A key: lower-case hexadecimal, so that it is a safe file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotId(String);

impl SnapshotId {
    /// From a digest's bytes.
    pub fn from_digest(digest: &[u8]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Of text that [`fmt::Display`] gave.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (!text.is_empty() && text.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a computer is forked from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) base: Base,
    /// Folders on the host, lowest first, on top of the base's own.
    pub(crate) layers: Vec<PathBuf>,
}

impl Snapshot {
    /// What tells it from every other one: its base, and its layers, which are named by what is in
    /// them. Not what a base of the machine's own tools has in it.
    pub fn identity(&self) -> String {
        format!("{:?} {:?}", self.base, self.layers)
    }
}

/// What lies below all layers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Base {
    /// The machine's own tools, read-only.
    Host,
    /// An image, whose layers are the lowest of the snapshot's.
    Image {
        digest: String,
        /// `NAME=value`.
        env: Vec<String>,
    },
}
