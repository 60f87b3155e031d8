//! What a world has on this machine outside its folder: processes, mounts, control groups. After
//! a task nothing of it may be left.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::world::{World, wait_until};

/// Control groups are nested less deeply than this.
const GROUP_DEPTH_MAX: usize = 8;

impl World {
    /// The attempts' processes.
    pub fn runners(&self) -> Vec<Pid> {
        self.commands("attempt")
    }

    /// Processes that carry out verdicts.
    pub fn deciders(&self) -> Vec<Pid> {
        self.commands("decide")
    }

    /// The engine's process, if one runs.
    pub fn engines(&self) -> Vec<Pid> {
        self.commands("serve")
    }

    fn commands(&self, name: &str) -> Vec<Pid> {
        let is_it = |pid: &Pid| {
            read(*pid, "cmdline").split(|&byte| byte == 0).nth(1) == Some(name.as_bytes())
        };
        self.processes().into_iter().filter(is_it).collect()
    }

    /// Asks the engine to stop, and waits until it has.
    #[track_caller]
    pub fn stop_the_engine(&self) {
        for pid in self.engines() {
            // It may end by itself meanwhile.
            let _gone = kill(pid, Signal::SIGTERM);
        }
        wait_until("the engine's end", || self.engines().is_empty());
    }

    /// Kills the one runner there is, the way the kernel does when memory is short.
    #[track_caller]
    pub fn kill_the_runner(&self) {
        let runners = self.runners();
        assert_eq!(runners.len(), 1, "{runners:?}");
        kill(runners[0], Signal::SIGKILL).unwrap();
    }

    /// All processes that were told of the home, and all that hold a computer of it.
    fn processes(&self) -> Vec<Pid> {
        let told = format!("WHIMBREL_HOME={}", self.home().display()).into_bytes();
        let computers = self.home().join("computers");
        let is_ours = |pid: &Pid| {
            read(*pid, "environ").split(|&byte| byte == 0).any(|pair| pair == told)
                || has_open(*pid, &computers)
        };
        all_processes().into_iter().filter(is_ours).collect()
    }

    /// The names of the computers there are.
    pub fn computers(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.home().join("computers")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Whether anything of that computer is alive, or is just being made.
    fn is_driven(&self, name: &str) -> bool {
        let lock = self.home().join("computers").join(name).join("lock");
        !lock.exists() || stdx::lock::FileLock::is_taken(&lock).unwrap()
    }

    /// Neither a process nor a mount nor a control group of `computers`, and no computer but the
    /// resting files of attempts that somebody could follow.
    #[track_caller]
    pub fn nothing_is_left(&self, computers: &[String]) {
        self.stop_the_engine();
        wait_until("the end of the last process", || self.processes().is_empty());
        let names = self.computers();
        let driven: Vec<&String> = names.iter().filter(|name| self.is_driven(name)).collect();
        assert_eq!(driven, [] as [&str; 0]);
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(self.home().join("computers").to_str().unwrap()), "{mounts}");
        let groups = groups(Path::new("/sys/fs/cgroup"), GROUP_DEPTH_MAX);
        let left: Vec<_> = groups
            .iter()
            .filter(|group| {
                computers.iter().any(|name| group.ends_with(format!("whimbrel-{name}")))
            })
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A story that fails leaves no attempt behind.
impl Drop for World {
    fn drop(&mut self) {
        for pid in self.engines().into_iter().chain(self.runners()) {
            // It may end by itself meanwhile.
            let _gone = kill(pid, Signal::SIGKILL);
        }
    }
}

/// Whether any process runs a command line with `mark` in it.
pub fn is_running(mark: &str) -> bool {
    let has_mark = |pid: Pid| String::from_utf8_lossy(&read(pid, "cmdline")).contains(mark);
    all_processes().into_iter().any(has_mark)
}

fn all_processes() -> Vec<Pid> {
    let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
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
