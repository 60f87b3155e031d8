//! Blobs on the disk: `blobs/HEX` is whole and has that digest, `partial/HEX` is on its way there.
//! A lock for each keeps two pulls of one blob apart, in this process and among processes.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use stdx::lock::FileLock;

use crate::digest::Hasher;
use crate::{Compression, Digest, Error};

const BLOBS: &str = "blobs";
const PARTIAL: &str = "partial";
const LOCKS: &str = "locks";
/// Names of images, and the digests that they stood for.
const NAMES: &str = "names";
const COPY_BYTES: usize = 128 * 1024;

#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// For nobody else on the machine.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let make = || {
            for part in [BLOBS, PARTIAL, LOCKS, NAMES] {
                fs::create_dir_all(folder.join(part))?;
            }
            fs::set_permissions(folder, Permissions::from_mode(0o700))
        };
        make().map_err(|source| Error::Store { path: folder.to_owned(), source })?;
        Ok(Self { folder: folder.to_owned() })
    }

    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(BLOBS).join(digest.hex())
    }

    /// Whether it is here with that size; its bytes were checked when it came.
    pub fn has(&self, digest: &Digest, bytes: u64) -> bool {
        fs::metadata(self.path(digest)).is_ok_and(|found| found.len() == bytes)
    }

    /// A small blob's bytes, checked again.
    pub fn read(&self, digest: &Digest, bytes_max: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.path(digest)).ok()?;
        file.take(bytes_max).read_to_end(&mut bytes).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Keeps a document under its own digest.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        if self.read(&digest, bytes.len() as u64).is_none() {
            self.take_in(&digest, bytes.len() as u64, &mut &*bytes, &mut |_| {})?;
        }
        Ok(digest)
    }

    /// Waits for the only right to bring this blob in. Blocks.
    pub fn lock(&self, digest: &Digest) -> Result<FileLock, Error> {
        FileLock::wait(&self.folder.join(LOCKS).join(digest.hex())).map_err(keep(digest))
    }

    /// What there is of it, to be gone on with; to be called under its lock.
    pub fn partial(&self, digest: &Digest) -> Result<Partial, Error> {
        let path = self.folder.join(PARTIAL).join(digest.hex());
        Partial::open(path, self.path(digest), digest).map_err(keep(digest))
    }

    /// Copies it in from a reader, from its beginning.
    pub fn take_in(
        &self,
        digest: &Digest,
        bytes: u64,
        from: &mut dyn Read,
        done: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let _lock = self.lock(digest)?;
        let mut partial = self.partial(digest)?;
        partial.restart()?;
        let mut buffer = vec![0; COPY_BYTES];
        // One byte more than it should have shows that it has more.
        let mut from = from.take(bytes.saturating_add(1));
        loop {
            let got = from.read(&mut buffer).map_err(keep(digest))?;
            if got == 0 {
                return partial.finish(bytes);
            }
            partial.push(&buffer[..got])?;
            done(partial.bytes);
        }
    }

    /// The digest of what can be read only once.
    pub fn digest_of(from: &mut dyn Read) -> io::Result<(Digest, u64)> {
        let (mut hasher, mut bytes, mut buffer) = (Hasher::new(), 0, vec![0; COPY_BYTES]);
        loop {
            let got = from.read(&mut buffer)?;
            if got == 0 {
                return Ok((hasher.finish(), bytes));
            }
            hasher.update(&buffer[..got]);
            bytes += got as u64;
        }
    }

    pub fn compression(&self, digest: &Digest) -> Result<Compression, Error> {
        let mut first = Vec::new();
        let path = self.path(digest);
        let read = File::open(&path).and_then(|file| file.take(4).read_to_end(&mut first));
        read.map_err(|source| Error::Read { path, source })?;
        Ok(match &*first {
            [0x1F, 0x8B, ..] => Compression::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD] => Compression::Zstd,
            _ => Compression::None,
        })
    }

    /// Remembers what a name stood for. By the name's digest, since it isn't a safe file name.
    pub fn see(&self, name: &str, digest: &Digest) -> Result<(), Error> {
        let path = self.folder.join(NAMES).join(Digest::of(name.as_bytes()).hex());
        fs::write(path, digest.to_string()).map_err(keep(digest))
    }

    pub fn last_seen(&self, name: &str) -> Option<Digest> {
        let path = self.folder.join(NAMES).join(Digest::of(name.as_bytes()).hex());
        fs::read_to_string(path).ok()?.parse().ok()
    }
}

fn keep(digest: &Digest) -> impl Fn(io::Error) -> Error {
    let digest = digest.clone();
    move |source| Error::Keep { digest: digest.clone(), source }
}

/// A blob on its way.
pub struct Partial {
    file: File,
    path: PathBuf,
    target: PathBuf,
    digest: Digest,
    hasher: Hasher,
    /// What is here already.
    pub bytes: u64,
}

impl Partial {
    /// Reads what an earlier download left, so that its bytes count in the digest.
    fn open(path: PathBuf, target: PathBuf, digest: &Digest) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(&path)?;
        let (mut hasher, mut bytes, mut buffer) = (Hasher::new(), 0, vec![0; COPY_BYTES]);
        loop {
            let got = file.read(&mut buffer)?;
            if got == 0 {
                return Ok(Self { file, path, target, digest: digest.clone(), hasher, bytes });
            }
            hasher.update(&buffer[..got]);
            bytes += got as u64;
        }
    }

    pub fn restart(&mut self) -> Result<(), Error> {
        (self.hasher, self.bytes) = (Hasher::new(), 0);
        self.file.set_len(0).map_err(keep(&self.digest))
    }

    pub fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.file.write_all(piece).map_err(keep(&self.digest))?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// It has its name last, and only if it is right; what is wrong isn't gone on with.
    pub fn finish(self, bytes: u64) -> Result<(), Error> {
        let found = self.hasher.finish();
        let wrong = if self.bytes != bytes {
            Some(Error::Size { digest: self.digest.clone(), bytes })
        } else if found != self.digest {
            Some(Error::Mismatch { digest: self.digest.clone(), found })
        } else {
            None
        };
        let kept = match wrong {
            Some(_) => fs::remove_file(&self.path),
            None => self.file.sync_all().and_then(|()| fs::rename(&self.path, &self.target)),
        };
        kept.map_err(keep(&self.digest))?;
        wrong.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_its_name_says_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let digest = Digest::of(b"right");
        let put = |bytes: &[u8], size| blobs.take_in(&digest, size, &mut &*bytes, &mut |_| {});
        assert!(matches!(put(b"wrong", 5), Err(Error::Mismatch { .. })));
        assert!(matches!(put(b"right, and more", 5), Err(Error::Size { .. })));
        assert!(matches!(put(b"rig", 5), Err(Error::Size { .. })));
        assert!(!blobs.has(&digest, 5));
        put(b"right", 5).unwrap();
        assert!(blobs.has(&digest, 5) && !blobs.has(&digest, 6));
        assert_eq!(blobs.read(&digest, 100).as_deref(), Some(b"right".as_slice()));
        fs::write(blobs.path(&digest), "changed").unwrap();
        assert_eq!(blobs.read(&digest, 100), None);
    }

    #[test]
    fn what_was_cut_off_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let digest = Digest::of(b"two halves");
        blobs.partial(&digest).unwrap().push(b"two ").unwrap();
        let mut again = blobs.partial(&digest).unwrap();
        assert_eq!(again.bytes, 4);
        again.push(b"halves").unwrap();
        again.finish(10).unwrap();
        assert!(blobs.has(&digest, 10));
    }
}
