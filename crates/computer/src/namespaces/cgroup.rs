//! Control groups: who holds a computer's memory and processes, and how its death of memory is
//! known. Version 1 and 2, found by trying; where neither can be used, there are none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::{AccessFlags, access};
use serde::{Deserialize, Serialize};

/// Init and its helper count as processes too.
const PROCESSES_OURS: u64 = 2;
/// A group can be removed when its last process is gone entirely, which is soon after it died.
const EMPTY_MAX: Duration = Duration::from_secs(5);
const EMPTY_POLL: Duration = Duration::from_millis(2);

/// What holds a computer's limits of memory and processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitsBy {
    CgroupV1,
    CgroupV2,
    /// Resource limits per process, and a look at all of them several times a second.
    Rlimits,
}

/// Where groups can be made.
#[derive(Debug, Clone)]
pub enum Groups {
    V1 { memory: PathBuf, pids: PathBuf },
    V2 { parent: PathBuf },
    None,
}

impl Groups {
    /// The first kind in which a group can really be made.
    pub fn find() -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let candidates = v2(&mounts, &own).into_iter().chain(v1(&mounts, &own));
        candidates.into_iter().find(Self::works).unwrap_or(Self::None)
    }

    pub fn limits_by(&self) -> LimitsBy {
        match self {
            Self::V1 { .. } => LimitsBy::CgroupV1,
            Self::V2 { .. } => LimitsBy::CgroupV2,
            Self::None => LimitsBy::Rlimits,
        }
    }

    fn works(&self) -> bool {
        let Ok(number) = stdx::random::random_u64() else { return false };
        let group = self.group(&format!("probe-{number:016x}"));
        let made = group.make(&domain::Limits::default());
        group.remove().is_ok() && made.is_ok()
    }

    /// The group of one computer, not made yet.
    pub fn group(&self, name: &str) -> Group {
        let name = format!("whimbrel-{name}");
        let (folders, version) = match self {
            Self::V1 { memory, pids } => (vec![memory.join(&name), pids.join(&name)], Version::One),
            Self::V2 { parent } => (vec![parent.join(&name)], Version::Two),
            Self::None => (Vec::new(), Version::One),
        };
        Group { folders, version }
    }
}

/// Version 1 in this process's own groups, so that its limits hold for computers too.
fn v1(mounts: &str, own: &str) -> Option<Groups> {
    let folder = |controller| {
        let mount = mounts.lines().filter_map(Mount::parse).find(|mount| {
            mount.kind == "cgroup" && mount.options.split(',').any(|option| option == controller)
        })?;
        mount.folder_of(own_path(own, controller)?)
    };
    Some(Groups::V1 { memory: folder("memory")?, pids: folder("pids")? })
}

/// Version 2, in the nearest group above this process that hands on both controllers and lets us
/// move a process. A group with processes of its own can't, so it is hardly ever our own.
fn v2(mounts: &str, own: &str) -> Vec<Groups> {
    let mount = mounts.lines().filter_map(Mount::parse).find(|mount| mount.kind == "cgroup2");
    let Some(mount) = mount else { return Vec::new() };
    let Some(folder) = own_path(own, "").and_then(|path| mount.folder_of(path)) else {
        return Vec::new();
    };
    let top = Path::new(mount.point);
    let above = folder.ancestors().take_while(|ancestor| ancestor.starts_with(top));
    let usable = above.filter(|parent| {
        hands_on(parent) && access(&parent.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
    });
    usable.map(|parent| Groups::V2 { parent: parent.to_owned() }).collect()
}

fn hands_on(parent: &Path) -> bool {
    let file = parent.join("cgroup.subtree_control");
    let has_both = || {
        fs::read_to_string(&file).is_ok_and(|text| {
            ["memory", "pids"].iter().all(|name| text.split_whitespace().any(|has| has == *name))
        })
    };
    has_both() || (fs::write(&file, "+memory +pids").is_ok() && has_both())
}

/// A line of `/proc/self/mountinfo`.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let mut after = after.split(' ');
        Some(Self {
            root: before.next()?,
            point: before.next()?,
            kind: after.next()?,
            options: after.nth(1)?,
        })
    }

    /// Where a group is, if this mount shows it.
    fn folder_of(&self, group: &str) -> Option<PathBuf> {
        let below = Path::new(group).strip_prefix(self.root).ok()?;
        Some(Path::new(self.point).join(below))
    }
}

/// This process's group, of a line of `/proc/self/cgroup`. Version 2 has no controller's name.
fn own_path<'a>(own: &'a str, controller: &str) -> Option<&'a str> {
    own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    One,
    Two,
}

/// The group of one computer; none of it where there are no groups. It is written down beside
/// the computer, so that whoever clears up after us finds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    folders: Vec<PathBuf>,
    version: Version,
}

impl Group {
    pub fn make(&self, limits: &domain::Limits) -> io::Result<()> {
        let memory = limits.memory_bytes.to_string();
        let processes = (limits.processes + PROCESSES_OURS).to_string();
        for folder in &self.folders {
            fs::create_dir(folder)?;
        }
        match (self.version, self.folders.as_slice()) {
            (Version::One, [memory_group, pids_group]) => {
                fs::write(memory_group.join("memory.limit_in_bytes"), &memory)?;
                let swap = memory_group.join("memory.memsw.limit_in_bytes");
                write_if_there(&swap, &memory)?;
                fs::write(pids_group.join("pids.max"), processes)
            }
            (Version::Two, [group]) => {
                fs::write(group.join("memory.max"), &memory)?;
                write_if_there(&group.join("memory.swap.max"), "0")?;
                fs::write(group.join("pids.max"), processes)
            }
            _no_groups => Ok(()),
        }
    }

    /// Whoever writes `0` into these is in, and all that it forks. In version 1 that is the file
    /// for threads: one that moves itself is moved without the lock over all of the machine's
    /// forks, whose taking lasts 10 ms.
    pub fn entrances(&self) -> Vec<PathBuf> {
        let name = match self.version {
            Version::One => "tasks",
            Version::Two => "cgroup.procs",
        };
        self.folders.iter().map(|folder| folder.join(name)).collect()
    }

    /// How many processes the kernel has ended because the group had too much memory.
    pub fn memory_kills(&self) -> u64 {
        let name = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let text = self.folders.first().and_then(|group| fs::read_to_string(group.join(name)).ok());
        text.and_then(|text| kills(&text)).unwrap_or(0)
    }

    /// Waits until the last process is gone, for a while.
    pub fn remove(&self) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| remove_when_empty(folder))
    }
}

fn write_if_there(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() { fs::write(file, text) } else { Ok(()) }
}

fn kills(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

fn remove_when_empty(folder: &Path) -> io::Result<()> {
    let started = Instant::now();
    loop {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                if started.elapsed() > EMPTY_MAX {
                    return Err(error);
                }
                std::thread::sleep(EMPTY_POLL);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests;
