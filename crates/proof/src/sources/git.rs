//! Git's plumbing in a clean computer: which files differ, and their contents. Only reads.

use std::collections::{BTreeMap, BTreeSet};

use computer::{Computer, Exec, Stdin};
use domain::Commit;

use super::Side;
use crate::Error;
use crate::clean::{GIT_TIME, OPTIONS, SAID_BYTES_MAX};

/// Of the list of files that differ: about 400,000 of them.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What git says before each object.
const HEADER_BYTES: u64 = 128;
/// Of where a symbolic link leads.
const TARGET_CHARS_MAX: usize = 200;

/// Contents by object, and the sizes of those that weren't read.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    read: BTreeMap<String, Vec<u8>>,
    sizes: BTreeMap<String, u64>,
}

impl Blobs {
    pub fn side(&self, object: &str) -> Side {
        let Some(bytes) = self.read.get(object) else {
            return Side::Large { bytes: self.sizes.get(object).copied().unwrap_or(0) };
        };
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Side::Text(text.to_owned()),
            Ok(_) | Err(_) => Side::Binary { bytes: bytes.len() as u64 },
        }
    }

    pub fn shown(&self, object: &str) -> String {
        let bytes = self.read.get(object).map(Vec::as_slice).unwrap_or_default();
        stdx::cut::line(&String::from_utf8_lossy(bytes), TARGET_CHARS_MAX)
    }
}

pub(super) async fn differing(
    computer: &dyn Computer,
    base: &Commit,
    head: &Commit,
) -> Result<Vec<u8>, Error> {
    const STEP: &str = "list the change's files";
    let args = [
        "diff-tree",
        "-r",
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--ignore-submodules=none",
        base.as_str(),
        head.as_str(),
        "--",
    ];
    let (bytes, is_whole) = run(computer, STEP, &args, Vec::new(), LIST_BYTES_MAX).await?;
    if is_whole {
        return Ok(bytes);
    }
    let said = format!("the change has more files than fit in {LIST_BYTES_MAX} bytes");
    Err(Error::Git { step: STEP, exit: "exit 0".into(), said })
}

/// The contents of `objects`, each up to `one_max`, all up to `all_max`, the first first.
pub(super) async fn blobs(
    computer: &dyn Computer,
    objects: &[&str],
    one_max: u64,
    all_max: u64,
) -> Result<Blobs, Error> {
    let mut blobs = Blobs { read: BTreeMap::new(), sizes: sizes(computer, objects).await? };
    let (mut chosen, mut seen, mut left) = (Vec::new(), BTreeSet::new(), all_max);
    for object in objects {
        let size = blobs.sizes.get(*object).copied().filter(|size| *size <= one_max.min(left));
        if let Some(size) = size.filter(|_| seen.insert(*object)) {
            chosen.push(*object);
            left -= size;
        }
    }
    if !chosen.is_empty() {
        let bound = all_max - left + HEADER_BYTES * chosen.len() as u64;
        let args = ["cat-file", "--batch"];
        let stdin = format!("{}\n", chosen.join("\n")).into_bytes();
        let (out, _) = run(computer, "read the change's files", &args, stdin, bound).await?;
        blobs.read = contents(&out);
    }
    Ok(blobs)
}

async fn sizes(computer: &dyn Computer, objects: &[&str]) -> Result<BTreeMap<String, u64>, Error> {
    if objects.is_empty() {
        return Ok(BTreeMap::new());
    }
    let bound = HEADER_BYTES * objects.len() as u64;
    let args = ["cat-file", "--batch-check"];
    let stdin = format!("{}\n", objects.join("\n")).into_bytes();
    let (out, _) = run(computer, "tell how large the files are", &args, stdin, bound).await?;
    let text = String::from_utf8_lossy(&out);
    Ok(text.lines().filter_map(header).map(|(object, size)| (object.to_owned(), size)).collect())
}

/// `OBJECT blob SIZE`.
fn header(line: &str) -> Option<(&str, u64)> {
    let mut words = line.split(' ');
    let (object, kind, size) = (words.next()?, words.next()?, words.next()?);
    (kind == "blob").then_some((object, size.parse().ok()?))
}

/// A header, a newline, the bytes, a newline, for each.
fn contents(mut out: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut read = BTreeMap::new();
    while let Some(end) = out.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = (String::from_utf8_lossy(&out[..end]), &out[end + 1..]);
        out = rest;
        let Some((object, size)) = header(&line) else { continue };
        let Some(bytes) = usize::try_from(size).ok().and_then(|size| rest.get(..size)) else {
            break;
        };
        read.insert(object.to_owned(), bytes.to_vec());
        out = rest.get(bytes.len() + 1..).unwrap_or_default();
    }
    read
}

/// Standard output up to `bytes_max`, and whether that is all of it.
pub(super) async fn run(
    computer: &dyn Computer,
    step: &'static str,
    args: &[&str],
    stdin: Vec<u8>,
    bytes_max: u64,
) -> Result<(Vec<u8>, bool), Error> {
    let argv = OPTIONS.iter().chain(args).copied();
    let exec = Exec::new(argv)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .stdin(Stdin::Bytes(stdin))
        .timeout(GIT_TIME)
        .output_bytes_max(bytes_max);
    let exited = computer.run(exec).await.map_err(Error::at(step))?;
    // `git grep` says with 1 that it found nothing.
    let found_nothing = exited.status.code() == 1 && args.first() == Some(&"grep");
    if exited.status.is_success() || found_nothing {
        return Ok((exited.stdout.bytes, exited.stdout.dropped_bytes == 0));
    }
    let exit = format!("exit {}", exited.status.code());
    let said = stdx::cut::middle(exited.stderr.text().trim(), SAID_BYTES_MAX);
    Err(Error::Git { step, exit, said })
}
