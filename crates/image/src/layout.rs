//! Images in files: a folder in the OCI image layout, and what an archive has in common with it.
//! Blocking.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use crate::blobs::Blobs;
use crate::manifest::{self, Descriptor, Document, LISTS_DEEP_MAX, Manifest};
use crate::reference::Which;
use crate::{DOCUMENT_BYTES_MAX, Digest, Error, Options, Progress};

pub const INDEX: &str = "index.json";
/// Where an index says what a manifest is called.
const NAME: &str = "org.opencontainers.image.ref.name";

/// Where files of an image can be opened by name.
pub trait Files {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;

    /// For people.
    fn path(&self) -> &Path;

    fn document(&self, name: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let read = self
            .open(name)
            .and_then(|file| file.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes));
        read.map_err(|source| Error::Read { path: self.path().join(name), source })?;
        if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(Error::TooMuch { what: "bytes in a document", most: DOCUMENT_BYTES_MAX });
        }
        Ok(bytes)
    }
}

pub struct Folder {
    pub path: PathBuf,
}

impl Files for Folder {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let mut options = OpenOptions::new();
        // Neither a link out of the folder nor a pipe that nobody writes to.
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        Ok(Box::new(options.read(true).custom_flags(flags).open(self.path.join(name))?))
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// Takes the image that `which` names into the store. Gives its manifest's digest.
pub fn import(
    blobs: &Blobs,
    files: &dyn Files,
    which: &Which,
    options: &Options,
) -> Result<Digest, Error> {
    let index = Document::parse(&files.document(INDEX)?)?;
    let mut next = match &index {
        Document::List(list) => pick(files, list, which, options)?.clone(),
        Document::Manifest(_) => return Err(malformed(files, "index.json is no index")),
    };
    for _ in 0..LISTS_DEEP_MAX {
        let bytes = files.document(&name_of(&next.digest))?;
        check(&next.digest, &bytes)?;
        blobs.put(&bytes)?;
        match Document::parse(&bytes)? {
            Document::List(list) => next = manifest::choose(&list, &options.platform)?.clone(),
            Document::Manifest(manifest) => {
                import_blobs(blobs, files, &next.digest, &manifest, options)?;
                return Ok(next.digest);
            }
        }
    }
    Err(malformed(files, "there are lists in lists in lists"))
}

pub fn malformed(files: &dyn Files, what: &str) -> Error {
    Error::Malformed { path: files.path().to_owned(), what: what.to_owned() }
}

fn name_of(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn check(digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
    let found = Digest::of(bytes);
    if found == *digest { Ok(()) } else { Err(Error::Mismatch { digest: digest.clone(), found }) }
}

fn pick<'a>(
    files: &dyn Files,
    list: &'a [Descriptor],
    which: &Which,
    options: &Options,
) -> Result<&'a Descriptor, Error> {
    let called = |item: &&Descriptor, tag: &str| {
        let name = item.annotations.get(NAME);
        name.is_some_and(|name| name == tag || name.ends_with(&format!(":{tag}")))
    };
    let found = match which {
        Which::Only if list.len() == 1 => list.first(),
        Which::Only => return manifest::choose(list, &options.platform),
        Which::Tag(tag) => list.iter().find(|item| called(item, tag)),
        Which::Digest(digest) => list.iter().find(|item| item.digest == *digest),
    };
    found.ok_or_else(|| malformed(files, &format!("it has no image {which}")))
}

fn import_blobs(
    blobs: &Blobs,
    files: &dyn Files,
    digest: &Digest,
    manifest: &Manifest,
    options: &Options,
) -> Result<(), Error> {
    let (layers, bytes) = (manifest.layers.len(), manifest.bytes());
    options.tell(Progress::Resolved { digest: digest.clone(), layers, bytes });
    for blob in std::iter::once(&manifest.config).chain(&manifest.layers) {
        if blobs.has(&blob.digest, blob.size) {
            continue;
        }
        let missing = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::Missing { digest: blob.digest.clone(), path: files.path().to_owned() }
            }
            _ => Error::Read { path: files.path().to_owned(), source: error },
        };
        let mut file = files.open(&name_of(&blob.digest)).map_err(missing)?;
        let mut done = told(&blob.digest, blob.size, options);
        blobs.take_in(&blob.digest, blob.size, &mut file, &mut done)?;
    }
    Ok(())
}

/// Tells how far a blob is.
pub fn told(digest: &Digest, bytes: u64, options: &Options) -> impl FnMut(u64) {
    move |done| options.tell(Progress::Layer { digest: digest.clone(), done, bytes })
}
