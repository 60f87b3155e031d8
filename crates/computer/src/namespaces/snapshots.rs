//! Sealed layers: `HOME/snapshots/ID/layer`, and beside each the ids of what it lies on. A folder
//! of that name is whole, because it gets its name last.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{remove, sys};
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
    layers.iter().all(|layer| layer.is_dir()).then_some(Snapshot { layers })
}

/// Makes `upper` the layer `id` on top of `below`. Everything that wrote into it must be gone.
pub fn seal(home: &Path, id: &SnapshotId, upper: &Path, below: &Snapshot) -> io::Result<Snapshot> {
    let unfinished = folder(home, &format!("{id}.{:016x}", stdx::random::random_u64()?));
    fs::create_dir_all(&unfinished)?;
    let mut ids: Vec<&str> = below.layers.iter().filter_map(|layer| id_of(layer)).collect();
    ids.push(id.as_str());
    fs::write(unfinished.join(LAYERS_FILE), serde_json::to_vec(&ids)?)?;
    fs::rename(upper, unfinished.join(LAYER))?;
    sys::sync_file_system(&File::open(&unfinished)?)?;
    publish(home, id, &unfinished)
}

fn publish(home: &Path, id: &SnapshotId, unfinished: &Path) -> io::Result<Snapshot> {
    let renamed = fs::rename(unfinished, folder(home, id.as_str()));
    let Some(snapshot) = find(home, id) else {
        return Err(renamed.err().unwrap_or_else(|| io::ErrorKind::NotFound.into()));
    };
    match renamed {
        Ok(()) => File::open(home.join(SNAPSHOTS))?.sync_all()?,
        // Somebody else sealed the same id meanwhile, and theirs is as good.
        Err(_) => remove::tree(unfinished)?,
    }
    Ok(snapshot)
}

/// Of `…/ID/layer`.
fn id_of(layer: &Path) -> Option<&str> {
    layer.parent()?.file_name()?.to_str()
}
