//! A tar archive of files, kept in memory up to limits. Its names are made up by who sent it: they
//! lead nowhere but to each other.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use tokio::sync::mpsc;

use super::tree::{Entry, Kind, Tree};
use crate::{Error, Execution, Output, Status};

/// Of all that is read.
const ARCHIVE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Of all that is kept, and of one file. A larger one isn't searched.
const KEPT_BYTES_MAX: usize = 128 * 1024 * 1024;
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
const NAMES_MAX: usize = 500_000;
/// Looked at to tell a binary file, which isn't kept.
const HEAD_BYTES: u64 = 8 * 1024;

/// Pieces of output that wait to be read.
const PIECES_MAX: usize = 16;

/// Carries a program's output from async code to a reader that blocks.
pub(crate) fn pieces() -> (Pieces, impl Read + Send) {
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    let reader = Received { receiver, piece: Vec::new(), at: 0 };
    (Pieces(sender), reader.take(ARCHIVE_BYTES_MAX))
}

pub(crate) struct Pieces(mpsc::Sender<Vec<u8>>);

impl Pieces {
    /// Until all is read, or nobody reads any more: then the program is ended, and there is no
    /// status.
    pub async fn feed(self, mut program: Execution) -> Result<Option<Status>, Error> {
        while let Some(piece) = program.next().await {
            let bytes = match piece {
                Output::Stdout(bytes) => bytes,
                Output::Stderr(_) => continue,
            };
            if self.0.send(bytes).await.is_err() {
                return Ok(None);
            }
        }
        drop(self.0);
        Ok(Some(program.wait().await?.status))
    }
}

struct Received {
    receiver: mpsc::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Received {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            let Some(piece) = self.receiver.blocking_recv() else { return Ok(0) };
            (self.piece, self.at) = (piece, 0);
        }
        let read = (&self.piece[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Archive {
    /// By their absolute paths; a folder has its entries.
    files: BTreeMap<PathBuf, Vec<u8>>,
    folders: BTreeMap<PathBuf, BTreeMap<OsString, Kind>>,
    kept_bytes: usize,
    names: usize,
    /// Something was left out.
    pub cut: bool,
}

impl Archive {
    /// Reads as far as it goes: an archive that ends early is one that was cut.
    pub fn read(archive: impl Read) -> Self {
        let mut kept = Self::default();
        let mut archive = tar::Archive::new(archive);
        let Ok(entries) = archive.entries() else {
            kept.cut = true;
            return kept;
        };
        for entry in entries {
            let Ok(mut entry) = entry else {
                kept.cut = true;
                break;
            };
            if kept.add(&mut entry).is_err() || kept.is_full() {
                kept.cut = true;
                break;
            }
        }
        kept
    }

    pub fn is_empty(&self) -> bool {
        self.names == 0
    }

    fn is_full(&self) -> bool {
        self.kept_bytes >= KEPT_BYTES_MAX || self.names >= NAMES_MAX
    }

    fn add(&mut self, entry: &mut tar::Entry<impl Read>) -> io::Result<()> {
        let Some(path) = absolute(&entry.path()?) else { return Ok(()) };
        let kind = match entry.header().entry_type() {
            tar::EntryType::Directory => Kind::Folder,
            tar::EntryType::Regular | tar::EntryType::Continuous => Kind::File,
            _ => Kind::Other,
        };
        if kind == Kind::File {
            self.keep(&path, entry)?;
        }
        self.name(&path, kind);
        Ok(())
    }

    fn keep(&mut self, path: &Path, entry: &mut tar::Entry<impl Read>) -> io::Result<()> {
        if entry.size() > FILE_BYTES_MAX {
            self.cut = true;
            return Ok(());
        }
        let mut bytes = Vec::new();
        entry.take(HEAD_BYTES).read_to_end(&mut bytes)?;
        if bytes.contains(&0) {
            return Ok(());
        }
        entry.read_to_end(&mut bytes)?;
        self.kept_bytes += bytes.len();
        self.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// Notes it and the folders above.
    fn name(&mut self, path: &Path, kind: Kind) {
        if kind == Kind::Folder {
            self.folders.entry(path.to_owned()).or_default();
        }
        let (mut path, mut kind) = (path, kind);
        while let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            let entries = self.folders.entry(folder.to_owned()).or_default();
            if entries.insert(name.to_owned(), kind).is_some() {
                break;
            }
            self.names += 1;
            (path, kind) = (folder, Kind::Folder);
        }
    }
}

/// Nothing, where it has a `..`.
fn absolute(path: &Path) -> Option<PathBuf> {
    let mut whole = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => whole.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(whole)
}

impl Tree for Archive {
    fn root(&self, path: &Path) -> io::Result<(PathBuf, Kind)> {
        let path = absolute(path).ok_or(io::ErrorKind::NotFound)?;
        if self.folders.contains_key(&path) {
            return Ok((path, Kind::Folder));
        }
        let entries = path.parent().and_then(|folder| self.folders.get(folder));
        let kind = entries.and_then(|entries| entries.get(path.file_name()?)).copied();
        kind.map(|kind| (path, kind)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &Path, entries_max: usize) -> io::Result<Vec<Entry>> {
        let entries = self.folders.get(folder).ok_or(io::ErrorKind::NotFound)?;
        let entries = entries.iter().take(entries_max);
        Ok(entries.map(|(name, kind)| Entry { name: name.clone(), kind: *kind }).collect())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }

    fn is_top(&self, folder: &Path) -> bool {
        folder.parent().is_none()
    }
}
