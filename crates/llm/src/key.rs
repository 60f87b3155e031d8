//! A provider's key: where it comes from, and that it is never shown.

mod command;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use command::CommandError;

/// A key file that is larger isn't one.
const KEY_BYTES_MAX: usize = 16 * 1024;

/// What replaces a key that a provider repeats in its messages.
const REDACTED: &str = "[key]";

/// What is shorter is no secret: it would take half of every text with it.
const SECRET_BYTES_MIN: usize = 6;

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
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// `text` without any of the secrets: some providers repeat a key when they refuse it.
pub(crate) fn redact(text: &str, secrets: &[String]) -> String {
    let secrets = secrets.iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN);
    secrets.fold(text.to_owned(), |text, secret| match text.contains(secret.as_str()) {
        true => text.replace(secret.as_str(), REDACTED),
        false => text,
    })
}

/// The keys that commands have told, each asked once in the life of a process.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<HashMap<String, String>>>);

impl Told {
    /// What the command says now or said before. Blocks while it runs.
    pub(crate) fn by(&self, command: &str) -> Result<String, CommandError> {
        // Held while the command runs, so that two who want the same key wait for one answer.
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = told.get(command) {
            return Ok(known.clone());
        }
        let key = command::told(command, command::TIMEOUT)?;
        told.insert(command.to_owned(), key.clone());
        Ok(key)
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told(…)")
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
