//! The supervisor's side of making and ending a computer: its folder, its group, its helper.
//! Blocking; whoever calls it from async code moves it off the runtime.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::fcntl::{F_SETFL, OFlag, fcntl};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::sys::time::TimeVal;

use super::cgroup::{Entrance, Group, Groups};
use super::folder::Folder;
use super::helper::Helper;
use super::plan::{Bind, Plan, User};
use super::wire::{self, Received, Reply};
use super::{refusal, sys};
use crate::{Error, Spec};

/// For a helper to make its computer; 3 ms on an idle machine.
const MAKING_MAX: Duration = Duration::from_secs(60);
/// For all processes of a computer to be gone. A disk that doesn't answer can hold them up.
const ENDING_MAX: Duration = Duration::from_secs(20);
/// The kernel reads mount options from one page; some of it is for the other options.
const LOWER_BYTES_MAX: usize = 3500;

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
    /// Of computers that were dropped.
    pub removals: Mutex<Vec<JoinHandle<()>>>,
}

/// A program that ends waits for its dropped computers to be gone: nobody may come to sweep.
impl Drop for Workshop {
    fn drop(&mut self) {
        let removals = self.removals.get_mut().unwrap_or_else(PoisonError::into_inner);
        for removal in removals.drain(..) {
            // A removal that panicked leaves something to the next sweep.
            let _ended = removal.join();
        }
    }
}

/// A made computer, from outside.
#[derive(Debug)]
pub struct Machine {
    pub folder: Folder,
    pub group: Group,
    init: OwnedFd,
}

impl Workshop {
    /// Destroys a computer on a thread of its own.
    pub fn remove(&self, mut machine: Machine) {
        let removal = std::thread::spawn(move || {
            if let Err(error) = machine.destroy() {
                tracing::warn!(%error, "a dropped computer is not removed entirely");
            }
        });
        let mut removals = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        removals.retain(|removal| !removal.is_finished());
        removals.push(removal);
    }

    /// Makes a computer on top of `layers`, lowest first. Gives its socket, which doesn't block.
    pub fn make(&self, layers: &[PathBuf], spec: &Spec) -> Result<(Machine, OwnedFd), Error> {
        let lower = self.lower(layers)?;
        let folder = Folder::make(&self.home, self.user).map_err(failed("make its folder"))?;
        let group = self.groups.group(&folder.name);
        match self.start(&folder, &group, lower, spec) {
            Ok((init, socket)) => Ok((Machine { folder, group, init }, socket)),
            Err(error) => {
                // The first error is the one to tell; the sweep takes what stays.
                let _left = group.remove().and_then(|()| folder.remove());
                Err(error)
            }
        }
    }

    /// Highest first, below home, ending in the skeleton.
    fn lower(&self, layers: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let relative = layers.iter().rev().map(|layer| layer.strip_prefix(&self.home));
        let relative: Result<Vec<_>, _> = relative.collect();
        let layers = relative.map_err(|_| {
            failed("use a snapshot of another home")(io::ErrorKind::NotFound.into())
        })?;
        let mut lower: Vec<PathBuf> = layers.into_iter().map(Path::to_owned).collect();
        lower.push(self.skeleton.clone());
        let bytes: usize = lower.iter().map(|path| path.as_os_str().len() + 1).sum();
        if bytes > LOWER_BYTES_MAX {
            let source = io::Error::from_raw_os_error(libc::E2BIG);
            return Err(failed("put so many layers on each other")(source));
        }
        Ok(lower)
    }

    fn start(
        &self,
        folder: &Folder,
        group: &Group,
        lower: Vec<PathBuf>,
        spec: &Spec,
    ) -> Result<(OwnedFd, OwnedFd), Error> {
        folder.note_group(group).map_err(failed("note its control group"))?;
        group.make(&spec.limits).map_err(failed("make its control group"))?;
        let (socket, theirs) = sockets().map_err(failed("make its socket"))?;
        let plan = self.plan(folder, group, lower, spec);
        let birth = birth(&plan).map_err(failed("open its control group"))?;
        let mut fds = vec![theirs.as_fd(), folder.lock()];
        fds.extend(birth.as_ref().map(AsFd::as_fd));
        self.helper.make(&plan, &fds).map_err(failed("tell its helper"))?;
        drop(theirs);
        let init = self.hear(&socket)?;
        Ok((init, socket))
    }

    fn plan(&self, folder: &Folder, group: &Group, lower: Vec<PathBuf>, spec: &Spec) -> Plan {
        Plan {
            home: self.home.clone(),
            lower,
            computer: folder.relative(),
            binds: self.binds.clone(),
            user: self.user,
            entrances: group.entrances(),
            programs: group.programs(),
            thaw: group.thawing().map(|(path, text)| (path, text.to_owned())),
            memory_bytes: spec.limits.memory_bytes,
            processes: spec.limits.processes,
            watch: matches!(self.groups, Groups::None),
        }
    }

    /// Waits until the computer is made. Gives init's pidfd.
    fn hear(&self, socket: &OwnedFd) -> Result<OwnedFd, Error> {
        let answer = wire::receive::<Reply>(socket).map_err(failed("hear from its helper"))?;
        let lost = || failed("hear from its helper")(io::ErrorKind::UnexpectedEof.into());
        let Received { message, fds } = answer.ok_or_else(lost)?;
        let init = match message {
            Reply::Ready => fds.into_iter().next().ok_or_else(lost)?,
            Reply::Unmade { step, errno } => return Err(refusal::explain(&self.home, step, errno)),
            Reply::Started { .. } | Reply::NotStarted { .. } | Reply::Ended { .. } => {
                return Err(lost());
            }
        };
        fcntl(socket, F_SETFL(OFlag::O_NONBLOCK))
            .map_err(|e| failed("make its socket")(e.into()))?;
        Ok(init)
    }
}

fn failed(step: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Fork { step: step.into(), source }
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
        sys::kill_pidfd(&self.init)?;
        self.group.kill()?;
        sys::wait_pidfd(&self.init, ENDING_MAX)?;
        self.group.remove()
    }

    /// Stops it and removes all that it had.
    pub fn destroy(&mut self) -> Result<(), Error> {
        let ended = self.stop().and_then(|()| self.folder.remove());
        ended.map_err(|source| Error::Destroy { path: self.folder.path.clone(), source })
    }
}
