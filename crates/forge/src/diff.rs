//! What lies between two commits: files with their modes and lines, subjects, and the patch.
//! Renames are shown as a removal and an addition, so that a path never means two files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use domain::change::{FileChange, Kind};
use domain::{Change, Commit};

use crate::git::Git;
use crate::{Error, Mirror};

/// Records of a listing are read up to this many bytes.
const LISTING_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// A commit's subject is cut to this, in characters.
const SUBJECT_CHARS_MAX: usize = 200;
/// Subjects that a change names.
const SUBJECTS_MAX: usize = 1000;

/// Neither the repository's attributes nor anybody's settings may start a program.
const PLAIN: [&str; 5] =
    ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--ignore-submodules=none"];

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As git has it: any bytes but NUL.
    pub path: PathBuf,
    pub kind: Kind,
    /// 0 where the file isn't there.
    pub base_mode: u32,
    pub head_mode: u32,
    /// Lines; `None` for both where it is binary.
    pub added: Option<u64>,
    pub removed: Option<u64>,
}

/// A patch, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    pub bytes: Vec<u8>,
    /// There was more than was asked for.
    pub cut: bool,
}

impl Mirror {
    /// The change from `base` to `head`, for the log.
    pub async fn change(&self, base: &Commit, head: &Commit) -> Result<Change, Error> {
        let files = self.changed(base, head).await?;
        Ok(Change {
            base: base.clone(),
            head: head.clone(),
            commits: self.subjects(base, head).await?,
            files: files.into_iter().map(Changed::into_file_change).collect(),
        })
    }

    /// The files that differ, in git's order, with exact paths and modes.
    pub async fn changed(&self, base: &Commit, head: &Commit) -> Result<Vec<Changed>, Error> {
        let action = format!("compare {base} with {head}");
        let bytes = Git::new(&action, &self.dir)
            .args(["diff-tree", "-r", "-z", "--raw", "--numstat", "--no-abbrev"])
            .args(PLAIN)
            .args([base.as_str(), head.as_str(), "--"])
            .bytes_max(LISTING_BYTES_MAX)
            .run()
            .await?;
        parse(&bytes).ok_or_else(|| Error::Answer {
            action,
            said: String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned(),
        })
    }

    /// Subjects of the commits that `head` has and `base` hasn't, oldest first.
    async fn subjects(&self, base: &Commit, head: &Commit) -> Result<Vec<String>, Error> {
        let bytes = Git::new(format!("list the commits from {base} to {head}"), &self.dir)
            .args(["log", "-z", "--reverse", "--topo-order", "--format=%s", "--no-color"])
            .args([head.as_str(), &format!("^{base}"), "--"])
            .run()
            .await?;
        let text = String::from_utf8_lossy(&bytes);
        let subjects = text.split_terminator('\0').take(SUBJECTS_MAX);
        Ok(subjects.map(|subject| subject.chars().take(SUBJECT_CHARS_MAX).collect()).collect())
    }

    /// The patch from `base` to `head`, of at most `bytes_max` bytes.
    pub async fn diff(&self, base: &Commit, head: &Commit, bytes_max: u64) -> Result<Diff, Error> {
        let done = Git::new(format!("compare {base} with {head}"), &self.dir)
            .args(["diff-tree", "-r", "-p", "--full-index"])
            .args(PLAIN)
            .args([base.as_str(), head.as_str(), "--"])
            .bytes_max(bytes_max)
            .done()
            .await?;
        if done.code != 0 && !done.cut {
            return Err(done.into_error());
        }
        Ok(Diff { bytes: done.stdout, cut: done.cut })
    }
}

impl Changed {
    fn into_file_change(self) -> FileChange {
        FileChange {
            path: self.path.to_string_lossy().into_owned(),
            kind: self.kind,
            added: self.added,
            removed: self.removed,
        }
    }
}

/// All `:<mode> <mode> <object> <object> <status>\0<path>\0` records, then all
/// `<added>\t<removed>\t<path>\0` records.
fn parse(bytes: &[u8]) -> Option<Vec<Changed>> {
    let mut files: Vec<(Vec<u8>, Changed)> = Vec::new();
    let mut lines = BTreeMap::new();
    let mut fields = bytes.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    while let Some(field) = fields.next() {
        match field.strip_prefix(b":") {
            Some(raw) => {
                let path = fields.next()?;
                files.push((path.to_vec(), parse_raw(raw, path)?));
            }
            None => {
                let (path, counts) = parse_counts(field)?;
                lines.insert(path, counts);
            }
        }
    }
    Some(files.into_iter().map(|(path, file)| with_lines(file, lines.get(&path[..]))).collect())
}

fn with_lines(file: Changed, counts: Option<&Counts>) -> Changed {
    let (added, removed) = counts.copied().unwrap_or_default();
    Changed { added, removed, ..file }
}

type Counts = (Option<u64>, Option<u64>);

fn parse_counts(field: &[u8]) -> Option<(&[u8], Counts)> {
    let mut parts = field.splitn(3, |&byte| byte == b'\t');
    // A binary file has a dash in the place of each number.
    let mut count = || Some(std::str::from_utf8(parts.next()?).ok()?.parse().ok());
    let counts = (count()?, count()?);
    Some((parts.next()?, counts))
}

fn parse_raw(raw: &[u8], path: &[u8]) -> Option<Changed> {
    let mut words = std::str::from_utf8(raw).ok()?.split(' ');
    let mut mode = || u32::from_str_radix(words.next()?, 8).ok();
    let (base_mode, head_mode) = (mode()?, mode()?);
    let kind = match words.nth(2)?.as_bytes().first()? {
        b'A' => Kind::Added,
        b'D' => Kind::Deleted,
        _ => Kind::Modified,
    };
    let path = OsString::from_vec(path.to_vec()).into();
    Some(Changed { path, kind, base_mode, head_mode, added: None, removed: None })
}

#[cfg(test)]
mod tests;
