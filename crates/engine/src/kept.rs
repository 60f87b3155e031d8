//! What proofs saw at base, kept as files for later proofs of the same base: `evidence/base/KEY`,
//! each whole or not there. Losing one costs time and nothing else, so no error matters here.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use domain::Timestamp;
use domain::limits::MIB;

use crate::home::{self, Home};

/// Of all files; the oldest go first.
const BYTES_MAX: u64 = 512 * MIB;
const FILE_BYTES_MAX: u64 = 32 * MIB;

#[derive(Debug)]
pub(crate) struct AtBase {
    folder: PathBuf,
}

impl AtBase {
    pub fn of(home: &Home) -> Self {
        Self { folder: home.evidence_at_base() }
    }

    /// A key is hexadecimal, so that it is a safe name; any other is none of ours.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let is_ours = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| self.folder.join(key))
    }

    fn write(&self, key: &str, bytes: &[u8]) -> std::io::Result<()> {
        let Some(path) = self.path(key) else { return Ok(()) };
        // One process writes one proof at a time; another one's file of that name has the same in it.
        let half = self.folder.join(format!("{key}.{}", std::process::id()));
        fs::File::create(&half)?.write_all(bytes)?;
        fs::rename(&half, &path)?;
        self.shrink(BYTES_MAX);
        Ok(())
    }

    fn shrink(&self, bytes_max: u64) {
        let mut files = self.files();
        files.sort_by_key(|file| file.written);
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if bytes <= bytes_max {
                return;
            }
            bytes -= file.bytes;
            let _somebody_else_did = fs::remove_file(&file.path);
        }
    }

    /// Those written before `before`, with what they have together.
    pub fn older_than(&self, before: Timestamp) -> (Vec<PathBuf>, u64) {
        let old: Vec<File> =
            self.files().into_iter().filter(|file| file.written < before).collect();
        let bytes = old.iter().map(|file| file.bytes).sum();
        (old.into_iter().map(|file| file.path).collect(), bytes)
    }

    fn files(&self) -> Vec<File> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| File::of(&entry.path())).collect()
    }
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    bytes: u64,
    written: Timestamp,
}

impl File {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        let since = found.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let written = Timestamp(i64::try_from(since.as_millis()).ok()?);
        Some(Self { path: path.to_owned(), bytes: found.len(), written })
    }
}

impl proof::Kept for AtBase {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path(key)?;
        let fits = fs::metadata(&path).ok()?.len() <= FILE_BYTES_MAX;
        fits.then(|| fs::read(&path).ok()).flatten()
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        if home::private_folder(&self.folder).is_ok() {
            let _costs_only_time = self.write(key, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use proof::Kept as _;

    use super::*;

    #[test]
    fn what_is_kept_comes_back_whole_and_the_oldest_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let kept = AtBase::of(&Home::at(home.path()));
        assert_eq!(kept.get("aa"), None);
        kept.put("aa", b"one");
        kept.put("bb", b"three");
        kept.put("../cc", b"nothing");
        assert_eq!(kept.get("aa").unwrap(), b"one");
        assert_eq!(kept.get("../cc"), None);
        assert_eq!(kept.files().len(), 2);
        let old = UNIX_EPOCH + Duration::from_secs(1);
        fs::File::open(kept.folder.join("aa")).unwrap().set_modified(old).unwrap();
        assert_eq!(kept.older_than(Timestamp(2_000)).1, 3);
        kept.shrink(5);
        assert_eq!((kept.get("aa"), kept.get("bb").unwrap()), (None, b"three".to_vec()));
    }
}
