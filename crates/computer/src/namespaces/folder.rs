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

    pub fn remove(&self) -> io::Result<()> {
        remove::tree(&self.path)
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

/// Removes what killed processes left below `home`, with their groups, and nothing else.
pub fn sweep(home: &Path) -> io::Result<()> {
    for leftover in leftovers(home)? {
        let note = fs::read(leftover.path.join("cgroup.json")).ok();
        if let Some(group) = note.and_then(|note| serde_json::from_slice::<Group>(&note).ok()) {
            group.remove()?;
        }
        leftover.remove()?;
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
