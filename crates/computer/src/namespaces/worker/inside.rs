//! The worker's own process: becomes whoever may read the tree and no more, does its job, answers
//! and ends.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;

use super::super::ids;
use super::super::plan::{COMPUTER_UID, User};
use super::super::step::{Step, Steps};
use super::super::sys;
use super::super::unpack;
use super::super::wire::{self, Received};
use super::difference::{self, Views};
use super::digest::{self, Shift};
use super::{Answer, Job, Order, copy, measure};

/// What real root keeps: power over files, and over the attributes that overlays have. No more
/// than root of a user namespace has over its user's files.
const CAPABILITIES: [u32; 8] = [
    0,  // CAP_CHOWN
    1,  // CAP_DAC_OVERRIDE
    2,  // CAP_DAC_READ_SEARCH
    3,  // CAP_FOWNER
    4,  // CAP_FSETID
    21, // CAP_SYS_ADMIN: the attributes `trusted.overlay.*`, and overlays
    27, // CAP_MKNOD: whiteouts
    31, // CAP_SETFCAP
];

/// Does one job and exits. To be called first of all in `main`, before there is a second thread.
pub fn main() -> ! {
    sys::exit(match serve() {
        Ok(()) => 0,
        Err(_) => 1,
    })
}

fn serve() -> io::Result<()> {
    sys::close_others()?;
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    sys::stream(&File::open("/dev/null")?.into(), libc::STDIN_FILENO)?;
    // Whoever waits does so in the thread that started us.
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    let Some(Received { message, fds }) = wire::receive::<Order>(&socket)? else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let answer = perform(message, fds)
        .unwrap_or_else(|Step { name, errno }| Answer::Failed { what: name, errno });
    wire::send(&socket, &answer, &[])
}

fn perform(Order { user, job }: Order, folders: Vec<OwnedFd>) -> Result<Answer, Step> {
    sys::raise_open_files().step("raise its limit of open files")?;
    enter(user)?;
    match job {
        Job::Digest { forbidden } => {
            let [tree] = expect(folders)?;
            digest::of(&tree, shift(user), &forbidden)
        }
        Job::Copy => {
            let [from, to] = expect(folders)?;
            copy::tree(&from, &to)
        }
        Job::Unpack { compression } => {
            let [archive, to] = expect(folders)?;
            unpack::answer(archive.into(), compression, &to, user)
        }
        Job::Measure { bytes_max, files_max } => {
            let [tree] = expect(folders)?;
            measure::tree(&tree, bytes_max, files_max)
        }
        Job::Difference { home, above, below, place } => {
            let [to] = expect(folders)?;
            nix::unistd::chdir(&home).step("enter whimbrel's home")?;
            difference::make(&Views { above: &above, below: &below, user, place: &place }, &to)
        }
    }
}

fn expect<const N: usize>(folders: Vec<OwnedFd>) -> Result<[OwnedFd; N], Step> {
    folders.try_into().map_err(|_| Step { name: "take its folders".into(), errno: libc::EBADF })
}

fn shift(user: User) -> Shift {
    match user {
        User::Root => Shift(COMPUTER_UID),
        User::Ordinary { .. } => Shift(0),
    }
}

fn enter(user: User) -> Result<(), Step> {
    match user {
        User::Root => {
            unshare(CloneFlags::CLONE_NEWNS).step("unshare")?;
            let bits = CAPABILITIES.iter().fold(0, |bits, number| bits | 1 << number);
            sys::keep_capabilities(bits).step("keep only power over files")?;
        }
        User::Ordinary { uid, gid } => {
            unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUSER).step("unshare")?;
            ids::map_one((0, uid), (0, gid))?;
        }
    }
    prctl::set_no_new_privs().step("give up new privileges")?;
    // The mode of what is made is said each time.
    nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    let nothing: Option<&str> = None;
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)
        .step("keep mounts private")
}
