//! A computer without isolation, for unit tests of whatever drives one.
//!
//! Each computer is a temporary folder. [`WORKSPACE`], [`HOME`] and [`SCRATCH`] are mapped into
//! it in paths that are read or written, in the directory, and wherever they stand in arguments
//! and variables (so also in the text of `sh -c`); output shows the mapped paths. Programs are
//! the host's, run as the user of the test, with the host's `PATH` and nothing else of its
//! environment. There are no limits but an execution's time and output, the network is open, and
//! background processes outlive the computer. A durable one is kept as long as its [`Fake`].

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::pump::{self, Bounds, Process, Theirs};
use crate::record::Journal;
use crate::search;
use crate::snapshot::Base;
use crate::{
    Backend, Computer, Durable, Error, Exec, Execution, Found, HOME, Image, Isolation, Layer,
    SCRATCH, Search, Snapshot, SnapshotId, Spec, Status, WORKSPACE,
};

/// Makes fake computers in a temporary folder that goes when the last user of it is dropped.
#[derive(Debug, Clone)]
pub struct Fake {
    root: Arc<Root>,
}

#[derive(Debug)]
struct Root {
    path: PathBuf,
    computers: AtomicU64,
    /// Those that exist and have a name that matters: that somebody chose, or durable ones.
    kept: Mutex<BTreeMap<String, Kept>>,
}

#[derive(Debug)]
struct Kept {
    durable: bool,
    driven: bool,
    below: Snapshot,
}

impl Drop for Root {
    fn drop(&mut self) {
        let _nothing_to_tell = std::fs::remove_dir_all(&self.path);
    }
}

/// Tells the folders of one test program's fakes apart.
static FAKES: AtomicU64 = AtomicU64::new(0);

impl Fake {
    #[expect(clippy::new_without_default, reason = "it makes a folder; a default should not")]
    pub fn new() -> Self {
        let number = FAKES.fetch_add(1, Ordering::Relaxed);
        let name = format!("whimbrel-fake-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("snapshots")).expect("a temporary folder can be made");
        Self { root: Arc::new(Root { path, computers: AtomicU64::new(0), kept: Mutex::default() }) }
    }

    fn snapshot_path(&self, id: &SnapshotId) -> PathBuf {
        self.root.path.join("snapshots").join(id.as_str())
    }
}

#[async_trait]
impl Backend for Fake {
    fn isolation(&self) -> Isolation {
        Isolation::Bare
    }

    fn bare(&self) -> Snapshot {
        snapshot_of(Vec::new())
    }

    fn find(&self, id: &SnapshotId) -> Option<Snapshot> {
        let path = self.snapshot_path(id);
        path.exists().then(|| snapshot_of(vec![path]))
    }

    async fn image(&self, _image: &Image) -> Result<Snapshot, Error> {
        Err(Error::Unsupported { what: "an image".into(), by: "a computer without isolation" })
    }

    async fn resume(
        &self,
        name: &str,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        let journal = journal(spec)?;
        let name = name.to_owned();
        match self.root.kept().get_mut(&name) {
            Some(kept) if kept.durable && kept.driven => return Err(Error::InUse { name }),
            Some(kept) if kept.durable && kept.below != *snapshot => {
                return Err(Error::OtherSnapshot { name });
            }
            Some(kept) if kept.durable => kept.driven = true,
            Some(_) | None => return Err(Error::NotResumable { name }),
        }
        let folder = self.root.folder(&name);
        // As in the others, what is in memory is gone.
        let _not_there = std::fs::remove_dir_all(within(&folder, SCRATCH));
        let step = || format!("make its {SCRATCH}");
        std::fs::create_dir_all(within(&folder, SCRATCH))
            .map_err(|source| Error::Fork { step: step(), source })?;
        Ok(Box::new(FakeComputer { fake: self.clone(), name, folder, journal, durable: true }))
    }

    async fn exists(&self, name: &str) -> bool {
        self.root.kept().get(name).is_some_and(|kept| kept.durable)
    }

    async fn discard(&self, name: &str) -> Result<bool, Error> {
        let mut kept = self.root.kept();
        match kept.get(name) {
            Some(Kept { durable: true, driven: true, .. }) => {
                Err(Error::InUse { name: name.to_owned() })
            }
            Some(Kept { durable: true, driven: false, .. }) => {
                let path = self.root.folder(name);
                std::fs::remove_dir_all(&path).map_err(|source| Error::Destroy { path, source })?;
                kept.remove(name);
                Ok(true)
            }
            Some(Kept { durable: false, .. }) | None => Ok(false),
        }
    }

    async fn durables(&self) -> Result<Vec<Durable>, Error> {
        let kept = self.root.kept();
        let durables = kept.iter().filter(|(_, kept)| kept.durable);
        let with_bytes = |(name, kept): (&String, &Kept)| {
            let bytes = size(&self.root.folder(name))?;
            Ok(Durable { name: name.clone(), bytes, driven: kept.driven })
        };
        let listed: io::Result<_> = durables.map(with_bytes).collect();
        listed.map_err(|source| Error::Listed { source })
    }

    async fn fork(&self, snapshot: &Snapshot, spec: &Spec) -> Result<Box<dyn Computer>, Error> {
        let journal = journal(spec)?;
        let number = self.root.computers.fetch_add(1, Ordering::Relaxed);
        let name = spec.name.clone().unwrap_or_else(|| format!("computer-{number}"));
        let durable = spec.layer == Layer::Durable;
        self.take(&name, Kept { durable, driven: true, below: snapshot.clone() })?;
        let folder = self.root.folder(&name);
        if let Err(source) = make(&folder, snapshot) {
            self.root.kept().remove(&name);
            return Err(Error::Fork { step: "copy the snapshot".into(), source });
        }
        Ok(Box::new(FakeComputer { fake: self.clone(), name, folder, journal, durable }))
    }
}

impl Fake {
    fn take(&self, name: &str, new: Kept) -> Result<(), Error> {
        let name = name.to_owned();
        if !crate::is_name(&name) {
            return Err(Error::Name { name });
        }
        let mut kept = self.root.kept();
        match kept.get(&name) {
            Some(Kept { driven: true, .. }) => Err(Error::InUse { name }),
            Some(Kept { driven: false, .. }) => Err(Error::Exists { name }),
            None => {
                kept.insert(name, new);
                Ok(())
            }
        }
    }
}

impl Root {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        // Nothing panics while holding it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.path.join("computers").join(name)
    }
}

fn journal(spec: &Spec) -> Result<Option<Journal>, Error> {
    let record = |folder| Journal::open(folder, &spec.forbidden, Arc::new(domain::SystemClock));
    let journal = spec.record.as_deref().map(record).transpose();
    journal.map_err(|source| Error::Fork { step: "open its record".into(), source })
}

fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        bytes += if found.is_dir() { size(&entry.path())? } else { found.len() };
    }
    Ok(bytes)
}

fn snapshot_of(layers: Vec<PathBuf>) -> Snapshot {
    Snapshot { base: Base::Host, layers }
}

fn make(folder: &Path, snapshot: &Snapshot) -> io::Result<()> {
    for path in [WORKSPACE, HOME, SCRATCH] {
        std::fs::create_dir_all(within(folder, path))?;
    }
    snapshot.layers.iter().try_for_each(|layer| copy_tree(layer, folder))
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            symlink(std::fs::read_link(entry.path())?, target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn within(folder: &Path, path: impl AsRef<Path>) -> PathBuf {
    folder.join(path.as_ref().strip_prefix("/").unwrap_or(path.as_ref()))
}

#[derive(Debug)]
struct FakeComputer {
    fake: Fake,
    name: String,
    folder: PathBuf,
    journal: Option<Journal>,
    durable: bool,
}

impl FakeComputer {
    /// A path inside, as it is on the host.
    fn host_path(&self, path: &Path) -> io::Result<PathBuf> {
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has .. in it"));
        }
        let mapped = [WORKSPACE, HOME, SCRATCH].iter().any(|root| path.starts_with(root));
        if mapped { Ok(within(&self.folder, path)) } else { Ok(path.to_owned()) }
    }

    /// Replaces the roots wherever they begin a path in `text`.
    fn map_text(&self, text: &str) -> String {
        let mut mapped = text.to_owned();
        for root in [WORKSPACE, HOME, SCRATCH] {
            mapped = replace_root(&mapped, root, &within(&self.folder, root).to_string_lossy());
        }
        mapped
    }

    fn start(&self, exec: &Exec, theirs: Theirs) -> Result<FakeProcess, Error> {
        let argv0 = exec.argv.first().cloned().unwrap_or_default();
        let failed = |source| Error::Exec { argv0: argv0.clone(), source };
        let cwd = exec.cwd.as_deref().unwrap_or(Path::new(WORKSPACE));
        let [stdin, stdout, stderr] = theirs.map(Stdio::from);
        #[expect(clippy::disallowed_methods, reason = "starting what a test asks for")]
        let child = tokio::process::Command::new(self.map_text(&argv0))
            .args(exec.argv.iter().skip(1).map(|arg| self.map_text(arg)))
            .current_dir(self.host_path(cwd).map_err(failed)?)
            .env_clear()
            .envs(self.environment(exec))
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        Ok(FakeProcess { child })
    }

    fn environment(&self, exec: &Exec) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let own = [("PATH", path), ("LANG", "C.UTF-8".into()), ("USER", "root".into())];
        let own = own.map(|(name, value)| (name.to_owned(), value)).into_iter();
        own.chain([("HOME".to_owned(), self.map_text(HOME))])
            .chain(exec.env.iter().map(|(name, value)| (name.clone(), self.map_text(value))))
            .collect()
    }
}

fn replace_root(text: &str, root: &str, by: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(root) {
        let (before, after) = (&rest[..at], &rest[at + root.len()..]);
        let follows_text = !before.is_empty() || replaced.is_empty();
        let begins = follows_text && !before.ends_with(is_in_a_name);
        let whole = begins && !after.starts_with(is_in_a_name);
        replaced.push_str(before);
        replaced.push_str(if whole { by } else { root });
        rest = after;
    }
    replaced + rest
}

fn is_in_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

#[async_trait]
impl Computer for FakeComputer {
    async fn exec(&self, mut exec: Exec) -> Result<Execution, Error> {
        let stdin = std::mem::replace(&mut exec.stdin, crate::Stdin::Null);
        let argv0 = exec.argv.first().cloned().unwrap_or_default();
        if exec.tty.is_some() {
            let by = "a computer without isolation";
            return Err(Error::Unsupported { what: "a terminal".into(), by });
        }
        let (ours, theirs) = pump::pipes(stdin).map_err(|source| Error::Exec { argv0, source })?;
        let process = self.start(&exec, theirs)?;
        let tape = match &self.journal {
            Some(journal) => journal.begin(&exec).await,
            None => None,
        };
        Ok(pump::attend(process, ours.recorded(tape), Bounds::of(&exec)))
    }

    async fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let host = self.host_path(path).map_err(failed)?;
        let metadata = std::fs::metadata(&host).map_err(failed)?;
        if !metadata.is_file() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        if metadata.len() > bytes_max {
            return Err(Error::TooLarge { path: path.to_owned(), bytes_max });
        }
        std::fs::read(&host).map_err(failed)
    }

    async fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        let host = self.host_path(path).map_err(failed)?;
        if let Some(folder) = host.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&host, bytes).map_err(failed)?;
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&host, permissions).map_err(failed)
    }

    async fn search(&self, search: Search) -> Result<Found, Error> {
        let host = self.host_path(&search.root());
        let host = host.map_err(|source| search::failed(&search, source))?;
        let top = self.folder.canonicalize().unwrap_or_else(|_gone| self.folder.clone());
        let searching = tokio::task::spawn_blocking(move || {
            search::search_here(&search::Disk { top }, &host, &search)
        });
        searching.await.map_err(|_the_runtime_ends| Error::Lost)?
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn snapshot(&self, id: SnapshotId) -> Result<Snapshot, Error> {
        let target = self.fake.snapshot_path(&id);
        let failed = |source| Error::Snapshot { id: id.to_string(), source };
        if !target.exists() {
            copy_tree(&self.folder, &target).map_err(failed)?;
            let _never_in_a_snapshot = std::fs::remove_dir_all(within(&target, SCRATCH));
        }
        Ok(snapshot_of(vec![target]))
    }

    async fn seal(mut self: Box<Self>, id: SnapshotId) -> Result<Snapshot, Error> {
        self.durable = false;
        let target = self.fake.snapshot_path(&id);
        let failed = |source| Error::Snapshot { id: id.to_string(), source };
        if !target.exists() {
            let _never_in_a_snapshot = std::fs::remove_dir_all(within(&self.folder, SCRATCH));
            std::fs::rename(&self.folder, &target).map_err(failed)?;
        }
        Ok(snapshot_of(vec![target]))
    }

    async fn suspend(self: Box<Self>) -> Result<(), Error> {
        if self.durable { Ok(()) } else { Err(Error::NotResumable { name: self.name.clone() }) }
    }

    async fn destroy(mut self: Box<Self>) -> Result<(), Error> {
        self.durable = false;
        std::fs::remove_dir_all(&self.folder)
            .map_err(|source| Error::Destroy { path: self.folder.clone(), source })
    }
}

impl Drop for FakeComputer {
    fn drop(&mut self) {
        let mut kept = self.fake.root.kept();
        match kept.get_mut(&self.name) {
            Some(kept) if self.durable => kept.driven = false,
            Some(_) | None => {
                let _already_gone = std::fs::remove_dir_all(&self.folder);
                kept.remove(&self.name);
            }
        }
    }
}

#[derive(Debug)]
struct FakeProcess {
    child: tokio::process::Child,
}

#[async_trait]
impl Process for FakeProcess {
    async fn wait(&mut self) -> Result<Status, Error> {
        let status = self.child.wait().await.map_err(|_reaped_by_someone_else| Error::Lost)?;
        let signalled = || Status::Signalled(status.signal().unwrap_or(0));
        Ok(status.code().map_or_else(signalled, Status::Exited))
    }

    async fn signal(&mut self, signal: crate::Signal) {
        if let (Some(pid), Ok(signal)) = (self.child.id(), Signal::try_from(signal.number())) {
            let _already_over = killpg(Pid::from_raw(pid.cast_signed()), signal);
        }
    }
}

#[cfg(test)]
mod tests;
