//! The ids that a computer has, and how it gets them where whimbrel is root.
//!
//! There every computer has a range: 0 to 65,535 inside are [`COMPUTER_UID`] and what follows it
//! outside. Only who is root outside may write such a map, and init has left that root by the
//! time it makes its user namespace; so it asks the helper, over a socket of their own.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::fcntl::{OFlag, open, openat};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Pid, Uid, setgroups, setresgid, setresuid};

use super::plan::{COMPUTER_UID, Plan};
use super::step::{Step, Steps};

/// What a system of accounts needs; also what newuidmap gives an account.
pub const RANGE: u32 = 65_536;
/// Above the range, as many again, none of which is in any computer's map: the kernel counts what
/// a user namespace has by who made it, so each computer is made by another.
const MAKER_UID: u32 = COMPUTER_UID + RANGE;

/// The range as the kernel reads it.
pub fn map() -> String {
    format!("0 {COMPUTER_UID} {RANGE}")
}

/// The helper's end.
pub struct Writer(UnixStream);

/// Init's end.
pub struct Asker(UnixStream);

pub fn pair() -> io::Result<(Writer, Asker)> {
    let (writer, asker) = UnixStream::pair()?;
    Ok((Writer(writer), Asker(asker)))
}

/// The folder of a process in `/proc`, kept open because init is about to let the host's go.
pub fn folder_of(process: Pid) -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    Ok(open(&*format!("/proc/{process}"), flags, Mode::empty())?)
}

impl AsFd for Writer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Writer {
    /// Waits for init to ask. One that failed before closes its end, and is told by its own words.
    pub fn serve(mut self, process: &OwnedFd) -> io::Result<()> {
        if self.0.read_exact(&mut [0]).is_err() {
            return Ok(());
        }
        for name in ["uid_map", "gid_map"] {
            let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
            let file = openat(process, name, flags, Mode::empty())?;
            File::from(file).write_all(map().as_bytes())?;
        }
        self.0.write_all(&[0])
    }
}

impl Asker {
    fn ask(mut self) -> io::Result<()> {
        self.0.write_all(&[0])?;
        self.0.read_exact(&mut [0])
    }
}

/// Real root leaves for good: the mounts and the network stay owned by the user namespace
/// outside, and whoever is root inside has no power over them.
pub fn leave_root(plan: &Plan, asker: Asker) -> Result<(), Step> {
    let maker = maker(&plan.computer);
    setgroups(&[]).step("leave all groups")?;
    become_both(maker)?;
    if plan.watch {
        // Taken over by the user namespace as the limit of all its ids together.
        setrlimit(Resource::RLIMIT_NPROC, plan.processes + 1, plan.processes + 1)
            .step("limit the processes of all ids")?;
    }
    unshare(CloneFlags::CLONE_NEWUSER).step("unshare the user namespace")?;
    asker.ask().step("get a range of ids")?;
    become_both(0)
}

/// An ordinary user's init leaves the namespace that all her computers are made in, so that root
/// inside has no power over mounts and network there either.
pub fn leave_ordinary(uid: u32, gid: u32) -> Result<(), Step> {
    unshare(CloneFlags::CLONE_NEWUSER).step("unshare the user namespace")?;
    map_one((0, uid), (0, gid))
}

/// Gives the user namespace that this process just entered one user and one group: inside, and
/// what they are outside.
pub fn map_one(uid: (u32, u32), gid: (u32, u32)) -> Result<(), Step> {
    let line = |(inside, outside): (u32, u32)| format!("{inside} {outside} 1");
    fs::write("/proc/self/setgroups", "deny").step("deny setgroups")?;
    fs::write("/proc/self/uid_map", line(uid)).step("map the user")?;
    fs::write("/proc/self/gid_map", line(gid)).step("map the group")
}

fn become_both(id: u32) -> Result<(), Step> {
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    setresgid(gid, gid, gid).step("leave root's group")?;
    setresuid(uid, uid, uid).step("leave root")
}

/// By the computer's name, which is a random number.
fn maker(computer: &Path) -> u32 {
    let name = computer.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.get(..4).unwrap_or_default();
    MAKER_UID + u32::from_str_radix(digits, 16).unwrap_or_default() % RANGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computers_have_other_makers_and_none_is_in_the_range() {
        let [one, two] = ["computers/00ff00", "computers/ab0000"].map(|path| maker(path.as_ref()));
        assert_ne!(one, two);
        assert!(one >= COMPUTER_UID + RANGE && two >= COMPUTER_UID + RANGE);
        assert!(maker("computers/ü".as_ref()) >= MAKER_UID);
    }
}
