//! The nursery: a small process of one thread, started once for each backend, that forks a
//! computer's init whenever it is asked. A fork of it costs a quarter of a millisecond, where a
//! start of our program anew costs several.
//!
//! It passes on what it is handed without looking: the plan of a computer is read by its init
//! only, so that nothing of one computer is in the memory of another. When the socket on its
//! standard input is closed, it ends.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::ForkResult;

use super::ids::{self, Asker, Writer};
use super::init::{self, Newborn};
use super::plan::User;
use super::seccomp::Filters;
use super::step::{Step, Steps};
use super::wire::{self, Received, Reply};
use super::{program, sys, worker};

/// The first argument of a call of ours.
pub const HELPER_ARGUMENT: &str = "__computer";

/// Whether this process was started to be a helper.
pub fn is_helper_call() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == HELPER_ARGUMENT)
        || worker::is_call()
}

/// Makes computers until nobody wants one any more, or does one job on a layer. To be called first
/// of all in `main`, before there is a second thread.
pub fn helper_main() -> ! {
    if worker::is_call() {
        worker::main();
    }
    let shielded = program::shield();
    let code = match socket().and_then(|socket| Ok((wire::receive::<User>(&socket)?, socket))) {
        Ok((Some(Received { message: user, .. }), socket)) => {
            attend(user, socket, shielded.and_then(|()| settle(user)))
        }
        Ok((None, _)) | Err(_) => 1,
    };
    sys::exit(code)
}

/// The socket, moved away from standard input, which becomes `/dev/null`.
fn socket() -> io::Result<OwnedFd> {
    // Whoever started whimbrel may have left files open to it, which must not get inside.
    sys::close_others()?;
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    sys::stream(&fs::File::open("/dev/null")?.into(), libc::STDIN_FILENO)?;
    Ok(socket)
}

fn attend(user: User, socket: OwnedFd, settled: Result<(), Step>) -> i32 {
    let Ok(filters) = Filters::new(user) else { return 1 };
    let mut nursery = Nursery { socket, mappings: Vec::new() };
    loop {
        let wanted = nursery.wait().and_then(|()| Birth::receive(&nursery.socket));
        let Ok(Some(birth)) = wanted else { return 0 };
        match settled.clone().and_then(|()| birth.fork()) {
            Ok(Forked::Init(asker)) => {
                // Of other computers nothing may be open in this one.
                drop(nursery);
                let Birth { plan, socket, lock, group: _entered } = birth;
                init::main(Newborn { plan, socket, _lock: lock, asker, filters })
            }
            Ok(Forked::Nursery(mapping)) => nursery.mappings.extend(mapping),
            Err(Step { name, errno }) => {
                let unmade = Reply::Unmade { step: name, errno };
                let _nobody_there = wire::send(&birth.socket, &unmade, &[]);
            }
        }
    }
}

/// What all computers of a backend have in common. An ordinary user's are made in one user
/// namespace of hers, and each then leaves it for one of its own.
fn settle(user: User) -> Result<(), Step> {
    // Nobody asks how a computer's init ended.
    // SAFETY: ignoring runs no code of ours.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.step("ignore ends")?;
    sys::raise_open_files().step("raise its limit of open files")?;
    if let User::Ordinary { uid, gid } = user {
        unshare(CloneFlags::CLONE_NEWUSER).step("unshare the user namespace")?;
        ids::map_one((uid, uid), (gid, gid))?;
    }
    Ok(())
}

struct Nursery {
    socket: OwnedFd,
    /// Of computers that are being made.
    mappings: Vec<Mapping>,
}

/// A computer that will ask for its range of ids.
struct Mapping {
    writer: Writer,
    /// Of init, in `/proc`.
    folder: OwnedFd,
}

impl Nursery {
    /// Until a computer is wanted, or nobody will want one; meanwhile writes maps of ids.
    fn wait(&mut self) -> io::Result<()> {
        loop {
            let ready = self.ready()?;
            let mappings = std::mem::take(&mut self.mappings).into_iter().zip(&ready[1..]);
            for (mapping, &asks) in mappings {
                if asks {
                    // Where it can't, init hears that from the closed socket, and says it.
                    let _init_ends = mapping.writer.serve(&mapping.folder);
                } else {
                    self.mappings.push(mapping);
                }
            }
            if ready[0] {
                return Ok(());
            }
        }
    }

    /// Whether there is something on the socket, and from each of the computers.
    fn ready(&self) -> io::Result<Vec<bool>> {
        let asking = self.mappings.iter().map(|mapping| mapping.writer.as_fd());
        let all = std::iter::once(self.socket.as_fd()).chain(asking);
        let mut all: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        match poll(&mut all, PollTimeout::NONE) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        Ok(all.iter().map(|fd| fd.any().unwrap_or(false)).collect())
    }
}

/// One computer that is wanted, as the supervisor hands it over.
struct Birth {
    plan: OwnedFd,
    /// For init to answer on.
    socket: OwnedFd,
    /// Held by init, and so for as long as anything of the computer is alive.
    lock: OwnedFd,
    /// The control group that init is to be born into, where it doesn't enter one itself.
    group: Option<OwnedFd>,
}

/// Who this process is after the fork.
enum Forked {
    Init(Asker),
    /// Nothing is to be mapped for an init that is gone already.
    Nursery(Option<Mapping>),
}

impl Birth {
    fn receive(socket: &OwnedFd) -> io::Result<Option<Self>> {
        let mut fds = wire::receive_fds(socket)?.into_iter();
        let [Some(plan), Some(socket), Some(lock)] = [fds.next(), fds.next(), fds.next()] else {
            return Ok(None);
        };
        Ok(Some(Self { plan, socket, lock, group: fds.next() }))
    }

    /// Only into a pid namespace: all else a computer's init unshares itself, so that many
    /// computers are made at once.
    fn fork(&self) -> Result<Forked, Step> {
        let (writer, asker) = ids::pair().step("make a socket")?;
        let group = self.group.as_ref().map(AsFd::as_fd);
        let forked = sys::fork_into(CloneFlags::CLONE_NEWPID, group);
        match forked.step("unshare the process ids")? {
            ForkResult::Child => Ok(Forked::Init(asker)),
            ForkResult::Parent { child } => {
                let folder = ids::folder_of(child).ok();
                Ok(Forked::Nursery(folder.map(|folder| Mapping { writer, folder })))
            }
        }
    }
}
