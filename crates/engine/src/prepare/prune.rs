//! Which snapshots there are, and which may go: by age and by size, but none that a computer is
//! made of or that an unfinished attempt needs. Layers that no snapshot has any more go with them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use computer::SnapshotId;
use computer::namespaces::{Flaw, Namespaces};
use domain::{Commit, ProjectId, Timestamp};
use serde::Serialize;

use super::record::{self, Record};
use super::step::Name;
use crate::{Engine, Error};

/// Tasks that one look for unfinished attempts reads.
const TASKS_MAX: u32 = 10_000;

/// Shared by whoever uses a snapshot, had alone by whoever removes it.
pub fn use_lock(id: &str) -> String {
    format!("use-{id}")
}

/// A snapshot, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub key: String,
    /// Of all its layers; two snapshots may share some.
    pub bytes: u64,
    /// All of its layers are there.
    pub whole: bool,
    pub created: Option<Timestamp>,
    pub used: Option<Timestamp>,
    pub project: Option<ProjectId>,
    pub origin: Option<String>,
    pub commit: Option<Commit>,
    pub step: Option<Name>,
    #[serde(skip)]
    layers: Vec<(String, u64)>,
}

/// What is too much.
#[derive(Debug, Clone, Copy, Default)]
pub struct Age {
    /// Since it was last used, in milliseconds.
    pub older_than_ms: Option<u64>,
    /// Of all snapshots together.
    pub bytes_max: Option<u64>,
}

/// Why one stayed that was old enough to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Somebody has a computer of it, or is about to.
    InUse,
    /// An attempt that isn't finished was prepared from it.
    Needed,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    pub removed: Vec<Listed>,
    pub kept: Vec<(Listed, Kept)>,
    /// Of files that went, or would.
    pub bytes: u64,
}

/// All snapshots, the last used first.
pub async fn snapshots(engine: &Engine, backend: &Namespaces) -> Result<Vec<Listed>, Error> {
    let found = backend.snapshots().map_err(|source| unlisted(engine, source))?;
    let home = &engine.home;
    let describe = |snapshot: computer::namespaces::Listed| {
        let key = snapshot.id.to_string();
        let made = record::get(home, &key);
        let layers: Vec<_> =
            snapshot.layers.into_iter().map(|layer| (layer.digest, layer.bytes)).collect();
        Listed {
            used: record::used(home, &key).or_else(|| since_epoch(snapshot.used)),
            bytes: layers.iter().map(|(_, bytes)| bytes).sum(),
            whole: snapshot.whole,
            layers,
            key,
            created: made.as_ref().map(|record| record.created),
            project: made.as_ref().map(|record| record.project.clone()),
            origin: made.as_ref().map(|record| record.origin.clone()),
            step: made.as_ref().map(|record| record.step.name),
            commit: made.map(|record| record.commit),
        }
    };
    let mut listed: Vec<Listed> = found.into_iter().map(describe).collect();
    listed.sort_by_key(|snapshot| (std::cmp::Reverse(snapshot.used), snapshot.key.clone()));
    Ok(listed)
}

/// Where no record tells it, as of images.
fn since_epoch(time: SystemTime) -> Option<Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

fn unlisted(engine: &Engine, source: std::io::Error) -> Error {
    Error::Read { path: engine.home.path().join("snapshots"), source }
}

/// What differs from when the snapshot was sealed.
pub async fn check(backend: &Namespaces, key: &str) -> Result<Vec<Flaw>, Error> {
    let (backend, id) = (backend.clone(), parsed(key)?);
    let checked = tokio::task::spawn_blocking(move || backend.check(&id)).await;
    let checked = checked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    Ok(checked?)
}

fn parsed(key: &str) -> Result<SnapshotId, Error> {
    SnapshotId::parse(key).ok_or_else(|| Error::Unusable(format!("{key:?} is no snapshot's key")))
}

/// Removes what is too old or too much, and what nobody refers to any more.
pub async fn prune(
    engine: &Engine,
    backend: &Namespaces,
    age: Age,
    dry_run: bool,
) -> Result<Pruned, Error> {
    let listed = snapshots(engine, backend).await?;
    let needed = needed(engine).await?;
    let mut pruned = Pruned::default();
    for snapshot in too_much(&listed, age, engine.clock.now()) {
        let removed = if needed.contains(&snapshot.key) {
            Err(Kept::Needed)
        } else {
            remove(engine, backend, &snapshot.key, dry_run)?
        };
        match removed {
            Ok(()) => pruned.removed.push(snapshot.clone()),
            Err(why) => pruned.kept.push((snapshot.clone(), why)),
        }
    }
    pruned.bytes = if dry_run {
        freed(&listed, &pruned.removed)
    } else {
        let backend = backend.clone();
        let collected = tokio::task::spawn_blocking(move || backend.collect()).await;
        let collected =
            collected.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        collected.map_err(|source| unlisted(engine, source))?.bytes
    };
    Ok(pruned)
}

/// Those that `age` is about, the longest unused first.
fn too_much(listed: &[Listed], age: Age, now: Timestamp) -> Vec<&Listed> {
    let is_old = |snapshot: &Listed| {
        let unused_ms = snapshot.used.map_or(u64::MAX, |used| now.since_ms(used));
        !snapshot.whole || age.older_than_ms.is_some_and(|limit| unused_ms >= limit)
    };
    let mut left: Vec<&Listed> = listed.iter().filter(|snapshot| !is_old(snapshot)).collect();
    let mut chosen: Vec<&Listed> =
        listed.iter().rev().filter(|snapshot| is_old(snapshot)).collect();
    while age.bytes_max.is_some_and(|limit| size(left.iter().copied()) > limit)
        && let Some(last) = left.pop()
    {
        chosen.push(last);
    }
    chosen
}

/// Of all layers, each once.
pub fn size<'a>(snapshots: impl Iterator<Item = &'a Listed>) -> u64 {
    let layers: BTreeMap<&str, u64> = snapshots
        .flat_map(|snapshot| {
            snapshot.layers.iter().map(|(digest, bytes)| (digest.as_str(), *bytes))
        })
        .collect();
    layers.values().sum()
}

fn freed(all: &[Listed], removed: &[Listed]) -> u64 {
    let gone: BTreeSet<&str> = removed.iter().map(|snapshot| snapshot.key.as_str()).collect();
    let stays = all.iter().filter(|snapshot| !gone.contains(snapshot.key.as_str()));
    size(all.iter()).saturating_sub(size(stays))
}

/// Nobody can begin to use it while it goes.
fn remove(
    engine: &Engine,
    backend: &Namespaces,
    key: &str,
    dry_run: bool,
) -> Result<Result<(), Kept>, Error> {
    let Some(_alone) = engine.home.try_lock(&use_lock(key))? else {
        return Ok(Err(Kept::InUse));
    };
    if !dry_run {
        let forgotten = backend.forget(&parsed(key)?);
        forgotten.map_err(|source| unlisted(engine, source))?;
        record::remove(&engine.home, key)?;
    }
    Ok(Ok(()))
}

/// What attempts that aren't over were prepared from: they may go on from it.
async fn needed(engine: &Engine) -> Result<HashSet<String>, Error> {
    let mut needed = HashSet::new();
    for state in ["open", "running", "decided"] {
        let filter = store::task::Filter { project: None, state: Some(state.into()) };
        for task in store::task::list(&engine.store, &filter, TASKS_MAX).await? {
            let records = record::of_commit(&engine.home, &task.project, &task.base.commit)?;
            needed.extend(records.into_iter().flat_map(keys));
        }
    }
    Ok(needed)
}

/// Its own, and that of what it lies on.
fn keys(record: Record) -> Vec<String> {
    match record.kind {
        record::Kind::Setup { .. } => vec![record.key],
        record::Kind::Commit { setup } => vec![record.key, setup],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(key: &str, used: i64, layers: &[(&str, u64)]) -> Listed {
        Listed {
            key: key.into(),
            bytes: layers.iter().map(|(_, bytes)| bytes).sum(),
            whole: true,
            created: None,
            used: Some(Timestamp(used)),
            project: None,
            origin: None,
            commit: None,
            step: None,
            layers: layers.iter().map(|&(digest, bytes)| (digest.to_owned(), bytes)).collect(),
        }
    }

    fn chosen(all: &[Listed], age: Age) -> Vec<&str> {
        too_much(all, age, Timestamp(1_000)).into_iter().map(|one| one.key.as_str()).collect()
    }

    #[test]
    fn the_longest_unused_go_first_and_shared_layers_count_once() {
        let all = [
            listed("new", 900, &[("shared", 10), ("x", 1)]),
            listed("middle", 500, &[("shared", 10), ("y", 2)]),
            listed("old", 100, &[("z", 4)]),
        ];
        assert_eq!(size(all.iter()), 17);
        let older = |ms| Age { older_than_ms: Some(ms), bytes_max: None };
        let larger = |bytes| Age { older_than_ms: None, bytes_max: Some(bytes) };
        assert_eq!(chosen(&all, older(600)), ["old"]);
        assert_eq!(chosen(&all, older(500)), ["old", "middle"]);
        assert_eq!(chosen(&all, larger(17)), [] as [&str; 0]);
        assert_eq!(chosen(&all, larger(13)), ["old"]);
        assert_eq!(chosen(&all, larger(12)), ["old", "middle"]);
        assert_eq!(chosen(&all, larger(0)), ["old", "middle", "new"]);
        assert_eq!(freed(&all, &all[1..2]), 2, "what others share stays");
    }

    #[test]
    fn what_is_not_whole_always_goes() {
        let broken = Listed { whole: false, ..listed("broken", 999, &[]) };
        assert_eq!(chosen(&[broken], Age::default()), ["broken"]);
    }
}
