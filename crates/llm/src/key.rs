//! A provider's key: where it comes from, and that it is never shown.

use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;

/// A key file that is larger isn't one.
const KEY_BYTES_MAX: usize = 16 * 1024;

/// What replaces a key that a provider repeats in its messages.
const REDACTED: &str = "[key]";

#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// None where the text can't be an HTTP header's value: empty, with spaces, not ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let visible = !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && trimmed.len() <= KEY_BYTES_MAX).then(|| Self(trimmed.to_owned()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the key, because some providers repeat it when they refuse it.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(&self.0, REDACTED)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The text of a key's file, cut at the limit, and whether other users could read it too.
pub(crate) fn read_file(path: &Path) -> io::Result<(String, bool)> {
    let file = std::fs::File::open(path)?;
    let exposed = is_exposed(&file.metadata()?);
    let mut text = String::new();
    file.take(KEY_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok((text, exposed))
}

#[cfg(unix)]
fn is_exposed(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn is_exposed(_metadata: &std::fs::Metadata) -> bool {
    false
}
