//! Evidence with a signature: the server's key, and the envelope of each attempt's evidence.
//!
//! The key is made when it is first needed, and lies in `HOME/keys`, readable by this user alone.
//! An envelope is made once, from the evidence in the store and the logs in the attempt's folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::{AttemptId, Evidence};
use proof::Log;
use proof::seal::{Facts, SigningKey};

use crate::home::{private_folder, write_private};
use crate::{Engine, Error};

/// The server's key. Of two processes that need it first, one makes it.
pub async fn key(engine: &Engine) -> Result<SigningKey, Error> {
    let path = engine.home.evidence_key();
    let _lock = engine.home.lock("keys").await?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path)?,
        Err(source) => return Err(Error::Read { path, source }),
    };
    SigningKey::read(&text).map_err(|source| Error::Key { path, source })
}

fn make(path: &Path) -> Result<String, Error> {
    let of = |path: &Path| path.to_owned();
    let text = SigningKey::make().map_err(|source| Error::Key { path: of(path), source })?;
    private_folder(path.parent().expect("a key lies in a folder"))?;
    write_private(path, text.as_bytes())
        .map_err(|source| Error::Write { path: of(path), source })?;
    Ok(text)
}

/// The envelope of an attempt's evidence, made now where there is none; `None` without evidence.
pub async fn envelope(engine: &Engine, id: &AttemptId) -> Result<Option<Vec<u8>>, Error> {
    let Some(evidence) = store::evidence::get(&engine.store, id).await? else {
        return Ok(None);
    };
    let path = engine.home.envelope(id);
    let key = key(engine).await?;
    let _lock = engine.home.lock("seal").await?;
    match fs::read(&path) {
        Ok(bytes) => return Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(Error::Read { path, source }),
    }
    let logs = logs(engine, id, &evidence)?;
    let signed = engine.clock.now();
    let facts = Facts { attempt: id, evidence: &evidence, logs: &logs, signed };
    let bytes = proof::seal::seal(facts, &key);
    private_folder(&engine.home.attempt(id))?;
    write_private(&path, &bytes).map_err(|source| Error::Write { path, source })?;
    Ok(Some(bytes))
}

/// Every log that an attempt's checks left, by name: those that the evidence names, and those of
/// runs that only settled a doubt.
pub fn logs(engine: &Engine, id: &AttemptId, evidence: &Evidence) -> Result<Vec<Log>, Error> {
    let mut logs = Vec::new();
    for (name, path) in log_files(&engine.home.attempt(id), evidence)? {
        let bytes = fs::read(&path).map_err(|source| Error::Read { path, source })?;
        logs.push(Log { name, bytes });
    }
    Ok(logs)
}

/// The names of those logs, and how many bytes they have.
pub fn log_sizes(
    engine: &Engine,
    id: &AttemptId,
    evidence: &Evidence,
) -> Result<Vec<(String, u64)>, Error> {
    let files = log_files(&engine.home.attempt(id), evidence)?;
    let sized = files.into_iter().map(|(name, path)| match fs::metadata(&path) {
        Ok(found) => Ok((name, found.len())),
        Err(source) => Err(Error::Read { path, source }),
    });
    sized.collect()
}

/// Where those logs are, by name, without reading them.
pub fn log_paths(
    engine: &Engine,
    id: &AttemptId,
    evidence: &Evidence,
) -> Result<Vec<(String, PathBuf)>, Error> {
    log_files(&engine.home.attempt(id), evidence)
}

fn log_files(folder: &Path, evidence: &Evidence) -> Result<Vec<(String, PathBuf)>, Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_of_a_check(&name, evidence) {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

fn is_of_a_check(file: &str, evidence: &Evidence) -> bool {
    let begins = |check: &str| file.strip_prefix(check).is_some_and(|rest| rest.starts_with('-'));
    file.ends_with(".log") && evidence.checks.iter().any(|check| begins(&check.name))
}
