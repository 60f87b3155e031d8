//! Computers made of Linux namespaces and an overlay.
//!
//! Three processes have a part in each. The *supervisor* (this program) makes the computer's
//! folder and control group, and asks the *nursery* (this program's file again, see
//! [`helper_main`], started once for all computers of a backend), which forks *init*. Init makes
//! the namespaces, mounts the file system and serves requests over a socket; see `machine.rs`,
//! `helper.rs`, `nursery.rs` and `init.rs`, in this order.
//! When the supervisor dies, however it dies, the socket closes and the computer ends.

mod cgroup;
mod child;
mod computer;
mod deleted;
mod disk;
mod enter;
mod folder;
mod helper;
mod ids;
mod images;
mod init;
mod layers;
mod link;
mod live;
mod machine;
mod nursery;
mod outlet;
mod overlay;
mod plan;
mod program;
mod refusal;
mod remove;
mod root;
mod seccomp;
mod skeleton;
mod snapshots;
mod standstill;
mod step;
mod sys;
mod tools;
mod unpack;
mod watchdog;
mod wire;
mod worker;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::SystemClock;

use self::cgroup::Groups;
use self::computer::{Namespaced, off_the_runtime};
use self::disk::Disks;
use self::helper::Helper;
use self::machine::{Machine, Workshop};
use self::plan::User;
use crate::record::Journal;
use crate::snapshot::Base;
use crate::{
    Backend, Computer, Durable, Error, Image, Isolation, Layer, Snapshot, SnapshotId, Spec,
};

pub use self::cgroup::{CpuBy, LimitsBy};
pub use self::disk::DiskBy;
pub use self::nursery::{helper_main, is_helper_call};
pub use self::plan::COMPUTER_UID;
pub use self::snapshots::{Collected, Flaw, Listed, ListedLayer};

/// Makes computers of namespaces, as whatever user this program runs as.
#[derive(Debug, Clone)]
pub struct Namespaces {
    workshop: Arc<Workshop>,
    env: Arc<BTreeMap<String, String>>,
}

/// What holds each limit, as it is shown and recorded with what ran under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct HeldBy {
    pub memory: LimitsBy,
    pub processes: LimitsBy,
    pub cpu: CpuBy,
    /// Of what is to be thrown away; a layer that is to be kept is watched everywhere.
    pub disk: DiskBy,
}

impl HeldBy {
    pub fn words(&self) -> String {
        let memory = match self.memory {
            LimitsBy::CgroupV1 => "control groups (v1)",
            LimitsBy::CgroupV2 => "control groups (v2)",
            LimitsBy::Rlimits => "looks, several times a second",
        };
        let processes = match self.processes {
            LimitsBy::CgroupV1 | LimitsBy::CgroupV2 => "control groups",
            LimitsBy::Rlimits => "resource limits",
        };
        let cpu = match self.cpu {
            CpuBy::CgroupV1 | CpuBy::CgroupV2 => "control groups",
            CpuBy::Nothing => "nothing",
        };
        let disk = match self.disk {
            DiskBy::Image => "a file system of its own",
            DiskBy::Watch => "looks",
        };
        format!("memory by {memory}, processes by {processes}, CPU by {cpu}, disk by {disk}")
    }
}

impl Namespaces {
    /// `home` is a folder of ours, on a real disk; `helper` an executable that calls
    /// [`helper_main`] when [`is_helper_call`] says so. Removes what killed processes left.
    pub fn new(home: &Path, helper: PathBuf) -> Result<Self, Error> {
        let failed = |step: &str| {
            let step = format!("{step} {}", home.display());
            move |source| Error::Fork { step: step.clone(), source }
        };
        sys::raise_open_files().map_err(failed("open enough files for"))?;
        let home = prepare(home).map_err(failed("prepare"))?;
        folder::sweep(&home).map_err(failed("clear up"))?;
        let user = User::current();
        let tools = tools::find(&tools::Host::current());
        let skeleton = skeleton::make(&home, &tools.binds, user).map_err(failed("prepare"))?;
        let (groups, binds) = (Groups::find(), tools.binds);
        groups.sweep();
        let removals = Mutex::default();
        let helper = Helper::new(helper, user);
        let disks = Arc::new(Disks::new(&home, user));
        let workshop = Workshop { home, helper, user, groups, binds, skeleton, disks, removals };
        Ok(Self { workshop: Arc::new(workshop), env: Arc::new(tools.env) })
    }

    /// Without anything that is made before it is wanted: to measure what that is worth.
    pub fn cold(self) -> Self {
        self.workshop.disks.without_spare();
        self
    }

    /// What holds each limit of a computer here.
    pub fn held_by(&self) -> HeldBy {
        let groups = &self.workshop.groups;
        let (memory, processes) = (groups.limits_by(), groups.limits_by());
        HeldBy { memory, processes, cpu: groups.cpu_by(), disk: self.disk_by() }
    }

    /// What holds the limits of disk and files of computers that are thrown away.
    pub fn disk_by(&self) -> DiskBy {
        self.workshop.disks.by()
    }

    /// Why they have no disks of their own, if they haven't.
    pub fn disk_lack(&self) -> Option<String> {
        self.workshop.disks.lack().map(str::to_owned)
    }

    /// All snapshots that are kept. Blocking, as is what follows.
    pub fn snapshots(&self) -> io::Result<Vec<Listed>> {
        snapshots::list(&self.workshop.layers())
    }

    /// Reads all files of a snapshot, and names its layers that aren't what they were.
    pub fn check(&self, id: &SnapshotId) -> Result<Vec<Flaw>, Error> {
        let failed = |source| Error::Check { id: id.to_string(), source };
        snapshots::check(&self.workshop.layers(), id).map_err(failed)
    }

    /// Forgets a snapshot. What only it has goes with the next [`Self::collect`].
    pub fn forget(&self, id: &SnapshotId) -> io::Result<()> {
        snapshots::forget(&self.workshop.layers(), id)
    }

    /// Removes the layers that are of no snapshot and under no computer.
    pub fn collect(&self) -> io::Result<Collected> {
        snapshots::collect(&self.workshop.layers())
    }

    /// What holds the limits of memory and processes.
    pub fn limits_by(&self) -> LimitsBy {
        self.workshop.groups.limits_by()
    }
}

/// Whether this process is root of the machine, and not only of a user namespace.
pub fn is_root_of_machine() -> bool {
    User::current() == User::Root
}

/// For nobody else on the machine: where an ordinary user makes computers, what root inside
/// makes setuid is that user's.
fn prepare(home: &Path) -> io::Result<PathBuf> {
    for folder in ["computers", "snapshots", "skeletons", layers::LAYERS, images::UNPACKED, "disks"]
    {
        let path = home.join(folder);
        fs::create_dir_all(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
    }
    home.canonicalize()
}

/// Where the computer's executions are to be recorded.
fn journal(spec: &Spec) -> Result<Option<Journal>, Error> {
    let open = |folder| Journal::open(folder, &spec.forbidden, Arc::new(SystemClock));
    let opened = spec.record.as_deref().map(open).transpose();
    opened.map_err(|source| Error::Fork { step: "open its record".into(), source })
}

#[async_trait]
impl Backend for Namespaces {
    fn isolation(&self) -> Isolation {
        Isolation::Namespaces
    }

    fn bare(&self) -> Snapshot {
        Snapshot { base: Base::Host, layers: Vec::new() }
    }

    fn find(&self, id: &SnapshotId) -> Option<Snapshot> {
        snapshots::find(&self.workshop.layers(), id)
    }

    async fn image(&self, image: &Image) -> Result<Snapshot, Error> {
        let (workshop, image) = (Arc::clone(&self.workshop), image.clone());
        off_the_runtime(move || images::snapshot(&workshop.layers(), &image)).await
    }

    async fn resume(
        &self,
        name: &str,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        let (name, below) = (name.to_owned(), snapshot.clone());
        let spec = Spec { layer: Layer::Durable, ..spec.clone() };
        self.made(snapshot, spec, move |workshop, spec| workshop.resume(&name, &below, spec)).await
    }

    async fn exists(&self, name: &str) -> bool {
        folder::is_durable(&self.workshop.home, name)
    }

    async fn discard(&self, name: &str) -> Result<bool, Error> {
        let (workshop, name) = (Arc::clone(&self.workshop), name.to_owned());
        off_the_runtime(move || workshop.discard(&name)).await
    }

    async fn durables(&self) -> Result<Vec<Durable>, Error> {
        let workshop = Arc::clone(&self.workshop);
        let failed = |source| Error::Listed { source };
        off_the_runtime(move || workshop.durables().map_err(failed)).await
    }

    async fn fork(&self, snapshot: &Snapshot, spec: &Spec) -> Result<Box<dyn Computer>, Error> {
        let below = snapshot.clone();
        self.made(snapshot, spec.clone(), move |workshop, spec| workshop.make(&below, spec)).await
    }
}

impl Namespaces {
    async fn made(
        &self,
        snapshot: &Snapshot,
        spec: Spec,
        make: impl FnOnce(&Workshop, &Spec) -> Result<(Machine, OwnedFd), Error> + Send + 'static,
    ) -> Result<Box<dyn Computer>, Error> {
        let journal = journal(&spec)?;
        let mut env = match &snapshot.base {
            Base::Host => Arc::clone(&self.env),
            Base::Image { env, .. } => Arc::new(tools::image_variables(env)),
        };
        if !spec.env.is_empty() {
            Arc::make_mut(&mut env).extend(spec.env.clone());
        }
        let workshop = Arc::clone(&self.workshop);
        let made = off_the_runtime(move || make(&workshop, &spec)).await?;
        let workshop = Arc::clone(&self.workshop);
        let computer = Namespaced::new(workshop, snapshot.clone(), env, made, journal)
            .map_err(|source| Error::Fork { step: "attend to it".into(), source })?;
        Ok(Box::new(computer))
    }
}
