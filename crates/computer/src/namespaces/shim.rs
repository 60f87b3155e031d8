//! The helper: a small process of one thread, outside the computer, that unshares the namespaces,
//! forks the computer's init and waits for it.
//!
//! It knows only the [`Plan`] that comes through its standard input, which is a socket. When the
//! other end of that is closed, it and the computer end.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::ForkResult;

use super::plan::{Plan, User};
use super::step::{Step, Steps};
use super::wire::{self, Received, Reply};
use super::{init, sys};

/// The first argument of a call of ours.
pub const HELPER_ARGUMENT: &str = "__computer";

/// Whether this process was started to be a helper.
pub fn is_helper_call() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == HELPER_ARGUMENT)
}

/// Makes one computer, waits for its end and exits. To be called first of all in `main`, before
/// there is a second thread.
pub fn helper_main() -> ! {
    let code = match socket().and_then(|socket| Ok((wire::receive::<Plan>(&socket)?, socket))) {
        Ok((Some(plan), socket)) => make(plan, socket),
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

/// `fds` holds the computer's lock, which so is held for as long as anything of it is alive.
fn make(Received { message: plan, fds: _lock }: Received<Plan>, socket: OwnedFd) -> i32 {
    match part(&plan) {
        Ok(ForkResult::Child) => init::main(&plan, &socket),
        Ok(ForkResult::Parent { child }) => {
            drop(socket);
            loop {
                match waitpid(child, None) {
                    Ok(WaitStatus::Exited(_, code)) => return code,
                    Ok(_) => return 0,
                    Err(nix::errno::Errno::EINTR) => {}
                    Err(_) => return 1,
                }
            }
        }
        Err(Step { name, errno }) => {
            // With the socket closed the supervisor knows as much, only not why.
            let _nobody_there = wire::send(&socket, &Reply::Unmade { step: name, errno }, &[]);
            1
        }
    }
}

/// Unshares and forks. What is forked first is the pid namespace's init.
fn part(plan: &Plan) -> Result<ForkResult, Step> {
    // Whatever happens to the machine's memory, computers go first.
    fs::write("/proc/self/oom_score_adj", "1000").step("offer itself to the memory killer")?;
    sys::raise_open_files().step("raise its limit of open files")?;
    for entrance in &plan.entrances {
        fs::write(entrance, "0").step("enter its control group")?;
    }
    let namespaces = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    match plan.user {
        User::Root => unshare(namespaces).step("unshare")?,
        User::Ordinary { uid, gid } => {
            unshare(namespaces | CloneFlags::CLONE_NEWUSER).step("unshare")?;
            map_root_to(uid, gid)?;
        }
    }
    sys::fork().step("fork")
}

/// Makes this process root of the user namespace that it just entered.
pub fn map_root_to(uid: u32, gid: u32) -> Result<(), Step> {
    fs::write("/proc/self/setgroups", "deny").step("deny setgroups")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1")).step("map the user")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1")).step("map the group")
}
