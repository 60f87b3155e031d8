//! The computer: a private, writable, isolated machine, forked from a snapshot in milliseconds.
//!
//! [`Backend`] forks, [`Computer`] is what was forked. Knows nothing of forges, models, tasks or
//! the store. Everything that comes out of a computer is hostile data.

mod choice;
pub mod containers;
pub mod doctor;
pub mod egress;
mod error;
mod exec;
#[cfg(feature = "fake")]
pub mod fake;
#[cfg(target_os = "linux")]
pub mod namespaces;
mod pump;
pub mod record;
mod redact;
mod search;
mod secret;
mod snapshot;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

pub use choice::{Choice, Chosen, Kind, Site, UnknownChoice, choose};
pub use error::Error;
pub use exec::{
    Captured, Exec, Execution, Exited, Input, OUTPUT_BYTES_MAX, Output, Signal, Status, Stdin, Tty,
    Usage,
};
pub use redact::Redactor;
pub use search::{Found, Search};
pub use secret::{SECRET_BYTES_MAX, SECRET_BYTES_MIN, Secret, UnusableSecret};
pub use snapshot::{Snapshot, SnapshotId};

/// Where the repository is inside every computer.
pub const WORKSPACE: &str = "/workspace";
/// Where whimbrel's own files for one step are inside; a tmpfs, so in no snapshot.
pub const SCRATCH: &str = "/run/whimbrel";
/// `$HOME` inside.
pub const HOME: &str = "/home/agent";
/// What git is told inside: who commits, and that the workspace is its user's whoever owns it.
const GIT_SETTINGS: &str = "[user]\n\tname = whimbrel\n\temail = agent@whimbrel.invalid\n\
    [init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n\
    [gc]\n\tauto = 0\n[commit]\n\tgpgsign = false\n";

/// How much of the host a computer can reach. Recorded with every run, never lowered silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// None: a plain process in a folder. Only the fake for unit tests has this.
    Bare,
    /// A container of podman or docker: the engine's namespaces, its seccomp profile, few
    /// capabilities. Who root inside is on the machine depends on the engine.
    Container,
    /// User, mount, pid, network, ipc and uts namespaces, and limits.
    Namespaces,
}

impl Isolation {
    /// As it is written down.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Container => "container",
            Self::Namespaces => "namespaces",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Bare, Self::Container, Self::Namespaces].into_iter().find(|one| one.name() == name)
    }

    /// As it is shown and recorded: L0 is none, L1 would be rules for a process of the host, L2 is
    /// a kernel shared through namespaces, L3 would be a kernel of its own.
    pub fn level(self) -> &'static str {
        match self {
            Self::Bare => "L0",
            Self::Container | Self::Namespaces => "L2",
        }
    }
}

/// What a new computer is to have.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// What it is to be called among all computers of its backend, if not by a random name; see
    /// [`is_name`]. So that a driver which dies right after the fork leaves nothing unknown.
    pub name: Option<String>,
    pub limits: domain::Limits,
    /// What it may reach; everything else is refused and told.
    pub network: domain::network::Policy,
    /// What the operator says about that; never anything that a repository says.
    pub egress: egress::Options,
    /// What is to become of its private layer.
    pub layer: Layer,
    /// A folder on the host in which each execution is recorded; none for computers of our own.
    pub record: Option<PathBuf>,
    /// What must be in no layer: a seal or a live snapshot that finds one of these fails with
    /// [`Error::SecretInLayer`].
    pub forbidden: Vec<Secret>,
    /// In every execution's environment, besides what the computer's own has.
    pub env: BTreeMap<String, String>,
}

/// Whether a computer may be called so: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, of which the
/// first is a letter or a digit. An attempt's id is such a name as it is.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let all = name.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'));
    all && name.len() <= NAME_BYTES_MAX && name.bytes().next().is_some_and(plain)
}

const NAME_BYTES_MAX: usize = 64;

/// A [`Layer::Durable`] computer, of whatever process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durable {
    pub name: String,
    /// Of its private layer, on the disk.
    pub bytes: u64,
    /// Whether somebody drives it right now, or it is just ending.
    pub driven: bool,
}

/// What a private layer is made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layer {
    /// To be thrown away with its computer. A crash of the machine may lose it.
    #[default]
    Scratch,
    /// To be sealed into a snapshot: it lies where sealing is a rename.
    Build,
    /// To be mounted again by [`Backend::resume`]. All that was written is there after any end of
    /// any process, and of the machine in order; after a power cut the file system is whole, but
    /// what was written in the last half a minute may be missing or empty.
    Durable,
}

/// An image that was pulled and whose layers are on this disk, each checked against its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Of the manifest: `sha256:…`.
    pub digest: String,
    /// Lowest first.
    pub layers: Vec<ImageLayer>,
    /// `NAME=value`, as the image's configuration has them.
    pub env: Vec<String>,
}

/// One layer of an image: a tar archive, mostly compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageLayer {
    pub path: PathBuf,
    /// Of the uncompressed archive: `sha256:…`.
    pub diff_id: String,
    pub compression: Compression,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// Makes computers.
#[async_trait]
pub trait Backend: Send + Sync {
    fn isolation(&self) -> Isolation;

    /// The snapshot that has only the machine's own tools, an empty [`WORKSPACE`] and [`HOME`].
    fn bare(&self) -> Snapshot;

    /// A sealed snapshot by its key, if it was built before and is whole.
    fn find(&self, id: &SnapshotId) -> Option<Snapshot>;

    /// The snapshot that has an image's files and an empty [`WORKSPACE`] and [`HOME`]. Unpacks
    /// what isn't unpacked yet; layers are shared among images.
    async fn image(&self, image: &Image) -> Result<Snapshot, Error>;

    /// Under a name that is taken: [`Error::Exists`] where nobody drives that one,
    /// [`Error::InUse`] where somebody does.
    async fn fork(&self, snapshot: &Snapshot, spec: &Spec) -> Result<Box<dyn Computer>, Error>;

    /// A [`Layer::Durable`] computer that ended with whoever drove it: the same files, no process,
    /// nothing in `/tmp`, `/run` and `/dev/shm`. Waits some seconds for one that is still ending.
    async fn resume(
        &self,
        name: &str,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error>;

    /// Whether there is a [`Layer::Durable`] computer of this name, driven or not.
    async fn exists(&self, name: &str) -> bool;

    /// Removes a [`Layer::Durable`] computer that nobody drives, entirely. False where there is
    /// none; [`Error::InUse`] where it is driven.
    async fn discard(&self, name: &str) -> Result<bool, Error>;

    /// All [`Layer::Durable`] computers, by their names. Counting what they have takes a while.
    async fn durables(&self) -> Result<Vec<Durable>, Error>;
}

/// One running computer. Dropping it destroys it, without waiting; of a [`Layer::Durable`] one only
/// the processes, so that it can be resumed: [`Computer::destroy`] removes that too.
#[async_trait]
pub trait Computer: Send + Sync {
    /// Starts a program and returns at once; output streams from the [`Execution`].
    async fn exec(&self, exec: Exec) -> Result<Execution, Error>;

    /// A file's bytes. Refuses one larger than `bytes_max`, and anything that is no regular file.
    async fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error>;

    /// Makes or replaces a file, and the folders above it. `mode` is the permission bits.
    async fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error>;

    /// Searches files by ripgrep's rules. A pattern or a glob that is none is [`Error::Pattern`]; a
    /// root that isn't there is [`Error::Search`], which says so.
    async fn search(&self, search: Search) -> Result<Found, Error>;

    /// Its name among all computers of its backend.
    fn name(&self) -> &str;

    /// A snapshot of the running computer, which goes on: its processes stand still while its
    /// private layer is copied. What is in `/tmp`, `/run` and `/dev/shm` is no part of it. If `id`
    /// was sealed by someone else meanwhile, that one wins.
    async fn snapshot(&self, id: SnapshotId) -> Result<Snapshot, Error>;

    /// Ends every process and seals the private layer as `id`, on top of the layers below. The
    /// computer is over afterwards. If `id` was sealed by someone else meanwhile, that one wins.
    async fn seal(self: Box<Self>, id: SnapshotId) -> Result<Snapshot, Error>;

    /// Ends every process and keeps the files, for [`Backend::resume`], which may follow at once.
    /// Only of a [`Layer::Durable`] one; any other is destroyed and that is an error.
    async fn suspend(self: Box<Self>) -> Result<(), Error>;

    /// Ends every process and removes everything. Says what could not be removed.
    async fn destroy(self: Box<Self>) -> Result<(), Error>;

    /// Runs a program to its end and keeps its output up to the limit of `exec`.
    async fn run(&self, exec: Exec) -> Result<Exited, Error> {
        self.exec(exec).await?.wait().await
    }
}
