//! The head of a git bundle, read by ourselves: it is hostile, and what git may be asked to do
//! with the pack behind it depends on what it says.
//!
//! Format: <https://git-scm.com/docs/gitformat-bundle>.

use std::io::{self, Read};

use domain::Commit;

/// A header has one ref and a few prerequisites; the largest honest one is far smaller.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// The only ref that a bundle may have.
const REF: &str = "HEAD";

/// What to run in a computer's repository: it writes a bundle of all commits since `base` to
/// standard output. Git refuses (exit code 128, "empty bundle") where there are none. What isn't
/// committed is to be committed first.
pub fn harvest_argv(base: &Commit) -> Vec<String> {
    let exclude = format!("^{base}");
    let words = ["git", "bundle", "create", "--quiet", "-", REF, &exclude];
    words.map(str::to_owned).to_vec()
}

/// A bundle's header, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub head: Commit,
    /// Commits that the receiver must have.
    pub prerequisites: Vec<Commit>,
    /// Objects in the pack, by its own account.
    pub objects: u32,
    /// Where the pack begins.
    pub pack_offset: u64,
}

/// Why something is no bundle of one change.
pub(crate) type Refusal = String;

/// Reads the header and the first bytes of the pack.
pub(crate) fn read(stream: impl Read) -> io::Result<Result<Header, Refusal>> {
    let mut start = Vec::new();
    stream.take(HEADER_BYTES_MAX as u64 + PACK_HEADER_BYTES as u64).read_to_end(&mut start)?;
    Ok(parse(&start))
}

/// `PACK`, a version and the number of objects, four bytes each.
const PACK_HEADER_BYTES: usize = 12;

fn parse(start: &[u8]) -> Result<Header, Refusal> {
    let end = start.windows(2).position(|two| two == b"\n\n");
    let end = end.filter(|&end| end < HEADER_BYTES_MAX).ok_or("it is no git bundle")?;
    let text = std::str::from_utf8(&start[..end]).map_err(|_| "its header isn't text")?;
    let mut lines = text.lines();
    check_signature(lines.next().unwrap_or_default())?;
    let mut prerequisites = Vec::new();
    let mut head = None;
    for line in lines {
        read_line(line, &mut prerequisites, &mut head)?;
    }
    let pack = end + 2;
    Ok(Header {
        head: head.ok_or("it has no ref")?,
        prerequisites,
        objects: object_count(&start[pack..])?,
        pack_offset: pack as u64,
    })
}

fn check_signature(line: &str) -> Result<(), Refusal> {
    match line {
        "# v2 git bundle" | "# v3 git bundle" => Ok(()),
        _ => Err("it is no git bundle".into()),
    }
}

fn read_line(
    line: &str,
    prerequisites: &mut Vec<Commit>,
    head: &mut Option<Commit>,
) -> Result<(), Refusal> {
    if let Some(capability) = line.strip_prefix('@') {
        return check_capability(capability);
    }
    if let Some(prerequisite) = line.strip_prefix('-') {
        let (commit, _comment) = prerequisite.split_once(' ').unwrap_or((prerequisite, ""));
        prerequisites.push(commit.parse().map_err(|_| "a prerequisite is no commit")?);
        return Ok(());
    }
    let (commit, name) = line.split_once(' ').ok_or("a line of its header is malformed")?;
    if name != REF || head.is_some() {
        return Err(format!("it must have the one ref {REF}"));
    }
    *head = Some(commit.parse().map_err(|_| "its head is no commit")?);
    Ok(())
}

/// A filter would mean that objects are left out.
fn check_capability(capability: &str) -> Result<(), Refusal> {
    match capability {
        "object-format=sha1" | "object-format=sha256" => Ok(()),
        other => Err(format!("it asks for {other:?}")),
    }
}

fn object_count(pack: &[u8]) -> Result<u32, Refusal> {
    let count = pack.strip_prefix(b"PACK").and_then(|rest| rest.get(4..8));
    let count = count.ok_or("it has no pack")?;
    Ok(u32::from_be_bytes(count.try_into().expect("the slice has four bytes")))
}

#[cfg(test)]
mod tests;
