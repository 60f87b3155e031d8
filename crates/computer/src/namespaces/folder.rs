//! A computer's folder: `HOME/computers/ID`, with a lock that is held while anything of the
//! computer is alive. One that isn't held was left by a whimbrel that was killed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use stdx::lock::FileLock;

use super::cgroup::Group;
use super::plan::{COMPUTER_UID, User};
use super::remove;

const COMPUTERS: &str = "computers";

#[derive(Debug)]
pub struct Folder {
    pub name: String,
    pub path: PathBuf,
    lock: Flock<File>,
}

impl Folder {
    /// A new one below `home`, with an empty private layer.
    pub fn make(home: &Path, user: User) -> io::Result<Self> {
        let name = format!("{:016x}", stdx::random::random_u64()?);
        let path = home.join(COMPUTERS).join(&name);
        let lock = {
            let _gate = gate(home)?;
            fs::create_dir(&path)?;
            take(&path.join("lock"))?.ok_or(io::ErrorKind::ResourceBusy)?
        };
        for part in ["upper", "work", "root"] {
            make_for(&path.join(part), user)?;
        }
        Ok(Self { name, path, lock })
    }

    /// Relative to the home it was made in.
    pub fn relative(&self) -> PathBuf {
        Path::new(COMPUTERS).join(&self.name)
    }

    pub fn upper(&self) -> PathBuf {
        self.path.join("upper")
    }

    /// For the computer itself to hold, too.
    pub fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    pub fn note_group(&self, group: &Group) -> io::Result<()> {
        fs::write(self.path.join("cgroup.json"), serde_json::to_vec(group)?)
    }

    /// Where a snapshot is put together: swept with the rest if that is cut off.
    pub fn sealed(&self) -> PathBuf {
        self.path.join("sealed")
    }

    /// The lock goes last and behind the gate, so that no sweep comes in between.
    pub fn remove(&self) -> io::Result<()> {
        // A heap of its own each time: an earlier removal may have been cut off.
        let heap = self.path.join(format!("heap-{:016x}", stdx::random::random_u64()?));
        for folder in folders_in(&self.path)? {
            remove::tree(&folder, &heap)?;
        }
        let _gate = self.path.ancestors().nth(2).map(gate).transpose()?;
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

fn folders_in(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let is_folder = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    paths.filter(|path: &io::Result<PathBuf>| path.as_ref().map_or(true, is_folder)).collect()
}

impl Folder {
    fn clear(&self) -> io::Result<()> {
        let note = fs::read(self.path.join("cgroup.json")).ok();
        if let Some(group) = note.and_then(|note| serde_json::from_slice::<Group>(&note).ok()) {
            group.remove()?;
        }
        self.remove()
    }
}

fn make_for(path: &Path, user: User) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    match user {
        User::Root => chown(path, Some(COMPUTER_UID), Some(COMPUTER_UID)),
        User::Ordinary { .. } => Ok(()),
    }
}

/// Held between making a folder and locking it, so that nobody takes it for a leftover.
fn gate(home: &Path) -> io::Result<FileLock> {
    fs::create_dir_all(home.join(COMPUTERS))?;
    FileLock::wait(&home.join("computers.lock"))
}

fn take(path: &Path) -> io::Result<Option<Flock<File>>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, errno)) => Err(errno.into()),
    }
}

/// Removes what killed processes left below `home`, with their groups, and nothing else. What
/// can't be removed is no reason not to make new computers.
pub fn sweep(home: &Path) -> io::Result<()> {
    for leftover in leftovers(home)? {
        if let Err(error) = leftover.clear() {
            tracing::warn!(path = %leftover.path.display(), %error, "a leftover stays");
        }
    }
    Ok(())
}

/// All unlocked folders, locked by us now. Their removal may have begun before.
fn leftovers(home: &Path) -> io::Result<Vec<Folder>> {
    let _gate = gate(home)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(home.join(COMPUTERS))? {
        let path = entry?.path();
        if let Some(lock) = take(&path.join("lock"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Folder { name, path, lock });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_swept() {
        let home = tempfile::tempdir().unwrap();
        let held = Folder::make(home.path(), User::current()).unwrap();
        let left = Folder::make(home.path(), User::current()).unwrap().path.clone();
        // As if it had been killed in the middle of its removal.
        fs::create_dir_all(left.join("heap-0/0/deep")).unwrap();
        fs::remove_dir(left.join("upper")).unwrap();
        sweep(home.path()).unwrap();
        assert!(held.path.join("upper").is_dir() && !left.exists());
        held.remove().unwrap();
        held.remove().unwrap();
        assert_eq!(fs::read_dir(home.path().join(COMPUTERS)).unwrap().count(), 0);
    }
}
