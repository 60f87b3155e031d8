//! What a helper is told of the computer that it is to make.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::cgroup::Entrance;
use super::outlet::Opened;

/// Who root inside is where whimbrel itself is root, and the first of the ids that a computer has
/// there (see [`super::ids`]): no account has them and no range of subordinate ids reaches them
/// (those begin at 100,000 and grow by 65,536 per account), so that a process that gets out owns
/// nothing. All computers share them; what keeps them apart is that none can see another's
/// processes or files.
pub const COMPUTER_UID: u32 = 1_900_000_000;

#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Where the relative paths below begin. They are relative because the kernel wants all of
    /// them in one page, and because no character in them needs quoting then.
    pub home: PathBuf,
    /// Highest first.
    pub lower: Vec<PathBuf>,
    /// Has the folder `root`, and what `private` says.
    pub computer: PathBuf,
    pub private: Private,
    /// Shown inside, read-only, at the same path unless said otherwise.
    pub binds: Vec<Bind>,
    pub user: User,
    /// Of control groups, for init.
    pub entrances: Vec<Entrance>,
    /// Of the control group of all but init.
    pub programs: Option<Entrance>,
    /// How programs that were made to stand still go on: what to write into which file.
    pub thaw: Option<(PathBuf, String)>,
    pub memory_bytes: u64,
    pub processes: u64,
    /// Nothing else holds memory and processes, so init has to.
    pub watch: bool,
    /// The way out.
    pub opened: Opened,
}

/// Where a computer's private layer is, within its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Private {
    /// In `layer/tree`, with `work` beside it.
    Folder,
    /// In `upper` and `work` of a disk of its own, to be attached at `disk`: it comes over the
    /// computer's socket, and a crash loses it.
    Disk,
}

/// Whose rights the computer is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum User {
    /// Real root makes it, then becomes [`COMPUTER_UID`] for good. With a range of ids.
    Root,
    /// An ordinary user makes it, as root of a user namespace. With one id.
    Ordinary { uid: u32, gid: u32 },
}

impl User {
    pub fn current() -> Self {
        let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
        if uid.is_root() && ["uid_map", "gid_map"].iter().all(|map| has_ranges(map)) {
            Self::Root
        } else {
            Self::Ordinary { uid: uid.as_raw(), gid: gid.as_raw() }
        }
    }
}

/// Root of a user namespace, as in a rootless container, is root of few ids: mostly not of those
/// that computers are to have.
fn has_ranges(map: &str) -> bool {
    std::fs::read_to_string(format!("/proc/self/{map}")).is_ok_and(|map| covers_computers(&map))
}

fn covers_computers(map: &str) -> bool {
    let end = u64::from(COMPUTER_UID) + 2 * u64::from(super::ids::RANGE);
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(inside)), Some(Ok(_outside)), Some(Ok(count))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        inside <= u64::from(COMPUTER_UID) && inside + count >= end
    })
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bind {
    pub source: PathBuf,
    pub target: PathBuf,
}

impl Bind {
    pub fn same(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { source: path.clone(), target: path }
    }
}

#[cfg(test)]
mod tests {
    use super::covers_computers;

    #[test]
    fn root_of_few_ids_is_no_root_of_computers() {
        assert!(covers_computers("         0          0 4294967295\n"));
        assert!(!covers_computers("0 1000 1\n1 100000 65536\n"));
        assert!(!covers_computers(""));
    }
}
