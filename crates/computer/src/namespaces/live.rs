//! A snapshot of a computer that goes on: its programs stand still while its private layer is
//! copied. What is in `/tmp`, `/run` and `/dev/shm` is memory, and no part of it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::cgroup::Group;
use super::computer::off_the_runtime;
use super::folder::Folder;
use super::link::Link;
use super::machine::Workshop;
use super::snapshots::Sealing;
use super::standstill::Standstill;
use crate::{Error, Secret, Snapshot, SnapshotId};

/// What it takes, so that it goes to its end even if nobody waits for it any more.
pub struct Live {
    pub workshop: Arc<Workshop>,
    pub below: Snapshot,
    pub id: SnapshotId,
    pub forbidden: Vec<Secret>,
    pub folder: Arc<Folder>,
    /// The private layer.
    pub upper: OwnedFd,
    pub group: Group,
    pub link: Arc<Link>,
    /// Whether the computer has ended; held while its folder is worked in.
    pub ended: Arc<Mutex<bool>>,
}

impl Live {
    pub async fn take(self) -> Result<Snapshot, Error> {
        let live = Arc::new(self);
        let layer = live.copy().await?;
        off_the_runtime(move || live.in_its_folder(|| live.sealing().seal(&layer))).await
    }

    /// What programs wrote through the overlay is seen in the layer below at once, also what they
    /// wrote to memory that is mapped to a file: it needs no sync to be copied.
    async fn copy(self: &Arc<Self>) -> Result<PathBuf, Error> {
        let failed = |source| Error::Snapshot { id: self.id.to_string(), source };
        let begun = Standstill::begin(self.group.clone(), Arc::clone(&self.link)).await;
        let still = begun.map_err(failed)?;
        let live = Arc::clone(self);
        let copied = off_the_runtime(move || {
            live.in_its_folder(|| live.copy_layer().map_err(|source| live.sealing().failed(source)))
        })
        .await;
        still.end().await.map_err(failed)?;
        copied
    }

    /// Does not begin when the computer has ended, and keeps it from being removed until then.
    fn in_its_folder<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended { Err(Error::Lost) } else { work() }
    }

    fn copy_layer(&self) -> io::Result<PathBuf> {
        let layer = self.folder.another_layer()?;
        let copied = self.workshop.layers().copy(&self.upper, &layer);
        if copied.is_err() {
            // The copy's own error is the one to tell.
            let _swept_later = self.folder.remove_tree(&layer);
        }
        copied.map(|()| layer)
    }

    fn sealing(&self) -> Sealing<'_> {
        Sealing {
            store: self.workshop.layers(),
            id: &self.id,
            below: &self.below,
            skeleton: self.workshop.skeleton(&self.below.base),
            forbidden: &self.forbidden,
            computer: &self.folder,
        }
    }
}
