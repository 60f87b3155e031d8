//! The supervisor's side of making and ending a computer: its folder, its group, its helper.
//! Blocking; whoever calls it from async code moves it off the runtime.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::Limits;
use nix::fcntl::{F_SETFL, OFlag, fcntl};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::sys::time::TimeVal;

use super::cgroup::{CpuBy, Entrance, Group, Groups};
use super::disk::watch::{self, Watched};
use super::disk::{Disk, Disks};
use super::folder::{self, Folder, Made, Note, Reopened};
use super::helper::Helper;
use super::layers::{self, Layers};
use super::outlet::Outlet;
use super::plan::{Bind, Plan, Private, User};
use super::snapshots::Sealing;
use super::wire::{self, Received, Reply};
use super::{refusal, sys};
use crate::snapshot::Base;
use crate::{Durable, Error, Layer, Secret, Snapshot, SnapshotId, Spec};

/// For a helper to make its computer; 3 ms on an idle machine.
const MAKING_MAX: Duration = Duration::from_secs(60);
/// Before the next disk is made, so that the new computer's first command needn't share the CPUs.
const SPARE_AFTER: Duration = Duration::from_millis(5);
/// For all processes of a computer to be gone. A disk that doesn't answer can hold them up.
const ENDING_MAX: Duration = Duration::from_secs(20);
/// For whoever drove a durable computer to be gone entirely; some milliseconds after a kill.
const RESUME_MAX: Duration = Duration::from_secs(5);
/// For a sweep to let a durable computer be.
const SWEEP_MAX: Duration = Duration::from_secs(1);
const REOPEN_POLL: Duration = Duration::from_millis(5);

/// What every computer of a backend has in common.
#[derive(Debug)]
pub struct Workshop {
    pub home: PathBuf,
    pub helper: Helper,
    pub user: User,
    pub groups: Groups,
    pub binds: Vec<Bind>,
    /// Below `home`.
    pub skeleton: PathBuf,
    pub disks: Arc<Disks>,
    /// Of computers that were dropped.
    pub removals: Mutex<Vec<JoinHandle<()>>>,
}

/// A program that ends waits for its dropped computers to be gone: nobody may come to sweep.
impl Drop for Workshop {
    fn drop(&mut self) {
        self.settle();
    }
}

/// A made computer, from outside.
#[derive(Debug)]
pub struct Machine {
    home: PathBuf,
    pub folder: Arc<Folder>,
    pub group: Group,
    /// What must not be in a snapshot of it.
    pub forbidden: Vec<Secret>,
    /// Whether it has; held while its folder is worked in.
    pub ended: Arc<Mutex<bool>>,
    limits: Limits,
    init: OwnedFd,
    /// Where the private layer lies, if not in the folder.
    disk: Option<Disk>,
    /// Whether its layer stays when nobody wants it removed.
    pub durable: bool,
    /// Until it is served.
    pub outlet: Option<Outlet>,
}

impl Workshop {
    /// Ends a computer that was dropped, on a thread of its own. Of a durable one the layer stays.
    pub fn remove(&self, mut machine: Machine) {
        self.later(move || {
            let ended = if machine.durable { machine.suspend() } else { machine.destroy() };
            if let Err(error) = ended {
                tracing::warn!(%error, "a dropped computer is not removed entirely");
            }
        });
    }

    /// Does it on a thread of its own, whose end is waited for before this program's.
    fn later(&self, work: impl FnOnce() + Send + 'static) {
        let removal = std::thread::spawn(work);
        let mut removals = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        removals.retain(|removal| !removal.is_finished());
        removals.push(removal);
    }

    /// Waits until all that were dropped have ended.
    fn settle(&self) {
        let mut removals = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        for removal in removals.drain(..) {
            // A removal that panicked leaves something to the next sweep.
            let _ended = removal.join();
        }
    }

    pub fn layers(&self) -> Layers<'_> {
        Layers { home: &self.home, helper: self.helper.program(), user: self.user }
    }

    /// Makes a computer on top of `snapshot`. Gives its socket, which doesn't block.
    pub fn make(&self, snapshot: &Snapshot, spec: &Spec) -> Result<(Machine, OwnedFd), Error> {
        let below = self.below(snapshot)?;
        self.expect_room()?;
        let (private, disk) = self.disks.choose(spec.layer, &spec.limits);
        let disk = self.coming(private, disk, &spec.limits);
        let folder = self.folder(private, snapshot, spec)?;
        let made = self.start(folder, below, (private, disk), spec);
        if private == Private::Disk {
            let (disks, limits) = (Arc::clone(&self.disks), spec.limits);
            self.later(move || {
                std::thread::sleep(SPARE_AFTER);
                disks.refill(&limits);
            });
        }
        made
    }

    fn folder(&self, private: Private, below: &Snapshot, spec: &Spec) -> Result<Folder, Error> {
        let note = note(&below.layers, spec);
        let failed = failed("make its folder");
        let Some(name) = &spec.name else {
            return Folder::make(&self.home, self.user, private, &note).map_err(&failed);
        };
        let name = name.clone();
        if !crate::is_name(&name) {
            return Err(Error::Name { name });
        }
        let began = Instant::now();
        loop {
            let made = Folder::make_named(&self.home, self.user, private, &note, &name);
            match made.map_err(&failed)? {
                Made::New(folder) => return Ok(folder),
                Made::Exists => return Err(Error::Exists { name }),
                Made::InUse if began.elapsed() < SWEEP_MAX => std::thread::sleep(REOPEN_POLL),
                Made::InUse => return Err(Error::InUse { name }),
            }
        }
    }

    /// Mounts again what a durable computer has left.
    pub fn resume(
        &self,
        name: &str,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<(Machine, OwnedFd), Error> {
        self.settle();
        let below = self.below(snapshot)?;
        let name = name.to_owned();
        let reopened = self.reopen(&name, RESUME_MAX).map_err(failed("open its folder"))?;
        let (folder, found) = match reopened {
            Reopened::Free(folder, note) => (folder, note),
            Reopened::InUse => return Err(Error::InUse { name }),
            Reopened::Absent => return Err(Error::NotResumable { name }),
        };
        if found.layers != note(&snapshot.layers, spec).layers {
            return Err(Error::OtherSnapshot { name });
        }
        folder.clear_group().map_err(failed("remove its old control group"))?;
        folder.make_again(self.user).map_err(failed("make its folder ready"))?;
        self.start(folder, below, (Private::Folder, None), spec)
    }

    /// Removes what a durable computer has left. False where there is none.
    pub fn discard(&self, name: &str) -> Result<bool, Error> {
        self.settle();
        let path = self.home.join("computers").join(name);
        let failed = |source| Error::Destroy { path: path.clone(), source };
        match self.reopen(name, SWEEP_MAX).map_err(failed)? {
            Reopened::Free(folder, _note) => {
                let removed = folder.forget_durable(&self.home).and_then(|()| folder.clear());
                removed.map(|()| true).map_err(failed)
            }
            Reopened::InUse => Err(Error::InUse { name: name.to_owned() }),
            Reopened::Absent => Ok(false),
        }
    }

    /// All durable computers, with what they have on the disk.
    pub fn durables(&self) -> io::Result<Vec<Durable>> {
        let with_bytes = |(name, driven): (String, bool)| {
            let tree = self.home.join("computers").join(&name).join("layer/tree");
            let bytes = match layers::open(&tree) {
                Ok(tree) => watch::count(&tree, self.helper.program(), self.user)?,
                // It was just removed, or hardly made.
                Err(_) => 0,
            };
            Ok(Durable { name, bytes, driven })
        };
        folder::durables(&self.home)?.into_iter().map(with_bytes).collect()
    }

    /// Whoever drove it may be ending, or somebody's sweep holds the lock for a moment.
    fn reopen(&self, name: &str, patience: Duration) -> io::Result<Reopened> {
        let began = Instant::now();
        loop {
            match Folder::reopen(&self.home, name)? {
                Reopened::InUse if began.elapsed() < patience => std::thread::sleep(REOPEN_POLL),
                reopened => return Ok(reopened),
            }
        }
    }

    /// A computer on a disk that is full already would be stopped when it writes anything.
    fn expect_room(&self) -> Result<(), Error> {
        match watch::has_room(&self.home).map_err(failed("look at its disk"))? {
            true => Ok(()),
            false => Err(failed("find enough free on the disk")(io::ErrorKind::StorageFull.into())),
        }
    }

    fn below(&self, snapshot: &Snapshot) -> Result<Below, Error> {
        let relative = snapshot.layers.iter().rev().map(|layer| layer.strip_prefix(&self.home));
        let relative: Result<Vec<_>, _> = relative.map(|layer| layer.map(Path::to_owned)).collect();
        let mut lower = relative.map_err(|_| {
            failed("use a snapshot of another home")(io::ErrorKind::NotFound.into())
        })?;
        lower.extend(self.skeleton(&snapshot.base).map(Path::to_owned));
        let binds = match snapshot.base {
            Base::Host => self.binds.clone(),
            Base::Image { .. } => Vec::new(),
        };
        Ok(Below { lower, binds })
    }

    /// The lowest layer of all, where the base isn't an image, which has its own.
    pub fn skeleton(&self, base: &Base) -> Option<&Path> {
        match base {
            Base::Host => Some(&self.skeleton),
            Base::Image { .. } => None,
        }
    }

    /// The computer of `folder`, which is removed where that fails, unless it is durable.
    fn start(
        &self,
        folder: Folder,
        below: Below,
        private: (Private, Option<Coming>),
        spec: &Spec,
    ) -> Result<(Machine, OwnedFd), Error> {
        let group = self.groups.group(&folder.name);
        let durable = spec.layer == Layer::Durable;
        match self.begin(&folder, &group, below, private, spec) {
            Ok(Begun { init, socket, disk, outlet }) => {
                let outlet = Some(outlet);
                let (folder, forbidden) = (Arc::new(folder), spec.forbidden.clone());
                let (ended, limits) = (Arc::default(), spec.limits);
                let machine = Machine {
                    home: self.home.clone(),
                    folder,
                    group,
                    forbidden,
                    ended,
                    limits,
                    init,
                    disk,
                    durable,
                    outlet,
                };
                Ok((machine, socket))
            }
            Err(error) => {
                // The first error is the one to tell; the sweep takes what stays.
                let _left =
                    group.remove().and_then(|()| if durable { Ok(()) } else { folder.remove() });
                Err(error)
            }
        }
    }

    fn begin(
        &self,
        folder: &Folder,
        group: &Group,
        below: Below,
        (private, disk): (Private, Option<Coming>),
        spec: &Spec,
    ) -> Result<Begun, Error> {
        folder.note_group(group).map_err(failed("note its control group"))?;
        if spec.limits.cpu_millis.is_some() && self.groups.cpu_by() == CpuBy::Nothing {
            tracing::warn!("nothing here holds a quota of CPU time: the computer runs without");
        }
        group.make(&spec.limits).map_err(failed("make its control group"))?;
        let (socket, theirs) = sockets().map_err(failed("make its socket"))?;
        let mut outlet = Outlet::new(spec).map_err(failed("make its way out"))?;
        let plan = self.plan((folder, group), below, private, (spec, &outlet));
        let birth = birth(&plan).map_err(failed("open its control group"))?;
        let mut fds = vec![theirs.as_fd(), folder.lock()];
        fds.extend(birth.as_ref().map(AsFd::as_fd));
        self.helper.make(&plan, &fds).map_err(failed("tell its helper"))?;
        drop(theirs);
        let disk = disk.map(|disk| hand_disk(&socket, disk)).transpose()?;
        let (init, doors) = self.hear(&socket)?;
        outlet.doors = doors;
        Ok(Begun { init, socket, disk, outlet })
    }

    /// The disk, or its making, which takes as long as all else of a computer.
    fn coming(&self, private: Private, disk: Option<Disk>, limits: &Limits) -> Option<Coming> {
        match private {
            Private::Folder => None,
            Private::Disk => {
                let here = disk.or_else(|| self.disks.take(limits)).map(Coming::Here);
                let (disks, limits) = (Arc::clone(&self.disks), *limits);
                let making = || Coming::Making(std::thread::spawn(move || disks.make(&limits)));
                Some(here.unwrap_or_else(making))
            }
        }
    }

    fn plan(
        &self,
        (folder, group): (&Folder, &Group),
        Below { lower, binds }: Below,
        private: Private,
        (spec, outlet): (&Spec, &Outlet),
    ) -> Plan {
        let layers = lower.iter().filter(|layer| **layer != self.skeleton);
        let binds = outlet.binds(&binds, layers.map(|layer| self.home.join(layer)));
        Plan {
            home: self.home.clone(),
            lower,
            computer: folder.relative(),
            private,
            binds,
            user: self.user,
            entrances: group.entrances(),
            programs: group.programs(),
            thaw: group.thawing().map(|(path, text)| (path, text.to_owned())),
            memory_bytes: spec.limits.memory_bytes,
            processes: spec.limits.processes,
            watch: matches!(self.groups, Groups::None),
            opened: outlet.opened.clone(),
        }
    }

    /// Waits until the computer is made. Gives init's pidfd and the doors of the way out.
    fn hear(&self, socket: &OwnedFd) -> Result<(OwnedFd, Vec<OwnedFd>), Error> {
        let answer = wire::receive::<Reply>(socket).map_err(failed("hear from its helper"))?;
        let lost = || failed("hear from its helper")(io::ErrorKind::UnexpectedEof.into());
        let Received { message, fds } = answer.ok_or_else(lost)?;
        let mut fds = fds.into_iter();
        let init = match message {
            Reply::Ready => fds.next().ok_or_else(lost)?,
            Reply::Unmade { step, errno } => return Err(refusal::explain(&self.home, step, errno)),
            Reply::Started { .. } | Reply::NotStarted { .. } | Reply::Ended { .. } => {
                return Err(lost());
            }
        };
        fcntl(socket, F_SETFL(OFlag::O_NONBLOCK))
            .map_err(|e| failed("make its socket")(e.into()))?;
        Ok((init, fds.collect()))
    }
}

/// What a computer has of others.
struct Below {
    /// Highest first, below home.
    lower: Vec<PathBuf>,
    binds: Vec<Bind>,
}

/// What of a computer is there once it is made.
struct Begun {
    init: OwnedFd,
    socket: OwnedFd,
    disk: Option<Disk>,
    outlet: Outlet,
}

fn note(layers: &[PathBuf], spec: &Spec) -> Note {
    let names = layers.iter().filter_map(|tree| layers::digest_of(tree).map(str::to_owned));
    let durable = spec.layer == Layer::Durable;
    Note { durable, layers: names.collect(), made: Vec::new() }
}

fn failed(step: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Fork { step: step.into(), source }
}

/// Init makes all else meanwhile, and waits where it needs it.
fn hand_disk(socket: &OwnedFd, disk: Coming) -> Result<Disk, Error> {
    let disk = disk.wait().map_err(failed("make its disk"))?;
    wire::send(socket, &(), &[disk.mount()]).map_err(failed("hand it its disk"))?;
    Ok(disk)
}

/// A disk for a computer that is being made.
enum Coming {
    Here(Disk),
    Making(JoinHandle<io::Result<Disk>>),
}

impl Coming {
    fn wait(self) -> io::Result<Disk> {
        match self {
            Self::Here(disk) => Ok(disk),
            Self::Making(thread) => {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        }
    }
}

/// Ours waits a limited time; theirs waits for ever.
fn sockets() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    let patience = TimeVal::new(MAKING_MAX.as_secs().cast_signed(), 0);
    setsockopt(&ours, sockopt::ReceiveTimeout, &patience)?;
    Ok((ours, theirs))
}

/// The control group that init is to be born into, if any.
fn birth(plan: &Plan) -> io::Result<Option<File>> {
    let folder = plan.entrances.iter().find_map(|entrance| match entrance {
        Entrance::Birth(folder) => Some(folder),
        Entrance::Tasks(_) => None,
    });
    folder.map(File::open).transpose()
}

impl Machine {
    /// Ends every process inside and waits until the last one is gone. Twice is fine.
    pub fn stop(&mut self) -> io::Result<()> {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        sys::kill_pidfd(&self.init)?;
        self.group.kill()?;
        sys::wait_pidfd(&self.init, ENDING_MAX)?;
        self.group.remove()
    }

    /// The private layer, opened as what it is. While a computer has it on a disk of its own, this
    /// is what keeps that disk.
    pub fn upper(&self) -> io::Result<OwnedFd> {
        self.disk
            .as_ref()
            .map_or_else(|| layers::open(&self.folder.layer().join("tree")), Disk::upper)
    }

    /// What is to be watched of it.
    pub fn watched(&self, workshop: &Workshop) -> io::Result<Watched> {
        Ok(Watched {
            limits: self.limits,
            folder: layers::open(&self.folder.path)?,
            upper: self.upper()?,
            on_disk: self.disk.is_some(),
            is_new: !self.durable,
            helper: workshop.helper.program().to_owned(),
            user: workshop.user,
        })
    }

    /// Stops it and makes its private layer the highest of the snapshot `id`.
    pub fn seal(
        &mut self,
        workshop: &Workshop,
        below: &Snapshot,
        id: &SnapshotId,
    ) -> Result<Snapshot, Error> {
        let stopped = self.stop().and_then(|()| self.folder.forget_durable(&self.home));
        let sealing = Sealing {
            store: workshop.layers(),
            id,
            below,
            skeleton: workshop.skeleton(&below.base),
            forbidden: &self.forbidden,
            computer: &self.folder,
        };
        let layer = stopped.and_then(|()| self.layer_to_seal(&sealing.store));
        sealing.seal(&layer.map_err(|source| sealing.failed(source))?)
    }

    /// Sealing is a rename, unless the layer lies on a disk of its own.
    fn layer_to_seal(&self, store: &Layers) -> io::Result<PathBuf> {
        let Some(disk) = &self.disk else { return Ok(self.folder.layer()) };
        let layer = self.folder.another_layer()?;
        store.copy(&disk.upper()?, &layer)?;
        Ok(layer)
    }

    /// Stops it; its layer stays, where it may be mounted again once this is dropped.
    pub fn suspend(&mut self) -> Result<(), Error> {
        let ended = self.stop();
        ended.map_err(|source| Error::Destroy { path: self.folder.path.clone(), source })
    }

    /// Stops it and removes all that it had.
    pub fn destroy(&mut self) -> Result<(), Error> {
        let ended = self.stop().and_then(|()| {
            // Nobody is to go on with half of it.
            self.folder.forget_durable(&self.home)?;
            // Where that fails its file is removed all the same, only later.
            let _written_then = self.disk.take().map(Disk::discard);
            self.folder.remove()
        });
        ended.map_err(|source| Error::Destroy { path: self.folder.path.clone(), source })
    }
}
