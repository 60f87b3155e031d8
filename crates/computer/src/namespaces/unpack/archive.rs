//! Entries of a tar archive, one after the other, with their names taken apart. Touches no file.

use std::cell::Cell;
use std::ffi::{CString, OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::{ENTRIES_MAX, refused};

/// What an entry may need to say who it is: long names, extended attributes.
const HEADER_BYTES_MAX: u64 = 1024 * 1024;
/// As Linux has it.
const NAME_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 4095;
/// Folders in each other; whoever walks a layer holds one descriptor for each.
const DEPTH_MAX: usize = 500;
/// Others are the kernel's or the overlay's own, or give power.
const ATTRIBUTE_PREFIX: &str = "SCHILY.xattr.user.";
const ATTRIBUTES_MAX: usize = 64;

/// A path in the layer: no part of it is empty, `.` or `..`. Empty is the layer's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Vec<OsString>);

impl Name {
    /// The layer's own folder.
    pub fn top() -> Self {
        Self(Vec::new())
    }

    pub fn parse(bytes: &[u8]) -> io::Result<Self> {
        let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_BYTES_MAX)]);
        let parts = bytes.split(|&byte| byte == b'/').filter(|part| !matches!(part, [] | [b'.']));
        let parts: Vec<&[u8]> = parts.collect();
        let bad = |part: &&[u8]| *part == b".." || part.contains(&0) || part.len() > NAME_BYTES_MAX;
        if bytes.len() > PATH_BYTES_MAX || parts.len() > DEPTH_MAX || parts.iter().any(bad) {
            return Err(refused(format!("it has an entry with the name {:?}", shown())));
        }
        Ok(Self(parts.into_iter().map(|part| OsString::from_vec(part.to_owned())).collect()))
    }

    /// The folder's parts, and the last one; `None` for the layer's own folder.
    pub fn split(&self) -> Option<(&[OsString], &OsStr)> {
        self.0.split_last().map(|(last, folders)| (folders, last.as_os_str()))
    }

    pub fn parts(&self) -> &[OsString] {
        &self.0
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.join(OsStr::new("/")).into_vec()
    }
}

#[derive(Debug)]
pub enum Kind {
    File,
    Folder,
    Symlink(OsString),
    Hardlink(Name),
    Fifo,
    Device,
}

#[derive(Debug, Clone, Copy)]
pub struct Attributes {
    /// Permissions, with the set-id and sticky bits.
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    pub mtime: i64,
}

pub struct Entry<'a> {
    pub name: Name,
    pub kind: Kind,
    pub attributes: Attributes,
    /// Of the `user.` namespace: full names and values.
    pub extended: Vec<(CString, Vec<u8>)>,
    pub bytes: u64,
    pub body: &'a mut dyn Read,
}

pub struct Entries<R: Read> {
    archive: tar::Archive<Rationed<R>>,
    ration: Rc<Cell<u64>>,
}

impl<R: Read> Entries<R> {
    pub fn new(reader: R) -> Self {
        let ration = Rc::new(Cell::new(HEADER_BYTES_MAX));
        let rationed = Rationed { reader, left: Rc::clone(&ration) };
        Self { archive: tar::Archive::new(rationed), ration }
    }

    /// Hands over each entry in turn.
    pub fn each(mut self, mut take: impl FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        let ration = self.ration;
        let mut seen = 0;
        for entry in self.archive.entries()? {
            let mut entry = entry?;
            seen += 1;
            if seen > ENTRIES_MAX {
                return Err(refused(format!("it has more than {ENTRIES_MAX} entries")));
            }
            ration.set(u64::MAX);
            if let Some(whole) = whole(&mut entry)? {
                take(whole)?;
            }
            // What nobody read must not count as the next one's header.
            io::copy(&mut entry, &mut io::sink())?;
            ration.set(HEADER_BYTES_MAX);
        }
        Ok(())
    }
}

/// `None` where it isn't a file of any kind, but says something about others.
fn whole<'a, R: Read>(entry: &'a mut tar::Entry<'_, R>) -> io::Result<Option<Entry<'a>>> {
    let name = Name::parse(&entry.path_bytes())?;
    let Some(kind) = kind(entry, &name)? else { return Ok(None) };
    let header = entry.header();
    let attributes = Attributes {
        mode: header.mode()? & 0o7777,
        uid: header.uid()?,
        gid: header.gid()?,
        mtime: i64::try_from(header.mtime()?).unwrap_or_default(),
    };
    let (extended, bytes) = (extended(entry)?, entry.size());
    Ok(Some(Entry { name, kind, attributes, extended, bytes, body: entry }))
}

fn kind<R: Read>(entry: &tar::Entry<'_, R>, name: &Name) -> io::Result<Option<Kind>> {
    let target = || {
        let nothing = || refused(format!("the link {} leads to nothing", shown(name)));
        let target = entry.link_name_bytes().filter(|target| !target.is_empty());
        target.map(std::borrow::Cow::into_owned).ok_or_else(nothing)
    };
    let kind = entry.header().entry_type();
    Ok(match kind {
        _ if kind.is_dir() => Some(Kind::Folder),
        _ if kind.is_symlink() => Some(Kind::Symlink(OsString::from_vec(target()?))),
        _ if kind.is_hard_link() => Some(Kind::Hardlink(Name::parse(&target()?)?)),
        _ if kind.is_fifo() => Some(Kind::Fifo),
        _ if kind.is_character_special() || kind.is_block_special() => Some(Kind::Device),
        _ if kind.is_pax_global_extensions() => None,
        _ if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() => Some(Kind::File),
        other => {
            let byte = char::from(other.as_byte());
            return Err(refused(format!("{} is of the kind {byte:?}", shown(name))));
        }
    })
}

pub fn shown(name: &Name) -> String {
    format!("{:?}", String::from_utf8_lossy(&name.bytes()))
}

fn extended<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<Vec<(CString, Vec<u8>)>> {
    let Some(extensions) = entry.pax_extensions()? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for extension in extensions {
        let extension = extension?;
        let Ok(key) = extension.key() else { continue };
        if key.starts_with("GNU.sparse.") {
            return Err(refused("it has a sparse file of a kind that isn't supported".into()));
        }
        let is_wanted = key.starts_with(ATTRIBUTE_PREFIX)
            && !key.starts_with("SCHILY.xattr.user.overlay.")
            && found.len() < ATTRIBUTES_MAX;
        if let (true, Some(name)) = (is_wanted, key.strip_prefix("SCHILY.xattr.")) {
            found.push((CString::new(name)?, extension.value_bytes().to_owned()));
        }
    }
    Ok(found)
}

/// Gives no more than what is left of a ration.
struct Rationed<R> {
    reader: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(refused(format!("it has a header of more than {HEADER_BYTES_MAX} bytes")));
        }
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let got = self.reader.read(&mut buffer[..most])?;
        self.left.set(left - got as u64);
        Ok(got)
    }
}

/// Computes the digest of what passes.
pub struct Hashed<R> {
    reader: R,
    hasher: Sha256,
}

impl<R: Read> Hashed<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, hasher: Sha256::new() }
    }

    pub fn into_parts(self) -> (R, Sha256) {
        (self.reader, self.hasher)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..got]);
        Ok(got)
    }
}
