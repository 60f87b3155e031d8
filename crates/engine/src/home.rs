//! The folder that holds all of whimbrel's data, and what lies where in it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::AttemptId;
use stdx::lock::FileLock;

use crate::Error;

#[derive(Debug, Clone)]
pub struct Home(PathBuf);

impl Home {
    /// `WHIMBREL_HOME`, else the platform's folder for a user's data.
    pub fn from_environment(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, Error> {
        let chosen = variable("WHIMBREL_HOME").filter(|path| !path.as_os_str().is_empty());
        let path = match chosen {
            Some(path) => path,
            None => data_folder(&variable).ok_or(Error::NoHome)?.join("whimbrel"),
        };
        let absolute = std::path::absolute(&path)
            .map_err(|source| Error::Home { path: path.clone(), source })?;
        Ok(Self(absolute))
    }

    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    pub fn models_file(&self) -> PathBuf {
        self.0.join("models.toml")
    }

    /// An attempt's own files: its change, its logs.
    pub fn attempt(&self, id: &AttemptId) -> PathBuf {
        self.0.join("attempts").join(id.as_str())
    }

    pub fn bundle(&self, id: &AttemptId) -> PathBuf {
        self.attempt(id).join("change.bundle")
    }

    /// An attempt's evidence, signed.
    pub fn envelope(&self, id: &AttemptId) -> PathBuf {
        self.attempt(id).join("evidence.dsse.json")
    }

    /// What evidence is signed with.
    pub fn evidence_key(&self) -> PathBuf {
        self.0.join("keys").join("evidence.ed25519")
    }

    /// An attempt's executions, as its computer recorded them.
    pub fn executions(&self, id: &AttemptId) -> PathBuf {
        self.attempt(id).join("executions")
    }

    /// An attempt's exchanges with models, as the gateway recorded them.
    pub fn exchanges(&self, id: &AttemptId) -> PathBuf {
        self.attempt(id).join("exchanges")
    }

    /// Who holds it moves everything on.
    pub fn engine_lock(&self) -> PathBuf {
        self.0.join("locks").join("engine")
    }

    /// Where the server that runs can be reached.
    pub fn server_file(&self) -> PathBuf {
        self.0.join("server.json")
    }

    /// What an engine in the background has to say.
    pub fn engine_log(&self) -> PathBuf {
        self.0.join("engine.log")
    }

    /// What was prepared, a folder for each snapshot: how, from what, and what it printed.
    pub fn environments(&self) -> PathBuf {
        self.0.join("environments")
    }

    /// What proofs saw at base.
    pub fn evidence_at_base(&self) -> PathBuf {
        self.0.join("evidence").join("base")
    }

    /// Films of attempts, which can be made again.
    pub fn films(&self) -> PathBuf {
        self.0.join("films")
    }

    /// Images' blobs, as they were pulled.
    pub fn images(&self) -> PathBuf {
        self.0.join("images")
    }

    /// The operator's secrets.
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets")
    }

    /// The lock of that name, if nobody has it.
    pub(crate) fn try_lock(&self, name: &str) -> Result<Option<FileLock>, Error> {
        let path = self.0.join("locks").join(name);
        FileLock::try_take(&path).map_err(|source| Error::Write { path, source })
    }

    /// Whether somebody has the lock of that name.
    pub(crate) fn is_locked(&self, name: &str) -> Result<bool, Error> {
        let path = self.0.join("locks").join(name);
        let taken = path.exists().then(|| FileLock::is_taken(&path)).transpose();
        Ok(taken.map_err(|source| Error::Write { path, source })?.unwrap_or(false))
    }

    /// Waits for a share of the lock of that name, among all processes with this home.
    pub(crate) async fn share(&self, name: &str) -> Result<FileLock, Error> {
        self.wait(name, FileLock::share).await
    }

    /// Waits for the lock of that name, among all processes with this home.
    pub(crate) async fn lock(&self, name: &str) -> Result<FileLock, Error> {
        self.wait(name, FileLock::wait).await
    }

    async fn wait(
        &self,
        name: &str,
        how: fn(&Path) -> std::io::Result<FileLock>,
    ) -> Result<FileLock, Error> {
        let path = self.0.join("locks").join(name);
        let waiting = path.clone();
        let taken = tokio::task::spawn_blocking(move || how(&waiting)).await;
        let lock = taken.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        lock.map_err(|source| Error::Write { path, source })
    }

    /// Makes the folders, readable by this user alone.
    pub fn create(&self) -> Result<(), Error> {
        for folder in [self.0.clone(), self.0.join("attempts"), self.0.join("locks")] {
            private_folder(&folder)?;
        }
        Ok(())
    }
}

/// Makes a folder and those above it; does nothing where it is.
pub(crate) fn private_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| Error::Home { path: path.to_owned(), source })
}

/// On the disk when it returns: a state that is stored afterwards may rely on it.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Readable by this user alone. Under another name first, so that a half-written one is never read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let _left_by_a_killed_one = fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

/// The XDG base directory specification's data folder; Apple's on a Mac.
fn data_folder(variable: &impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let home = variable("HOME").filter(|path| path.is_absolute());
    if cfg!(target_os = "macos") {
        return home.map(|home| home.join("Library/Application Support"));
    }
    let xdg = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    xdg.or_else(|| home.map(|home| home.join(".local/share")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let find = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value))
        };
        Home::from_environment(find).ok().map(|home| home.path().to_owned())
    }

    #[test]
    fn the_home_is_chosen_or_the_platforms() {
        assert_eq!(home(&[("WHIMBREL_HOME", "/w"), ("HOME", "/h")]), Some("/w".into()));
        assert_eq!(home(&[]), None);
        if cfg!(target_os = "linux") {
            assert_eq!(home(&[("HOME", "/h")]), Some("/h/.local/share/whimbrel".into()));
            let both = [("HOME", "/h"), ("XDG_DATA_HOME", "/x"), ("WHIMBREL_HOME", "")];
            assert_eq!(home(&both), Some("/x/whimbrel".into()));
        }
    }
}
