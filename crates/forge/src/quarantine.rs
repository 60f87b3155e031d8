//! A folder in the mirror for objects that nothing names yet: written there, checked there, and
//! then moved in or thrown away. One that a killed process left is removed by the next.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::git::Git;
use crate::{Error, Mirror};

/// What a quarantine's folder is called, before its random end.
const QUARANTINE: &str = "quarantine-";
/// For each check of a hostile pack.
const CHECK_TIME: Duration = Duration::from_secs(5 * 60);

/// A folder for objects that are not the mirror's yet.
pub(crate) struct Quarantine<'a> {
    mirror: &'a Mirror,
    folder: TempDir,
    /// The folder, locked as long as this process lives: so a left one can be told apart.
    _alive: File,
}

impl<'a> Quarantine<'a> {
    pub async fn new(mirror: &'a Mirror) -> Result<Self, Error> {
        let write_error = |source| Error::Write { path: mirror.dir.clone(), source };
        // Nobody may find it before it is locked.
        let _lock = mirror.lock().await?;
        sweep(&mirror.dir).map_err(write_error)?;
        let folder = tempfile::Builder::new()
            .prefix(QUARANTINE)
            .tempdir_in(&mirror.dir)
            .map_err(write_error)?;
        std::fs::create_dir(folder.path().join("pack")).map_err(write_error)?;
        let alive = File::open(folder.path()).map_err(write_error)?;
        alive.lock().map_err(write_error)?;
        Ok(Self { mirror, folder, _alive: alive })
    }

    /// A command that sees the quarantined objects beside the mirror's, and writes only there.
    pub fn git(&self, action: impl Into<String>) -> Git {
        Git::new(action, &self.mirror.dir)
            .env("GIT_OBJECT_DIRECTORY", self.folder.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&self.mirror.dir.join("objects")))
            .time(CHECK_TIME)
            .hostile()
    }

    /// Where its objects are.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the pack into the mirror; the index last, because it makes the pack seen.
    pub fn release(self) -> Result<(), Error> {
        let from = self.folder.path().join("pack");
        let to = self.mirror.dir.join("objects/pack");
        let write_error = |source| Error::Write { path: to.clone(), source };
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(&from).map_err(write_error)? {
            files.push(entry.map_err(write_error)?.path());
        }
        files.sort_by_key(|path| path.extension().is_some_and(|extension| extension == "idx"));
        for file in files {
            let name = file.file_name().expect("a listed file has a name");
            std::fs::rename(&file, to.join(name)).map_err(write_error)?;
        }
        Ok(())
    }
}

/// Removes quarantines whose process was killed.
fn sweep(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let is_quarantine = entry.file_name().as_encoded_bytes().starts_with(QUARANTINE.as_bytes());
        // One that can't be opened was removed meanwhile by its own process.
        let Ok(folder) = File::open(entry.path()) else { continue };
        if is_quarantine && folder.try_lock().is_ok() {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// A path in git's list of paths, where a colon would begin the next one.
pub(crate) fn quoted(path: &Path) -> OsString {
    let mut quoted = b"\"".to_vec();
    for &byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    OsString::from_vec(quoted)
}
