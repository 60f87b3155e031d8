//! An image becomes a snapshot: each of its layers is unpacked once, whichever images have it, and
//! on top lies a small layer with what a computer needs of its own. Nothing of the host is in it.
//! Knows no registry: the layers' archives are on this disk.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use stdx::lock::FileLock;

use super::folder::{Folder, Note};
use super::layers::{self, Kept, Layers};
use super::plan::{Private, User};
use super::skeleton;
use super::snapshots;
use super::worker::{Answer, Job};
use crate::snapshot::Base;
use crate::{Error, Image, ImageLayer, Snapshot, SnapshotId};

/// Which layer of ours an archive became: `HOME/unpacked/DIFF-ID` has its digest.
pub const UNPACKED: &str = "unpacked";
/// Changes when what we make of an image does.
const FORMAT: &[u8] = b"whimbrel image 1\0";

/// The snapshot of an image, found or made. Blocking.
pub fn snapshot(store: &Layers, image: &Image) -> Result<Snapshot, Error> {
    let id = key(image, store.user);
    if let Some(found) = snapshots::find(store, &id) {
        return Ok(found);
    }
    make(store, image, &id).map_err(|source| Error::Unpack { digest: image.digest.clone(), source })
}

fn key(image: &Image, user: User) -> SnapshotId {
    let mut hasher = Sha256::new_with_prefix(FORMAT);
    let mut text = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    };
    text(&image.digest);
    image.layers.iter().for_each(|layer| text(&layer.diff_id));
    image.env.iter().for_each(|variable| text(variable));
    text(&skeleton::image_fingerprint(user));
    SnapshotId::from_digest(&hasher.finalize())
}

fn make(store: &Layers, image: &Image, id: &SnapshotId) -> io::Result<Snapshot> {
    // What is made here lies in a folder that is swept like a computer's if this is cut off.
    let place = Folder::make(store.home, store.user, Private::Disk, &Note::default())?;
    let making = Making { store, place: &place };
    let made = making.layers(image).and_then(|layers| {
        let base = Base::Image { digest: image.digest.clone(), env: image.env.clone() };
        snapshots::note(store, id, &Snapshot { base, layers })
    });
    let removed = place.remove();
    let made = made?;
    removed.map(|()| made)
}

struct Making<'a> {
    store: &'a Layers<'a>,
    place: &'a Folder,
}

impl Making<'_> {
    /// Lowest first; ours is the highest, so that what is mounted has a place and the image's own
    /// links at such places are hidden.
    fn layers(&self, image: &Image) -> io::Result<Vec<PathBuf>> {
        let mut trees = Vec::new();
        for layer in &image.layers {
            trees.push(self.store.tree(&self.unpacked(layer)?));
        }
        trees.push(self.store.tree(&self.skeleton()?));
        Ok(trees)
    }

    fn skeleton(&self) -> io::Result<String> {
        let layer = self.place.another_layer()?;
        skeleton::make_for_image(&layer.join(layers::TREE), self.store.user)?;
        self.keep(&layer)
    }

    /// The digest of the layer that this archive is, unpacked now unless it was before.
    fn unpacked(&self, layer: &ImageLayer) -> io::Result<String> {
        let note = self.note(&layer.diff_id)?;
        let _lock = FileLock::wait(&note.with_extension("lock"))?;
        if let Some(digest) = fs::read_to_string(&note).ok().filter(|digest| self.store.has(digest))
        {
            self.place.note_layer(self.store.home, &digest)?;
            // A collection may have come in between.
            if self.store.has(&digest) {
                return Ok(digest);
            }
        }
        let digest = self.unpack(layer)?;
        fs::write(&note, &digest)?;
        Ok(digest)
    }

    /// The name comes from an image, so it is looked at before it is a path.
    fn note(&self, diff_id: &str) -> io::Result<PathBuf> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let hex = diff_id.strip_prefix("sha256:");
        let hex = hex.filter(|hex| hex.len() == 64 && hex.bytes().all(is_digit));
        let hex = hex.ok_or_else(|| invalid(format!("{diff_id:?} is no layer's digest")))?;
        Ok(self.store.home.join(UNPACKED).join(hex))
    }

    fn unpack(&self, layer: &ImageLayer) -> io::Result<String> {
        let target = self.place.another_layer()?;
        fs::create_dir(target.join(layers::TREE))?;
        let (archive, tree) = (open(&layer.path)?, layers::open(&target.join(layers::TREE))?);
        let job = Job::Unpack { compression: layer.compression };
        let diff_id = match self.store.work(job, &[&archive, &tree])? {
            Answer::Unpacked { diff_id } => diff_id,
            Answer::Malformed { what } => {
                return Err(invalid(format!("the layer {}: {what}", layer.diff_id)));
            }
            Answer::Digested(_)
            | Answer::Measured { .. }
            | Answer::Found { .. }
            | Answer::Done
            | Answer::Failed { .. } => {
                return Err(layers::unexpected());
            }
        };
        if diff_id != layer.diff_id {
            let what = format!("the layer {} has the digest {diff_id} unpacked", layer.diff_id);
            return Err(invalid(what));
        }
        self.keep(&target)
    }

    fn keep(&self, layer: &Path) -> io::Result<String> {
        let announce = |digest: &str| self.place.note_layer(self.store.home, digest);
        match self.store.keep(layer, &[], announce)? {
            Kept::As(digest) => Ok(digest),
            Kept::Refused { .. } => Err(layers::unexpected()),
        }
    }
}

fn open(archive: &Path) -> io::Result<OwnedFd> {
    let mut options = File::options();
    let file =
        options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(archive)?;
    if !file.metadata()?.is_file() {
        return Err(invalid(format!("{} is no file", archive.display())));
    }
    Ok(file.into())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
