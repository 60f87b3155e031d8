//! What is remembered of each snapshot that was prepared: `HOME/environments/KEY/`, with
//! `record.json`, the logs of its scripts, and when it was last used. Losing a record loses a
//! reason, never a snapshot. Also the failures, so that who waited for one needn't repeat it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use computer::SnapshotId;
use domain::{Commit, ProjectId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::key::Ingredients;
use super::step::Step;
use crate::home::{private_folder, write_file};
use crate::{Error, Home};

const RECORD: &str = "record.json";
const USED: &str = "used.json";
const FAILURE: &str = "failure.json";
/// Beside the records, a file for each project.
const GENERATIONS: &str = "generations";

/// A snapshot that was prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub key: String,
    pub project: ProjectId,
    /// Where the project is, as people know it.
    pub origin: String,
    pub commit: Commit,
    pub created: Timestamp,
    pub kind: Kind,
    /// The step that made it.
    pub step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    Setup {
        ingredients: Ingredients,
    },
    Commit {
        /// The key of the setup that it lies on.
        setup: String,
    },
}

impl Record {
    pub fn setup(&self) -> Option<&Ingredients> {
        match &self.kind {
            Kind::Setup { ingredients } => Some(ingredients),
            Kind::Commit { .. } => None,
        }
    }
}

/// A step that failed, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    pub at: Timestamp,
    pub failure: Failure,
}

/// The folder of a snapshot's record, made where there is none.
pub fn folder(home: &Home, id: &SnapshotId) -> Result<PathBuf, Error> {
    let folder = home.environments().join(id.as_str());
    private_folder(&folder)?;
    Ok(folder)
}

pub fn put(home: &Home, id: &SnapshotId, record: &Record) -> Result<(), Error> {
    let folder = folder(home, id)?;
    write(&folder.join(RECORD), record)?;
    forget_failure(&folder);
    touch(home, id, record.created)
}

fn forget_failure(folder: &Path) {
    // It is only looked at by who waited while it was written.
    let _none_was = fs::remove_file(folder.join(FAILURE));
}

/// None where there is none, or where another version of whimbrel wrote it.
pub fn get(home: &Home, id: &str) -> Option<Record> {
    read(&home.environments().join(id).join(RECORD))
}

pub fn put_failure(home: &Home, id: &SnapshotId, failed: &Failed) -> Result<(), Error> {
    write(&folder(home, id)?.join(FAILURE), failed)
}

pub fn failure(home: &Home, id: &SnapshotId) -> Option<Failed> {
    read(&home.environments().join(id.as_str()).join(FAILURE))
}

/// Remembers that the snapshot is used now.
pub fn touch(home: &Home, id: &SnapshotId, now: Timestamp) -> Result<(), Error> {
    write(&folder(home, id)?.join(USED), &now)
}

pub fn used(home: &Home, id: &str) -> Option<Timestamp> {
    read(&home.environments().join(id).join(USED))
}

/// All records there are, the newest first.
pub fn all(home: &Home) -> Result<Vec<Record>, Error> {
    let path = home.environments();
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let mut records: Vec<Record> =
        entries.flatten().filter_map(|entry| read(&entry.path().join(RECORD))).collect();
    records.sort_by_key(|record| std::cmp::Reverse(record.created));
    Ok(records)
}

/// Those of a project at a commit.
pub fn of_commit(home: &Home, project: &ProjectId, commit: &Commit) -> Result<Vec<Record>, Error> {
    let mut records = all(home)?;
    records.retain(|record| record.project == *project && record.commit == *commit);
    Ok(records)
}

/// Removes a snapshot's record and its logs.
pub fn remove(home: &Home, id: &str) -> Result<(), Error> {
    let path = home.environments().join(id);
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write { path, source: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// How often the project's snapshots were asked to be made anew.
pub fn generation(home: &Home, project: &ProjectId) -> u64 {
    read(&home.environments().join(GENERATIONS).join(project.as_str())).unwrap_or(0)
}

/// From now on no older snapshot of the project is found.
pub fn next_generation(home: &Home, project: &ProjectId) -> Result<(), Error> {
    let folder = home.environments().join(GENERATIONS);
    private_folder(&folder)?;
    write(&folder.join(project.as_str()), &(generation(home, project) + 1))
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Under another name first, so that a half-written one is never read. Each writer has its own.
fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let bytes = serde_json::to_vec(value).expect("records can be written as JSON");
    let unfinished = path.with_extension(format!("new{}", std::process::id()));
    write_file(&unfinished, &bytes)?;
    fs::rename(&unfinished, path).map_err(|source| Error::Write { path: path.to_owned(), source })
}
