//! Sealed layers: `HOME/snapshots/ID/layer`, and beside each the ids of what it lies on. A folder
//! of that name is whole, because it gets its name last.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::sys;
use crate::snapshot::Base;
use crate::{Snapshot, SnapshotId};

const SNAPSHOTS: &str = "snapshots";
const LAYER: &str = "layer";
const LAYERS_FILE: &str = "layers.json";

fn folder(home: &Path, id: &str) -> PathBuf {
    home.join(SNAPSHOTS).join(id)
}

/// A whole snapshot, all of whose layers are still there.
pub fn find(home: &Path, id: &SnapshotId) -> Option<Snapshot> {
    let text = fs::read(folder(home, id.as_str()).join(LAYERS_FILE)).ok()?;
    let ids: Vec<String> = serde_json::from_slice(&text).ok()?;
    let layers: Vec<_> = ids.iter().map(|id| folder(home, id).join(LAYER)).collect();
    let whole = layers.iter().all(|layer| layer.is_dir());
    whole.then_some(Snapshot { base: Base::Host, layers })
}

/// Makes the private layer of `computer` the layer `id` on top of `below`. Everything that wrote
/// into it must be gone.
pub fn seal(
    home: &Path,
    id: &SnapshotId,
    computer: &Folder,
    below: &Snapshot,
) -> io::Result<Snapshot> {
    let sealed = computer.sealed();
    fs::create_dir(&sealed)?;
    let mut ids: Vec<&str> = below.layers.iter().filter_map(|layer| id_of(layer)).collect();
    ids.push(id.as_str());
    fs::write(sealed.join(LAYERS_FILE), serde_json::to_vec(&ids)?)?;
    fs::rename(computer.upper(), sealed.join(LAYER))?;
    sys::sync_file_system(&File::open(&sealed)?)?;
    let renamed = fs::rename(&sealed, folder(home, id.as_str()));
    // Where somebody else sealed the same id meanwhile, theirs is as good.
    let found = find(home, id).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    renamed.or_else(|error| found.as_ref().map(drop).map_err(|_| error))?;
    File::open(home.join(SNAPSHOTS))?.sync_all()?;
    found
}

/// Of `…/ID/layer`.
fn id_of(layer: &Path) -> Option<&str> {
    layer.parent()?.file_name()?.to_str()
}
