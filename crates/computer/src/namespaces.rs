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
mod enter;
mod folder;
mod helper;
mod ids;
mod init;
mod link;
mod machine;
mod nursery;
mod overlay;
mod plan;
mod probe;
mod refusal;
mod remove;
mod root;
mod seccomp;
mod skeleton;
mod snapshots;
mod step;
mod sys;
mod tools;
mod watchdog;
mod wire;
mod worker;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use self::cgroup::Groups;
use self::computer::{Namespaced, off_the_runtime};
use self::helper::Helper;
use self::machine::Workshop;
use self::plan::User;
use crate::snapshot::Base;
use crate::{Backend, Computer, Error, Image, Isolation, Snapshot, SnapshotId, Spec};

pub use self::cgroup::LimitsBy;
pub use self::plan::COMPUTER_UID;
pub use self::probe::{Finding, probe};
pub use self::nursery::{helper_main, is_helper_call};

/// Makes computers of namespaces, as whatever user this program runs as.
#[derive(Debug, Clone)]
pub struct Namespaces {
    workshop: Arc<Workshop>,
    env: Arc<BTreeMap<String, String>>,
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
        let removals = Mutex::default();
        let helper = Helper::new(helper, user);
        let workshop = Workshop { home, helper, user, groups, binds, skeleton, removals };
        Ok(Self { workshop: Arc::new(workshop), env: Arc::new(tools.env) })
    }

    /// What holds the limits of memory and processes.
    pub fn limits_by(&self) -> LimitsBy {
        self.workshop.groups.limits_by()
    }
}

/// For nobody else on the machine: where an ordinary user makes computers, what root inside
/// makes setuid is that user's.
fn prepare(home: &Path) -> io::Result<PathBuf> {
    for folder in ["computers", "snapshots", "skeletons"] {
        let path = home.join(folder);
        fs::create_dir_all(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
    }
    home.canonicalize()
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
        snapshots::find(&self.workshop.home, id)
    }

    async fn image(&self, _image: &Image) -> Result<Snapshot, Error> {
        Err(Error::Unsupported { what: "an image".into(), by: "this version" })
    }

    async fn resume(
        &self,
        _name: &str,
        _snapshot: &Snapshot,
        _spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        Err(Error::Unsupported { what: "resume".into(), by: "this version" })
    }

    async fn fork(&self, snapshot: &Snapshot, spec: &Spec) -> Result<Box<dyn Computer>, Error> {
        let (workshop, layers) = (Arc::clone(&self.workshop), snapshot.layers.clone());
        let spec = spec.clone();
        let made = off_the_runtime(move || workshop.make(&layers, &spec)).await?;
        let (workshop, env) = (Arc::clone(&self.workshop), Arc::clone(&self.env));
        let computer = Namespaced::new(workshop, snapshot.clone(), env, made)
            .map_err(|source| Error::Fork { step: "attend to it".into(), source })?;
        Ok(Box::new(computer))
    }
}
