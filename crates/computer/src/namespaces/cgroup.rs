//! Control groups: who holds a computer's memory, processes and CPU, how its death of memory is
//! known, and how its programs are made to stand still. Version 1 and 2, found by trying; where
//! neither can be used, there are none. It knows no process, only files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::{AccessFlags, access};
use serde::{Deserialize, Serialize};

/// Init counts as a process too.
const PROCESSES_OURS: u64 = 1;
/// Of the names of our groups.
const PREFIX: &str = "whimbrel-";
/// Of a group that nobody is in, before it is taken for left: making a computer takes milliseconds.
const LEFT_AGE_MIN: Duration = Duration::from_secs(60);
/// Looked at for ones that are left.
const GROUPS_MAX: usize = 10_000;
/// Of the memory, what may be on its way between sockets of TCP: the machine has one sum for all.
const SOCKETS_SHARE: u64 = 8;
/// In which a quota of CPU time is given out; the kernels' own default, in microseconds.
const CPU_PERIOD_US: u64 = 100_000;
/// The least that a kernel gives in one period.
const CPU_QUOTA_US_MIN: u64 = 1_000;
/// A process in the middle of a long system call stands still only after it.
const FREEZE_MAX: Duration = Duration::from_secs(2);
const FREEZE_POLL: Duration = Duration::from_micros(200);
/// A group can be removed when its last process is gone entirely, which is soon after it died.
const EMPTY_MAX: Duration = Duration::from_secs(5);
const EMPTY_POLL: Duration = Duration::from_millis(2);

/// What holds a computer's limits of memory and processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitsBy {
    CgroupV1,
    CgroupV2,
    /// Resource limits per process, and a look at all of them several times a second.
    Rlimits,
}

/// What holds a computer's limit of CPU time per wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CpuBy {
    CgroupV1,
    CgroupV2,
    /// Nothing here can: a computer may use all CPUs, beside everybody else.
    Nothing,
}

/// Where groups can be made.
#[derive(Debug, Clone)]
pub enum Groups {
    V1 { memory: PathBuf, pids: PathBuf, cpu: Option<PathBuf>, freezer: Option<PathBuf> },
    V2 { parent: PathBuf, cpu: bool },
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

    pub fn cpu_by(&self) -> CpuBy {
        match self {
            Self::V1 { cpu: Some(_), .. } => CpuBy::CgroupV1,
            Self::V2 { cpu: true, .. } => CpuBy::CgroupV2,
            Self::V1 { cpu: None, .. } | Self::V2 { cpu: false, .. } | Self::None => CpuBy::Nothing,
        }
    }

    /// Removes groups of computers that are gone with whoever made them. One that is alive has its
    /// init in it; one that is being made is younger than [`LEFT_AGE_MIN`].
    pub fn sweep(&self) {
        let parents: Vec<&Path> = match self {
            Self::V1 { memory, pids, cpu, .. } => {
                [memory, pids].into_iter().chain(cpu).map(PathBuf::as_path).collect()
            }
            Self::V2 { parent, .. } => vec![parent],
            Self::None => vec![],
        };
        for name in parents.into_iter().flat_map(left_in) {
            // Whoever was faster, or a process that is still in it, stops this.
            let _stays = self.group(&name).remove_now();
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
        let name = format!("{PREFIX}{name}");
        let below = |folder: &Option<PathBuf>| folder.as_ref().map(|folder| folder.join(&name));
        match self {
            Self::V1 { memory, pids, cpu, freezer } => Group {
                folders: vec![memory.join(&name), pids.join(&name)],
                cpu: below(cpu),
                freezer: below(freezer),
                version: Version::One,
            },
            Self::V2 { parent, cpu } => {
                let group = parent.join(&name);
                Group {
                    cpu: cpu.then(|| group.clone()),
                    freezer: Some(group.join(PROGRAMS)),
                    folders: vec![group],
                    version: Version::Two,
                }
            }
            Self::None => {
                Group { folders: vec![], cpu: None, freezer: None, version: Version::One }
            }
        }
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
    let (memory, pids) = (folder("memory")?, folder("pids")?);
    let writable = |folder: &PathBuf| access(folder, AccessFlags::W_OK).is_ok();
    let (cpu, freezer) = (folder("cpu").filter(writable), folder("freezer").filter(writable));
    Some(Groups::V1 { memory, pids, cpu, freezer })
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
        hands_on(parent, &["memory", "pids"])
            && access(&parent.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
    });
    let group = |parent: &Path| {
        let cpu = hands_on(parent, &["cpu"]);
        Groups::V2 { parent: parent.to_owned(), cpu }
    };
    usable.map(group).collect()
}

/// Whether groups below `parent` have these controllers, or can be given them.
fn hands_on(parent: &Path, controllers: &[&str]) -> bool {
    let file = parent.join("cgroup.subtree_control");
    let has_all = || {
        fs::read_to_string(&file).is_ok_and(|text| {
            controllers.iter().all(|name| text.split_whitespace().any(|has| has == *name))
        })
    };
    let wanted: Vec<_> = controllers.iter().map(|name| format!("+{name}")).collect();
    has_all() || (fs::write(&file, wanted.join(" ")).is_ok() && has_all())
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

/// Where a computer's programs are in version 2, beside [`INIT`]: they stand still or end without
/// it, and they end all together for memory.
const PROGRAMS: &str = "programs";
const INIT: &str = "init";

/// The group of one computer; none of it where there are no groups. It is written down beside
/// the computer, so that whoever clears up after us finds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    /// In version 1 that of memory first, in version 2 the only one.
    folders: Vec<PathBuf>,
    /// Made only for a computer with a quota.
    #[serde(default)]
    cpu: Option<PathBuf>,
    /// Without init, who must notice when the supervisor dies meanwhile.
    #[serde(default)]
    freezer: Option<PathBuf>,
    version: Version,
}

/// How processes come into a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entrance {
    /// Whoever writes `0` into it is in, and all that it forks. This is version 1's file for
    /// threads: one that moves itself is moved without the lock over all of the machine's forks,
    /// whose taking lasts 10 ms.
    Tasks(PathBuf),
    /// A folder that a process is born into. In version 2 moving one takes that lock.
    Birth(PathBuf),
}

impl Group {
    pub fn make(&self, limits: &domain::Limits) -> io::Result<()> {
        let cpu = self.cpu.as_ref().zip(limits.cpu_millis);
        match (self.version, self.folders.as_slice()) {
            (Version::One, [memory, pids]) => {
                make_v1(memory, pids, limits)?;
                if let Some(freezer) = &self.freezer {
                    fs::create_dir(freezer)?;
                }
                cpu.map_or(Ok(()), |(folder, millis)| {
                    fs::create_dir(folder)?;
                    fs::write(folder.join("cpu.cfs_period_us"), CPU_PERIOD_US.to_string())?;
                    fs::write(folder.join("cpu.cfs_quota_us"), quota_us(millis).to_string())
                })
            }
            (Version::Two, [group]) => {
                make_v2(group, limits)?;
                cpu.map_or(Ok(()), |(folder, millis)| {
                    let text = format!("{} {CPU_PERIOD_US}", quota_us(millis));
                    fs::write(folder.join("cpu.max"), text)
                })
            }
            _no_groups => Ok(()),
        }
    }

    /// For init, and so for all that it forks.
    pub fn entrances(&self) -> Vec<Entrance> {
        match self.version {
            Version::One => {
                let cpu = self.cpu.iter().filter(|folder| folder.is_dir());
                let folders = self.folders.iter().chain(cpu);
                folders.map(|folder| Entrance::Tasks(folder.join("tasks"))).collect()
            }
            Version::Two => {
                self.folders.iter().map(|group| Entrance::Birth(group.join(INIT))).collect()
            }
        }
    }

    /// For each program, besides.
    pub fn programs(&self) -> Option<Entrance> {
        let folder = self.freezer.as_ref()?;
        Some(match self.version {
            Version::One => Entrance::Tasks(folder.join("tasks")),
            Version::Two => Entrance::Birth(folder.clone()),
        })
    }

    /// Makes all programs stand still; init goes on. `Unsupported` where there are no groups.
    pub fn freeze(&self) -> io::Result<()> {
        let frozen = match self.version {
            Version::One => self.set_state("freezer.state", "FROZEN", |text| text == "FROZEN"),
            Version::Two => {
                let state = self.set_state("cgroup.freeze", "1", |_| true);
                state
                    .and_then(|()| self.wait_for("cgroup.events", |text| text.contains("frozen 1")))
            }
        };
        frozen.inspect_err(|_not_all_stood_still| {
            let _what_was_frozen_goes_on = self.thaw();
        })
    }

    /// Lets them go on.
    pub fn thaw(&self) -> io::Result<()> {
        match self.version {
            Version::One => self.set_state("freezer.state", "THAWED", |text| text == "THAWED"),
            Version::Two => self.set_state("cgroup.freeze", "0", |_| true),
        }
    }

    /// How the programs are let go on by writing `.1` into `.0`.
    pub fn thawing(&self) -> Option<(PathBuf, &'static str)> {
        let folder = self.freezer.as_ref()?;
        Some(match self.version {
            Version::One => (folder.join("freezer.state"), "THAWED"),
            Version::Two => (folder.join("cgroup.freeze"), "0"),
        })
    }

    fn set_state(&self, file: &str, state: &str, is_it: impl Fn(&str) -> bool) -> io::Result<()> {
        let folder = self.freezer.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        fs::write(folder.join(file), state)?;
        self.wait_for(file, is_it)
    }

    fn wait_for(&self, file: &str, is_it: impl Fn(&str) -> bool) -> io::Result<()> {
        let file = self.freezer.as_ref().ok_or(io::ErrorKind::Unsupported)?.join(file);
        let started = Instant::now();
        while !is_it(fs::read_to_string(&file)?.trim_end()) {
            if started.elapsed() > FREEZE_MAX {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(FREEZE_POLL);
        }
        Ok(())
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

    /// Kills whatever is in it, where a kernel has a way to do so at once.
    pub fn kill(&self) -> io::Result<()> {
        match (self.version, self.folders.as_slice()) {
            (Version::Two, [group]) => write_if_there(&group.join("cgroup.kill"), "1"),
            // What is frozen dies when it goes on.
            (Version::One, [_, _]) if self.freezer.as_ref().is_some_and(|f| f.is_dir()) => {
                self.thaw()
            }
            _no_groups => Ok(()),
        }
    }

    /// Waits until the last process is gone, for a while.
    pub fn remove(&self) -> io::Result<()> {
        self.all().iter().try_for_each(|folder| remove_when_empty(folder, EMPTY_MAX))
    }

    /// All of it that nothing is in.
    fn remove_now(&self) -> io::Result<()> {
        self.all().iter().try_for_each(|folder| remove_when_empty(folder, Duration::ZERO))
    }

    /// In the order in which they can be removed.
    fn all(&self) -> Vec<PathBuf> {
        let below: Vec<PathBuf> = match self.version {
            Version::One => vec![],
            Version::Two => {
                let below = |group: &PathBuf| [group.join(PROGRAMS), group.join(INIT)];
                self.folders.iter().flat_map(below).collect()
            }
        };
        let beside = self.cpu.iter().filter(|cpu| !self.folders.contains(cpu));
        let freezer = self.freezer.iter().filter(|freezer| !below.contains(freezer));
        let all = below.iter().chain(beside).chain(freezer).chain(&self.folders);
        all.cloned().collect()
    }
}

/// Names of old groups of computers in which no process is.
fn left_in(parent: &Path) -> Vec<String> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().take(GROUPS_MAX);
    let left = entries.filter(|entry| is_left(&entry.path()));
    let names = left.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| Some(name.strip_prefix(PREFIX)?.to_owned())).collect()
}

fn is_left(group: &Path) -> bool {
    let made = fs::metadata(group).and_then(|found| found.modified());
    let is_old = made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > LEFT_AGE_MIN));
    is_old && is_empty(group) && is_empty(&group.join(INIT)) && is_empty(&group.join(PROGRAMS))
}

/// Also where there is none.
fn is_empty(group: &Path) -> bool {
    fs::read_to_string(group.join("cgroup.procs")).is_ok_and(|text| text.is_empty())
        || !group.exists()
}

fn make_v1(memory: &Path, pids: &Path, limits: &domain::Limits) -> io::Result<()> {
    let bytes = limits.memory_bytes.to_string();
    fs::create_dir(memory)?;
    fs::create_dir(pids)?;
    fs::write(memory.join("memory.limit_in_bytes"), &bytes)?;
    write_if_there(&memory.join("memory.memsw.limit_in_bytes"), &bytes)?;
    // Version 1 counts what is on its way between sockets only where that has a limit of its own.
    let on_its_way = limits.memory_bytes / SOCKETS_SHARE;
    write_if_there(&memory.join("memory.kmem.tcp.limit_in_bytes"), &on_its_way.to_string())?;
    fs::write(pids.join("pids.max"), processes(limits))
}

/// The limits are the whole group's. Below it memory is only handed on so that programs end
/// together, and a group that hands something on has no process of its own.
fn make_v2(group: &Path, limits: &domain::Limits) -> io::Result<()> {
    let programs = group.join(PROGRAMS);
    fs::create_dir(group)?;
    fs::create_dir(group.join(INIT))?;
    fs::create_dir(&programs)?;
    fs::write(group.join("memory.max"), limits.memory_bytes.to_string())?;
    write_if_there(&group.join("memory.swap.max"), "0")?;
    fs::write(group.join("pids.max"), processes(limits))?;
    fs::write(group.join("cgroup.subtree_control"), "+memory")?;
    end_together(&programs)
}

/// When one dies for memory. Older kernels can't.
fn end_together(programs: &Path) -> io::Result<()> {
    write_if_there(&programs.join("memory.oom.group"), "1")
}

fn processes(limits: &domain::Limits) -> String {
    (limits.processes + PROCESSES_OURS).to_string()
}

fn quota_us(cpu_millis: u32) -> u64 {
    (u64::from(cpu_millis) * CPU_PERIOD_US / 1000).max(CPU_QUOTA_US_MIN)
}

fn write_if_there(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() { fs::write(file, text) } else { Ok(()) }
}

fn kills(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

fn remove_when_empty(folder: &Path, patience: Duration) -> io::Result<()> {
    let started = Instant::now();
    loop {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                if started.elapsed() > patience {
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
