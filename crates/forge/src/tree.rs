//! Files of a commit, read from the mirror without any checkout.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use domain::Commit;

use crate::git::Git;
use crate::{Error, Mirror};

/// A listing is read up to this many bytes.
const LISTING_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// In git's order.
    pub files: Vec<TreeFile>,
    /// There are more than were asked for.
    pub cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// As git has it: any bytes but NUL.
    pub path: PathBuf,
    /// 0o100644, 0o100755, 0o120000 (a symbolic link) or 0o160000 (a submodule).
    pub mode: u32,
    /// The name of its content: the same content has the same name, at any commit.
    pub object: String,
}

impl Mirror {
    /// The first `max` paths of the commit's tree.
    pub async fn files(&self, commit: &Commit, max: usize) -> Result<Files, Error> {
        let done = Git::new(format!("list the files of {commit}"), &self.dir)
            .args(["ls-tree", "-r", "-z", "--full-tree", commit.as_str()])
            .bytes_max(LISTING_BYTES_MAX)
            .done()
            .await?;
        if done.code != 0 && !done.cut {
            return Err(done.into_error());
        }
        let mut entries = done.stdout.split_inclusive(|&byte| byte == 0).filter_map(Entry::parse);
        let files = entries.by_ref().take(max).map(Entry::into_file).collect();
        Ok(Files { files, cut: done.cut || entries.next().is_some() })
    }

    /// A regular file's bytes; none where the path isn't there, or is no regular file.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond `bytes_max`.
    pub async fn blob(
        &self,
        commit: &Commit,
        path: &Path,
        bytes_max: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            return Ok(None);
        }
        let Some(object) = self.regular_file(commit, path).await? else { return Ok(None) };
        let action = format!("read {} of {commit}", path.display());
        let size = Git::new(&action, &self.dir).args(["cat-file", "-s", &object]).line().await?;
        let bytes =
            size.parse().map_err(|_| Error::Answer { action: action.clone(), said: size })?;
        if bytes > bytes_max {
            return Err(Error::TooLarge { path: path.to_owned(), bytes, bytes_max });
        }
        let git = Git::new(&action, &self.dir).args(["cat-file", "blob", &object]);
        git.bytes_max(bytes_max).run().await.map(Some)
    }

    /// The name of the object at `path`, if it is a regular file.
    async fn regular_file(&self, commit: &Commit, path: &Path) -> Result<Option<String>, Error> {
        let listing = Git::new(format!("look for {} in {commit}", path.display()), &self.dir)
            .args(["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit.as_str(), "--"])
            .arg(path)
            .run()
            .await?;
        let entry = listing.split_inclusive(|&byte| byte == 0).find_map(Entry::parse);
        Ok(entry
            .filter(|entry| {
                entry.path == path.as_os_str().as_bytes() && entry.mode & 0o170000 == 0o100000
            })
            .map(|entry| entry.object.to_owned()))
    }
}

/// A path's bytes for a person, whose terminal isn't to be told anything by them.
pub(crate) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    let harmless = |c: char| {
        if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(harmless).collect()
}

/// One record of `ls-tree -z`: `<mode> <type> <object>\t<path>\0`.
struct Entry<'a> {
    mode: u32,
    object: &'a str,
    path: &'a [u8],
}

impl<'a> Entry<'a> {
    /// None for a record that was cut off.
    fn parse(record: &'a [u8]) -> Option<Self> {
        let record = record.strip_suffix(&[0])?;
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        let mut words = std::str::from_utf8(&record[..tab]).ok()?.split(' ');
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let object = words.nth(1)?;
        Some(Self { mode, object, path: &record[tab + 1..] })
    }

    fn into_file(self) -> TreeFile {
        TreeFile {
            path: OsString::from_vec(self.path.to_vec()).into(),
            mode: self.mode,
            object: self.object.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
