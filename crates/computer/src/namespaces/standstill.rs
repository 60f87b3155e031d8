//! Makes all programs of a computer stand still, and lets exactly those go on that did before.
//!
//! By the control group's freezer, of which the programs see nothing; where there is none, init
//! stops them by a signal, which their parents may notice.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::cgroup::Group;
use super::link::Link;
use super::wire::{How, What};
use crate::Error;

/// For all to stand still. One that waits for a disk only does when that has answered.
const STOPPING_MAX: Duration = Duration::from_secs(5);
/// For one try of it. A child of `vfork` that was stopped before it ran its program holds up its
/// parent, which can't be stopped then: both go on, and are stopped again.
const TRY_MAX: Duration = Duration::from_millis(250);
const STOPPING_POLL: Duration = Duration::from_millis(1);

/// From outside: the programs of one computer, while they stand still.
pub struct Standstill {
    group: Group,
    link: Arc<Link>,
    by: By,
}

enum By {
    Freezer,
    Init,
}

impl Standstill {
    pub async fn begin(group: Group, link: Arc<Link>) -> io::Result<Self> {
        let freezing = group.clone();
        let frozen = tokio::task::spawn_blocking(move || freezing.freeze()).await;
        match frozen.map_err(io::Error::other)? {
            Ok(()) => Ok(Self { group, link, by: By::Freezer }),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let still = Self { group, link, by: By::Init };
                if let Err(error) = still.ask(What::StandStill).await {
                    // Some may stand still.
                    still.end().await?;
                    return Err(error);
                }
                Ok(still)
            }
            Err(error) => Err(error),
        }
    }

    pub async fn end(self) -> io::Result<()> {
        match self.by {
            By::Freezer => self.group.thaw(),
            By::Init => self.ask(What::GoOn).await,
        }
    }

    async fn ask(&self, what: What) -> io::Result<()> {
        let lost = |_: Error| io::Error::from(io::ErrorKind::NotConnected);
        let started = self.link.start(what, &[]).await.map_err(lost)?;
        let mut running = started.map_err(|not| io::Error::from_raw_os_error(not.errno))?;
        match Link::end(&mut running).await.map_err(lost)?.how {
            How::Exited(0) => Ok(()),
            How::Exited(errno) => Err(io::Error::from_raw_os_error(errno)),
            How::Signalled(_) => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

/// In init: which of its programs stood still by themselves, as those of a shell's job control.
#[derive(Debug, Default)]
pub struct Stopped {
    before: HashSet<i32>,
}

impl Stopped {
    /// Stops all but this process; the kernel lets no fork slip through. They do stand still once
    /// this has returned, unless it says that some don't.
    pub fn all() -> (Self, io::Result<()>) {
        let all = processes();
        let stopped = Self { before: all.into_iter().filter(|pid| stands_still(*pid)).collect() };
        let began = Instant::now();
        loop {
            match stop() {
                Err(error)
                    if error.kind() == io::ErrorKind::TimedOut
                        && began.elapsed() < STOPPING_MAX =>
                {
                    stopped.go_on();
                }
                done => return (stopped, done),
            }
        }
    }

    pub fn go_on(&self) {
        for pid in processes().into_iter().filter(|pid| !self.before.contains(pid)) {
            // It can only have died.
            let _gone = kill(Pid::from_raw(pid), Signal::SIGCONT);
        }
    }
}

fn stop() -> io::Result<()> {
    match kill(Pid::from_raw(-1), Signal::SIGSTOP) {
        // There are none.
        Ok(()) | Err(Errno::ESRCH) => wait_until_still(),
        Err(errno) => Err(errno.into()),
    }
}

fn wait_until_still() -> io::Result<()> {
    let began = Instant::now();
    while !processes().into_iter().all(stands_still) {
        if began.elapsed() > TRY_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(STOPPING_POLL);
    }
    Ok(())
}

/// All in this pid namespace but its init.
pub fn processes() -> Vec<i32> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != 1).collect()
}

/// All of its threads do, or are gone.
fn stands_still(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut stats =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok());
    stats.all(|stat| state_of(&stat).is_none_or(|state| "TtZX".contains(state)))
}

/// Of a line of `stat`, in which the program's name may have any characters.
fn state_of(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

#[cfg(test)]
mod tests {
    use super::state_of;

    #[test]
    fn a_state_is_read_past_any_name() {
        assert_eq!(state_of("12 (sh) S 1 12 12 0"), Some('S'));
        assert_eq!(state_of("12 (a) T 1) t 1 12"), Some('t'));
        assert_eq!(state_of(""), None);
    }
}
