//! Whether the logs in a folder are those that were signed.

use std::fs::File;
use std::io;
use std::path::{Component, Path};

use sha2::{Digest as _, Sha256};

use super::statement::hex;
use super::{Refusal, Resource, Statement};

/// Each log of the statement must be there as it was; whatever else lies there doesn't matter.
pub fn check_logs(statement: &Statement, folder: &Path) -> Result<(), Refusal> {
    statement.predicate.logs.iter().try_for_each(|log| check(log, folder))
}

fn check(log: &Resource, folder: &Path) -> Result<(), Refusal> {
    let name = log.name.clone();
    let components: Vec<Component<'_>> = Path::new(&name).components().collect();
    if !matches!(components[..], [Component::Normal(only)] if only == name.as_str()) {
        return Err(Refusal::LogName { name: stdx::cut::line(&name, 100) });
    }
    let path = folder.join(&name);
    match digest(&path) {
        Ok(found) if Some(found.as_str()) == log.sha256() => Ok(()),
        Ok(_another) => Err(Refusal::LogChanged { name }),
        Err(source) => Err(Refusal::LogMissing { name, path, source }),
    }
}

fn digest(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(path)?, &mut HashWriter(&mut hasher))?;
    Ok(hex(&hasher.finalize()))
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
