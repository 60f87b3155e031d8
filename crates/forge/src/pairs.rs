//! What differs between two commits as pairs of contents, for whoever compares them itself. No patch
//! is made and none is read: a path is the bytes between two NULs, whatever they are.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use domain::Commit;

use crate::git::Git;
use crate::{Error, Mirror};

/// The listing is read up to this many bytes.
const LISTING_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// What git says of an object before its content.
const HEADER_BYTES_MAX: u64 = 128;

/// Two files that belong together: one before, one after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// None where the file is new.
    pub old: Option<Side>,
    /// None where it was removed.
    pub new: Option<Side>,
}

/// A file at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// As git has it: any bytes but NUL.
    pub path: PathBuf,
    /// 0o100644, 0o100755, 0o120000 (a symbolic link) or 0o160000 (a submodule).
    pub mode: u32,
    /// The name of its content.
    pub object: String,
}

impl Side {
    /// A commit of another repository; its content isn't here.
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170000 == 0o160000
    }

    pub fn is_link(&self) -> bool {
        self.mode & 0o170000 == 0o120000
    }
}

impl Mirror {
    /// The files that differ, in git's order; a file that was moved and hardly edited is one pair.
    pub async fn pairs(&self, base: &Commit, head: &Commit) -> Result<Vec<Pair>, Error> {
        let action = format!("compare {base} with {head}");
        let bytes = Git::new(&action, &self.dir)
            .args(["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "-M60%", "-l200"])
            .args(["--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none"])
            .args([base.as_str(), head.as_str(), "--"])
            .bytes_max(LISTING_BYTES_MAX)
            .run()
            .await?;
        parse(&bytes).ok_or_else(|| Error::Answer {
            action,
            said: String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned(),
        })
    }

    /// How long each of these objects is, in bytes. What isn't here is left out.
    pub async fn sizes(&self, objects: &[&str]) -> Result<HashMap<String, u64>, Error> {
        if objects.is_empty() {
            return Ok(HashMap::new());
        }
        let bytes = Git::new("look up the sizes of files", &self.dir)
            .args(["cat-file", "--batch-check=%(objectname) %(objectsize)"])
            .stdin(lines(objects))
            .run()
            .await?;
        let text = String::from_utf8_lossy(&bytes);
        let sizes = text.lines().filter_map(|line| line.split_once(' '));
        Ok(sizes.filter_map(|(name, size)| Some((name.to_owned(), size.parse().ok()?))).collect())
    }

    /// The contents of these objects, of which there are at most `bytes_max` bytes together: ask
    /// [`Mirror::sizes`] first. What isn't here is left out.
    pub async fn contents(
        &self,
        objects: &[&str],
        bytes_max: u64,
    ) -> Result<HashMap<String, Vec<u8>>, Error> {
        if objects.is_empty() {
            return Ok(HashMap::new());
        }
        let headers = HEADER_BYTES_MAX * objects.len() as u64;
        let bytes = Git::new("read files", &self.dir)
            .args(["cat-file", "--batch"])
            .stdin(lines(objects))
            .bytes_max(bytes_max + headers)
            .run()
            .await?;
        Ok(contents(&bytes))
    }
}

fn lines(objects: &[&str]) -> Vec<u8> {
    objects.iter().flat_map(|object| [object.as_bytes(), b"\n"].concat()).collect()
}

/// `<object> <type> <size>\n<content>\n`, or `<object> missing\n`.
fn contents(mut bytes: &[u8]) -> HashMap<String, Vec<u8>> {
    let mut contents = HashMap::new();
    while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
        let header = String::from_utf8_lossy(&bytes[..end]).into_owned();
        bytes = &bytes[end + 1..];
        let mut words = header.split(' ');
        let size = words.clone().nth(2).and_then(|size| size.parse::<usize>().ok());
        let (Some(name), Some(size)) = (words.next(), size) else { continue };
        let Some(content) = bytes.get(..size) else { break };
        contents.insert(name.to_owned(), content.to_vec());
        bytes = bytes.get(size + 1..).unwrap_or_default();
    }
    contents
}

/// `:<mode> <mode> <object> <object> <status>\0<path>\0`, with a second path where it was moved.
fn parse(bytes: &[u8]) -> Option<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut fields = bytes.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    while let Some(field) = fields.next() {
        let raw = std::str::from_utf8(field.strip_prefix(b":")?).ok()?;
        let words: Vec<&str> = raw.split(' ').collect();
        let [old_mode, new_mode, old, new, status] = words[..] else { return None };
        let old_path = fields.next()?;
        let new_path = if status.starts_with(['R', 'C']) { fields.next()? } else { old_path };
        pairs.push(Pair {
            old: side(old_path, old_mode, old)?,
            new: side(new_path, new_mode, new)?,
        });
    }
    Some(pairs)
}

/// `Some(None)` where there is no such file.
fn side(path: &[u8], mode: &str, object: &str) -> Option<Option<Side>> {
    let mode = u32::from_str_radix(mode, 8).ok()?;
    let path = OsString::from_vec(path.to_vec()).into();
    Some((mode != 0).then(|| Side { path, mode, object: object.to_owned() }))
}

#[cfg(test)]
mod tests;
