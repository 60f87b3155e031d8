//! What a home has on this machine outside its folder: processes, mounts, control groups.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Control groups are nested less deeply than this.
const GROUP_DEPTH_MAX: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub pid: Pid,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of the attempt of that id.
    Runner(String),
    Engine,
    /// A command, or a process of a computer.
    Other,
}

/// Everything that was told of the home.
pub(super) fn of_home(home: &Path) -> Vec<Process> {
    all().into_iter().filter(|pid| is_told(*pid, home)).map(Process::of).collect()
}

/// That, and everything that holds one of its computers.
pub(super) fn left_of_home(home: &Path) -> Vec<Process> {
    let computers = home.join("computers");
    let is_ours = |pid: &Pid| is_told(*pid, home) || has_open(*pid, &computers);
    all().into_iter().filter(is_ours).map(Process::of).collect()
}

/// The runners and the engine that say in their locks who they are: found in no time, but for who
/// has just been started.
pub(super) fn locked(home: &Path) -> Vec<Process> {
    let attempts = fs::read_dir(home.join("attempts")).into_iter().flatten().flatten();
    let runners = attempts.map(|entry| entry.path().join("runner.lock"));
    let named = |path: PathBuf| {
        let text = fs::read_to_string(path).ok()?;
        text.split(' ').next()?.trim().parse().ok().map(Pid::from_raw)
    };
    let pids = runners.chain([home.join("locks/engine")]).filter_map(named);
    pids.filter(|pid| is_told(*pid, home)).map(Process::of).collect()
}

fn is_told(pid: Pid, home: &Path) -> bool {
    let told = format!("WHIMBREL_HOME={}", home.display()).into_bytes();
    read(pid, "environ").split(|&byte| byte == 0).any(|pair| pair == told)
}

impl Process {
    fn of(pid: Pid) -> Self {
        Self { pid, kind: kind(pid) }
    }
}

fn kind(pid: Pid) -> Kind {
    let line = read(pid, "cmdline");
    let mut words = line.split(|&byte| byte == 0).skip(1);
    match words.next() {
        Some(b"attempt") => {
            Kind::Runner(String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned())
        }
        Some(b"serve") => Kind::Engine,
        _ => Kind::Other,
    }
}

pub(super) fn send(process: &Process, signal: Signal) {
    // It may have ended by itself meanwhile.
    let _gone = kill(process.pid, signal);
}

fn all() -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).map(Pid::from_raw).collect()
}

/// Empty where the process has ended.
fn read(pid: Pid, file: &str) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

fn has_open(pid: Pid, folder: &Path) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|to| to.starts_with(folder)))
}

/// The mounts below that folder that this process sees.
pub(super) fn mounts_below(folder: &Path) -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let below = format!("{}/", folder.display());
    mounts.lines().filter(|line| line.contains(&below)).map(str::to_owned).collect()
}

/// Control groups whose name has one of these words in it.
pub(super) fn groups_of(words: &[String]) -> Vec<PathBuf> {
    let named = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        words.iter().any(|word| name.contains(word.as_str()))
    };
    let mut found = groups(Path::new("/sys/fs/cgroup"), GROUP_DEPTH_MAX);
    found.retain(|path| named(path));
    found
}

fn groups(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let folders =
        entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut found: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    if depth > 0 {
        let below: Vec<PathBuf> = found.iter().flat_map(|one| groups(one, depth - 1)).collect();
        found.extend(below);
    }
    found
}
