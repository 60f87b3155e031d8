//! A computer's folder: `HOME/computers/NAME`, with a lock that is held while anything of the
//! computer is alive. One that isn't held was left by a whimbrel that was killed, and goes at the
//! next start, unless its layer is to be used again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use stdx::lock::FileLock;

use super::cgroup::Group;
use super::plan::{COMPUTER_UID, Private, User};
use super::remove;

const COMPUTERS: &str = "computers";
/// Of a note; a computer has a few dozen layers.
const NOTE_BYTES_MAX: u64 = 64 * 1024;
/// To make a folder where one was left that has to go first.
const MAKE_TRIES_MAX: u32 = 3;

#[derive(Debug)]
pub struct Folder {
    pub name: String,
    pub path: PathBuf,
    lock: Flock<File>,
}

/// What a computer is, written into its lock's file for whoever comes when its driver is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// It is to be resumed, so no sweep removes it.
    pub durable: bool,
    /// That it lies on, lowest first, by their names.
    pub layers: Vec<String>,
    /// That it has made: they may be of no snapshot yet.
    pub made: Vec<String>,
}

impl Folder {
    /// A new one below `home`, with an empty private layer where that is no disk of its own.
    pub fn make(home: &Path, user: User, private: Private, note: &Note) -> io::Result<Self> {
        let name = format!("{:016x}", stdx::random::random_u64()?);
        match Self::make_named(home, user, private, note, &name)? {
            Made::New(folder) => Ok(folder),
            Made::Exists | Made::InUse => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    /// The same with a name. What was left of one that had it, and isn't durable, goes.
    pub fn make_named(
        home: &Path,
        user: User,
        private: Private,
        note: &Note,
        name: &str,
    ) -> io::Result<Made> {
        for _ in 0..MAKE_TRIES_MAX {
            match Self::begin(home, name, note)? {
                Begun::New(folder) => {
                    folder.make_parts(parts(private), user)?;
                    return Ok(Made::New(folder));
                }
                Begun::Left(folder) if folder.is_durable() => return Ok(Made::Exists),
                Begun::Left(folder) => folder.clear()?,
                Begun::Taken => return Ok(Made::InUse),
            }
        }
        Ok(Made::InUse)
    }

    fn begin(home: &Path, name: &str, note: &Note) -> io::Result<Begun> {
        let path = home.join(COMPUTERS).join(name);
        let _gate = gate(home)?;
        let is_left = match fs::create_dir(&path) {
            Ok(()) => false,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => true,
            Err(error) => return Err(error),
        };
        let Some(lock) = take(&path.join("lock"))? else { return Ok(Begun::Taken) };
        let folder = Self { name: name.to_owned(), path, lock };
        if is_left {
            return Ok(Begun::Left(folder));
        }
        (&*folder.lock).write_all(&serde_json::to_vec(note)?)?;
        Ok(Begun::New(folder))
    }

    /// Makes ready for another mount what one before has left, whose driver may have died before
    /// it had made all of it. The overlay's own workplace begins anew: there is nothing in it to
    /// keep, and the kernel refuses one that nobody waited for the disk with.
    pub fn make_again(&self, user: User) -> io::Result<()> {
        self.remove_tree(&self.path.join("work"))?;
        for part in parts(Private::Folder) {
            if !self.path.join(part).exists() {
                make_for(&self.path.join(part), user)?;
            }
        }
        Ok(())
    }

    /// From now on whatever is left of it is to be removed.
    pub fn forget_durable(&self, home: &Path) -> io::Result<()> {
        if !self.is_durable() {
            return Ok(());
        }
        let _gate = gate(home)?;
        let note = self.note().unwrap_or_default();
        self.write_note(&Note { durable: false, ..note })
    }

    fn is_durable(&self) -> bool {
        self.note().is_some_and(|note| note.durable)
    }

    fn make_parts(&self, parts: &[&str], user: User) -> io::Result<()> {
        parts.iter().try_for_each(|part| make_for(&self.path.join(part), user))
    }

    /// One whose driver is gone; `None` where there is none, or it is driven right now.
    pub fn reopen(home: &Path, name: &str) -> io::Result<Reopened> {
        let path = home.join(COMPUTERS).join(name);
        let _gate = gate(home)?;
        if !crate::is_name(name) || !path.join("lock").exists() {
            return Ok(Reopened::Absent);
        }
        let Some(lock) = take(&path.join("lock"))? else { return Ok(Reopened::InUse) };
        let folder = Self { name: name.to_owned(), path, lock };
        Ok(match folder.note() {
            Some(note) if note.durable => Reopened::Free(folder, note),
            _ => Reopened::Absent,
        })
    }

    /// Relative to the home it was made in.
    pub fn relative(&self) -> PathBuf {
        Path::new(COMPUTERS).join(&self.name)
    }

    /// Where the private layer is put together: becomes a layer of a snapshot as it is, so that
    /// the tree within keeps even its own permissions.
    pub fn layer(&self) -> PathBuf {
        self.path.join("layer")
    }

    /// Another such place, for a copy.
    pub fn another_layer(&self) -> io::Result<PathBuf> {
        let path = self.path.join(format!("layer-{:016x}", stdx::random::random_u64()?));
        fs::create_dir(&path)?;
        Ok(path)
    }

    /// Notes that a layer which this computer has made is in use, too.
    pub fn note_layer(&self, home: &Path, digest: &str) -> io::Result<()> {
        let _gate = gate(home)?;
        let mut note = self.note().unwrap_or_default();
        note.made.push(digest.to_owned());
        self.write_note(&note)
    }

    /// Over what is there, so that at no moment it says less: what is behind a note is spaces.
    fn write_note(&self, note: &Note) -> io::Result<()> {
        let mut text = serde_json::to_vec(note)?;
        let length = usize::try_from(self.lock.metadata()?.len()).unwrap_or(usize::MAX);
        text.resize(text.len().max(length), b' ');
        self.lock.write_all_at(&text, 0)
    }

    /// For the computer itself to hold, too.
    pub fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    pub fn note_group(&self, group: &Group) -> io::Result<()> {
        fs::write(self.path.join("cgroup.json"), serde_json::to_vec(group)?)
    }

    /// Whoever has locked it reads what it was for.
    fn note(&self) -> Option<Note> {
        read_note(&self.path)
    }

    /// Removes a tree of this computer that nobody works in any more.
    pub fn remove_tree(&self, folder: &Path) -> io::Result<()> {
        // A heap of its own each time: an earlier removal may have been cut off.
        let heap = self.path.join(format!("heap-{:016x}", stdx::random::random_u64()?));
        remove::tree(folder, &heap)
    }

    /// The lock goes last and behind the gate, so that no sweep comes in between.
    pub fn remove(&self) -> io::Result<()> {
        for folder in folders_in(&self.path)? {
            self.remove_tree(&folder)?;
        }
        let _gate = self.path.ancestors().nth(2).map(gate).transpose()?;
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Ends what is left of the processes; the files of a durable one stay.
    pub fn clear(&self) -> io::Result<()> {
        self.clear_group()?;
        if self.is_durable() { Ok(()) } else { self.remove() }
    }

    /// The control group of a driver before, with what stood still when all else was killed: that
    /// can't die until it goes on.
    pub fn clear_group(&self) -> io::Result<()> {
        let note = fs::read(self.path.join("cgroup.json")).ok();
        let group = note.and_then(|note| serde_json::from_slice::<Group>(&note).ok());
        group.map_or(Ok(()), |group| group.kill().and_then(|()| group.remove()))
    }
}

/// What became of making a computer with a name.
#[derive(Debug)]
pub enum Made {
    New(Folder),
    /// A durable one that nobody drives has it.
    Exists,
    InUse,
}

enum Begun {
    New(Folder),
    /// There was one, which is held now.
    Left(Folder),
    Taken,
}

fn parts(private: Private) -> &'static [&'static str] {
    match private {
        Private::Disk => &["root", "disk"],
        Private::Folder => &["layer", "layer/tree", "work", "root"],
    }
}

/// What became of asking for a computer by its name.
#[derive(Debug)]
pub enum Reopened {
    Free(Folder, Note),
    InUse,
    Absent,
}

fn read_note(folder: &Path) -> Option<Note> {
    let mut text = Vec::new();
    let file = File::open(folder.join("lock")).ok()?;
    file.take(NOTE_BYTES_MAX).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
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

fn make_for(path: &Path, user: User) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    match user {
        User::Root => chown(path, Some(COMPUTER_UID), Some(COMPUTER_UID)),
        User::Ordinary { .. } => Ok(()),
    }
}

/// Held between making a folder and locking it, so that nobody takes it for a leftover; and while
/// layers that no computer uses are found, so that none begins to use one meanwhile.
pub fn gate(home: &Path) -> io::Result<FileLock> {
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
    let (durable, others): (Vec<_>, Vec<_>) =
        leftovers(home)?.into_iter().partition(Folder::is_durable);
    // Somebody may be about to go on with these, so they are let go of first.
    for leftover in durable.into_iter().chain(others) {
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

/// Names of all durable computers of `home`, in order, and whether each is driven.
pub fn durables(home: &Path) -> io::Result<Vec<(String, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home.join(COMPUTERS))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if read_note(&path).is_some_and(|note| note.durable) {
            found.push((name, take(&path.join("lock"))?.is_none()));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether there is a durable computer of this name.
pub fn is_durable(home: &Path, name: &str) -> bool {
    let note = || read_note(&home.join(COMPUTERS).join(name));
    crate::is_name(name) && note().is_some_and(|note| note.durable)
}

/// The layers that computers of `home` lie on, of whatever process. Behind the gate.
pub fn layers_in_use(home: &Path) -> io::Result<Vec<String>> {
    let mut layers = Vec::new();
    for entry in fs::read_dir(home.join(COMPUTERS))? {
        let note = read_note(&entry?.path()).unwrap_or_default();
        layers.extend(note.layers.into_iter().chain(note.made));
    }
    Ok(layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRATCH: Private = Private::Folder;

    fn folder(home: &Path, durable: bool) -> Folder {
        let note = Note { durable, layers: vec!["ab".into()], made: vec![] };
        Folder::make(home, User::current(), SCRATCH, &note).unwrap()
    }

    fn made(made: Made) -> Folder {
        let Made::New(folder) = made else { panic!("{made:?}") };
        folder
    }

    #[test]
    fn a_name_is_given_once() {
        let home = tempfile::tempdir().unwrap();
        let note = |durable| Note { durable, layers: vec![], made: vec![] };
        let make = |note: &Note| {
            Folder::make_named(home.path(), User::current(), SCRATCH, note, "a-task.1").unwrap()
        };
        let held = made(make(&note(false)));
        assert!(matches!(make(&note(true)), Made::InUse));
        fs::write(held.layer().join("old"), "").unwrap();
        drop(held);
        // What a killed driver has left goes, also where it had hardly begun.
        let again = made(make(&note(true)));
        assert!(!again.layer().join("old").exists());
        assert!(matches!(make(&note(true)), Made::InUse));
        assert_eq!(durables(home.path()).unwrap(), [("a-task.1".to_owned(), true)]);
        drop(again);
        assert!(matches!(make(&note(true)), Made::Exists) && is_durable(home.path(), "a-task.1"));
        let Reopened::Free(free, _) = Folder::reopen(home.path(), "a-task.1").unwrap() else {
            panic!("it is not free")
        };
        free.forget_durable(home.path()).unwrap();
        assert_eq!(durables(home.path()).unwrap(), []);
        drop(free);
        sweep(home.path()).unwrap();
        assert_eq!(fs::read_dir(home.path().join(COMPUTERS)).unwrap().count(), 0);
        fs::create_dir(home.path().join(COMPUTERS).join("a-task.1")).unwrap();
        made(make(&note(false)));
    }

    #[test]
    fn only_what_nobody_holds_or_wants_again_is_swept() {
        let home = tempfile::tempdir().unwrap();
        let held = folder(home.path(), false);
        let left = folder(home.path(), false).path.clone();
        let durable = folder(home.path(), true).name.clone();
        // As if it had been killed in the middle of its removal.
        fs::create_dir_all(left.join("heap-0/0/deep")).unwrap();
        fs::remove_dir(left.join("layer/tree")).unwrap();
        sweep(home.path()).unwrap();
        assert!(held.layer().is_dir() && !left.exists());
        assert_eq!(layers_in_use(home.path()).unwrap(), ["ab", "ab"]);
        held.remove().unwrap();
        held.remove().unwrap();
        let Reopened::Free(durable, _) = Folder::reopen(home.path(), &durable).unwrap() else {
            panic!("it is gone")
        };
        durable.remove().unwrap();
        assert_eq!(fs::read_dir(home.path().join(COMPUTERS)).unwrap().count(), 0);
    }

    #[test]
    fn only_a_durable_one_that_nobody_drives_is_opened_again() {
        let home = tempfile::tempdir().unwrap();
        let reopen = |name: &str| Folder::reopen(home.path(), name).unwrap();
        let durable = folder(home.path(), true);
        assert!(matches!(reopen(&durable.name), Reopened::InUse));
        let name = durable.name.clone();
        drop(durable);
        let Reopened::Free(again, note) = reopen(&name) else { panic!("it is not free") };
        assert_eq!(note.layers, ["ab"]);
        assert!(matches!(reopen(&name), Reopened::InUse));
        drop(again);
        let scratch = folder(home.path(), false).name.clone();
        for name in [&*scratch, "..", "", "../../../etc/abcd", "0123456789abcdef"] {
            assert!(matches!(reopen(name), Reopened::Absent), "{name}");
        }
    }
}
