//! Snapshots: `HOME/snapshots/KEY.json`, small files that name layers. The first of a key stays.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;
use serde::{Deserialize, Serialize};

use super::folder::{self, Folder, Note};
use super::layers::{self, Kept, Layers};
use super::plan::Private;
use crate::snapshot::Base;
use crate::{Error, Secret, Snapshot, SnapshotId};

pub const SNAPSHOTS: &str = "snapshots";
/// Layers of one snapshot. The kernel takes 500; what lies deeper is slower to look up first.
const LAYERS_MAX: usize = 64;
/// Of these the lowest stay as they are, since they are the large ones that many snapshots share;
/// those above become one.
const LAYERS_SHARED: usize = 31;

/// A snapshot's file.
#[derive(Debug, Serialize, Deserialize)]
struct Recipe {
    base: Base,
    /// Digests, lowest first.
    layers: Vec<String>,
}

fn file(home: &Path, id: &str) -> PathBuf {
    home.join(SNAPSHOTS).join(format!("{id}.json"))
}

/// A snapshot all of whose layers are still there. It counts as used now.
pub fn find(store: &Layers, id: &SnapshotId) -> Option<Snapshot> {
    let recipe = read(store, id.as_str())?;
    if !recipe.layers.iter().all(|digest| store.has(digest)) {
        return None;
    }
    let (now, path) = (TimeSpec::UTIME_NOW, file(store.home, id.as_str()));
    // Only for who looks for what is old; a disk that is full is told elsewhere.
    let _unknown = utimensat(AT_FDCWD, &path, &now, &now, UtimensatFlags::NoFollowSymlink);
    let layers = recipe.layers.iter().map(|digest| store.tree(digest)).collect();
    Some(Snapshot { base: recipe.base, layers })
}

fn read(store: &Layers, id: &str) -> Option<Recipe> {
    serde_json::from_slice(&fs::read(file(store.home, id)).ok()?).ok()
}

/// Writes down which layers `id` is. Where somebody else has meanwhile, theirs is as good.
pub fn note(store: &Layers, id: &SnapshotId, snapshot: &Snapshot) -> io::Result<Snapshot> {
    let folder = store.home.join(SNAPSHOTS);
    let layers = snapshot.layers.iter().map(|tree| layers::digest_of(tree).map(str::to_owned));
    let layers: Option<Vec<_>> = layers.collect();
    let layers = layers.ok_or_else(|| io::Error::other("it lies on what is no layer"))?;
    let unfinished = folder.join(format!("{id}.{:016x}", stdx::random::random_u64()?));
    let mut written = File::create_new(&unfinished)?;
    written.write_all(&serde_json::to_vec(&Recipe { base: snapshot.base.clone(), layers })?)?;
    written.sync_all()?;
    let place = file(store.home, id.as_str());
    let found = match fs::hard_link(&unfinished, &place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match find(store, id) {
            // What is there is no whole snapshot: it must not be in the way for ever.
            None => fs::rename(&unfinished, &place).map(|()| snapshot.clone()),
            Some(theirs) => fs::remove_file(&unfinished).map(|()| theirs),
        },
        linked => linked.and_then(|()| fs::remove_file(&unfinished)).map(|()| snapshot.clone()),
    };
    File::open(folder)?.sync_all()?;
    found
}

pub fn forget(store: &Layers, id: &SnapshotId) -> io::Result<()> {
    match fs::remove_file(file(store.home, id.as_str())) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// What is to become a snapshot.
pub struct Sealing<'a> {
    pub store: Layers<'a>,
    pub id: &'a SnapshotId,
    pub below: &'a Snapshot,
    /// Below home: what lies under all layers, if anything.
    pub skeleton: Option<&'a Path>,
    pub forbidden: &'a [Secret],
    /// Whose folder what is made on the way lies in, so that it is swept if that is cut off.
    pub computer: &'a Folder,
}

impl Sealing<'_> {
    /// Makes the tree in `layer` the highest layer of the snapshot. Everything that wrote into it
    /// must be gone, or write elsewhere.
    pub fn seal(&self, layer: &Path) -> Result<Snapshot, Error> {
        let digest = self.keep(layer)?;
        let mut layers = self.below.layers.clone();
        layers.push(self.store.tree(&digest));
        if layers.len() > LAYERS_MAX {
            layers = self.flatten(layers)?;
        }
        let snapshot = Snapshot { base: self.below.base.clone(), layers };
        note(&self.store, self.id, &snapshot).map_err(|source| self.failed(source))
    }

    pub fn failed(&self, source: io::Error) -> Error {
        Error::Snapshot { id: self.id.to_string(), source }
    }

    fn keep(&self, layer: &Path) -> Result<String, Error> {
        let announce = |digest: &str| self.computer.note_layer(self.store.home, digest);
        let kept = self.store.keep(layer, self.forbidden, announce);
        let kept = kept.map_err(|source| self.failed(source))?;
        // Mostly it is gone, because it is kept.
        self.computer.remove_tree(layer).map_err(|source| self.failed(source))?;
        match kept {
            Kept::As(digest) => Ok(digest),
            Kept::Refused { path, name } => Err(Error::SecretInLayer { path: path.into(), name }),
        }
    }

    /// Fewer layers of the same effect.
    fn flatten(&self, mut layers: Vec<PathBuf>) -> Result<Vec<PathBuf>, Error> {
        let made = || -> io::Result<PathBuf> {
            let (shared, upper) = layers.split_at(LAYERS_SHARED);
            let mut below = self.relative(shared)?;
            below.extend(self.skeleton.map(Path::to_owned));
            let layer = self.computer.another_layer()?;
            let place = self.computer.relative().join("root");
            self.store.merge(self.relative(upper)?, below, place, &layer)?;
            Ok(layer)
        };
        let layer = made().map_err(|source| self.failed(source))?;
        let digest = self.keep(&layer)?;
        layers.truncate(LAYERS_SHARED);
        layers.push(self.store.tree(&digest));
        Ok(layers)
    }

    /// Highest first, below home.
    fn relative(&self, layers: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        let relative = layers.iter().rev().map(|layer| layer.strip_prefix(self.store.home));
        let relative = relative.map(|layer| layer.map(Path::to_owned).map_err(io::Error::other));
        relative.collect()
    }
}

/// One snapshot that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: SnapshotId,
    /// Lowest first.
    pub layers: Vec<ListedLayer>,
    /// Of the host's own files, or the digest of an image.
    pub image: Option<String>,
    pub used: SystemTime,
    /// All of its layers are there.
    pub whole: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLayer {
    pub digest: String,
    /// Of the data in it; 0 where it isn't there.
    pub bytes: u64,
    pub entries: u64,
}

pub fn list(store: &Layers) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in fs::read_dir(store.home.join(SNAPSHOTS))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(id) = name.strip_suffix(".json") else { continue };
        if let (Some(id), Some(recipe)) = (SnapshotId::parse(id), read(store, id)) {
            listed.push(describe(store, id, recipe, entry.metadata()?.modified()?));
        }
    }
    Ok(listed)
}

fn describe(store: &Layers, id: SnapshotId, recipe: Recipe, used: SystemTime) -> Listed {
    let whole = recipe.layers.iter().all(|digest| store.has(digest));
    let image = match recipe.base {
        Base::Host => None,
        Base::Image { digest, .. } => Some(digest),
    };
    let layers = recipe.layers.into_iter().map(|digest| {
        let (bytes, entries) =
            store.note(&digest).map_or((0, 0), |note| (note.bytes, note.entries));
        ListedLayer { digest, bytes, entries }
    });
    Listed { id, layers: layers.collect(), image, used, whole }
}

/// What is wrong with a layer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Flaw {
    Absent {
        layer: String,
    },
    /// Its files are others than when it was sealed.
    Changed {
        layer: String,
        now: String,
    },
}

/// Reads all of a snapshot's layers and names those that aren't what they were.
pub fn check(store: &Layers, id: &SnapshotId) -> io::Result<Vec<Flaw>> {
    let recipe = read(store, id.as_str()).ok_or(io::ErrorKind::NotFound)?;
    let mut flaws = Vec::new();
    for layer in recipe.layers {
        if !store.has(&layer) {
            flaws.push(Flaw::Absent { layer });
        } else if let Some(now) = store.differs(&layer)? {
            flaws.push(Flaw::Changed { layer, now });
        }
    }
    Ok(flaws)
}

/// What a collection took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Collected {
    pub layers: u64,
    /// Of data in them.
    pub bytes: u64,
}

/// Removes layers that are of no snapshot and under no computer.
pub fn collect(store: &Layers) -> io::Result<Collected> {
    // One that is cut off is swept like a computer.
    let folder = Folder::make(store.home, store.user, Private::Disk, &Note::default())?;
    let collected = withdraw_unused(store, &folder.path)?;
    folder.remove()?;
    Ok(collected)
}

/// Behind the gate, through which each computer goes that begins.
fn withdraw_unused(store: &Layers, to: &Path) -> io::Result<Collected> {
    let _gate = folder::gate(store.home)?;
    let mut used: HashSet<String> = folder::layers_in_use(store.home)?.into_iter().collect();
    used.extend(list(store)?.into_iter().flat_map(|kept| kept.layers).map(|layer| layer.digest));
    let mut collected = Collected::default();
    for digest in store.all()?.into_iter().filter(|digest| !used.contains(digest)) {
        collected.layers += 1;
        collected.bytes += store.note(&digest).map_or(0, |note| note.bytes);
        store.withdraw(&digest, &to.join(&digest))?;
    }
    Ok(collected)
}
