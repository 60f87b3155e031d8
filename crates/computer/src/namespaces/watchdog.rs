//! Holds a computer's memory where no cgroup can: init adds up what its processes have, and ends
//! them all when it is too much. Between two looks a computer can overshoot.
//!
//! Memory that is shared without a file of a limited tmpfs (`memfd`, System V segments, shared
//! mappings) belongs to no process, and is looked for only when there is a sign of it, since that
//! takes longer. What travels in a socket and is open nowhere isn't seen: a cgroup sees it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two looks, when there is little left.
const LOOK_MIN: Duration = Duration::from_millis(50);
/// When there is much.
const LOOK_MAX: Duration = Duration::from_secs(1);
/// No processor fills memory faster: so long there is always time for.
const FILLS_BYTES_PER_SEC: u64 = 4 * 1024 * 1024 * 1024;
/// Looked at in one go; more processes than any computer may have.
const PROCESSES_MAX: usize = 4096;
/// Descriptors looked at in one go.
const DESCRIPTORS_MAX: usize = 100_000;
/// Of one page in a process's tables.
const ENTRY_BYTES: u64 = 8;
/// Of the limit, what one process's tables may have before they are looked at: a share for each of
/// the processes that a computer usually may have.
const TABLES_SHARE: u64 = 512;
/// Of the limit, what processes share, or what shared memory the machine has won since the last
/// look, before it is counted exactly.
const SIGN_SHARE: u64 = 8;
const TEMPORARY: [&str; 3] = ["/tmp", "/dev/shm", "/run"];
const KIB: u64 = 1024;

/// Looks at one computer's memory, from inside.
#[derive(Debug)]
pub struct Watchdog {
    bytes_max: u64,
    /// All shared memory of the machine when descriptors were last counted.
    shared_by_all: u64,
    /// What descriptors held then.
    held_open: u64,
    /// Of one second, at most, by all processors.
    fills_bytes: u64,
    next: Instant,
}

impl Watchdog {
    pub fn new(bytes_max: u64) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
        let fills_bytes = FILLS_BYTES_PER_SEC.saturating_mul(processors);
        let next = Instant::now();
        Self { bytes_max, shared_by_all: shared_by_all(), held_open: 0, fills_bytes, next }
    }

    /// Until it has to look again.
    pub fn pause(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Whether there is too much, if it is time to look. The next look is when what is left now
    /// could be gone.
    pub fn looks(&mut self) -> bool {
        if !self.pause().is_zero() {
            return false;
        }
        let used = self.used();
        let left = self.bytes_max.saturating_sub(used);
        let until_full = Duration::from_secs_f64(left as f64 / self.fills_bytes as f64);
        self.next = Instant::now() + until_full.clamp(LOOK_MIN, LOOK_MAX);
        used > self.bytes_max
    }

    /// What processes, temporary files and what is shared without a file have together.
    fn used(&mut self) -> u64 {
        let (private, shared) = self.processes();
        let temporary = TEMPORARY.iter().map(|path| tmpfs_bytes(path)).sum::<u64>();
        let known = private + temporary + segments(&read("/proc/sysvipc/shm"));
        let mapped = if shared > self.sign() { mapped_bytes() } else { 0 };
        known + mapped.max(self.held_open())
    }

    fn sign(&self) -> u64 {
        self.bytes_max / SIGN_SHARE
    }

    /// Private and shared bytes of all processes; what several share is counted for each.
    fn processes(&self) -> (u64, u64) {
        process_folders()
            .filter_map(|folder| self.process(&folder))
            .fold((0, 0), |sum, (private, shared)| (sum.0 + private, sum.1 + shared))
    }

    fn process(&self, folder: &str) -> Option<(u64, u64)> {
        let Pages { all, private, shared } = Pages::of(&read(format!("{folder}/statm")))?;
        // What was only read from takes no memory but for the tables, in the kernel.
        let tables_matter = all * ENTRY_BYTES > self.bytes_max / TABLES_SHARE;
        let status = || read(format!("{folder}/status"));
        let tables = if tables_matter { kib_of("VmPTE:", &status()) * KIB } else { 0 };
        Some((private * page_bytes() + tables, shared * page_bytes()))
    }

    /// Counted again when the machine's shared memory has changed by as much as matters.
    fn held_open(&mut self) -> u64 {
        let now = shared_by_all();
        if now.abs_diff(self.shared_by_all) > self.sign() {
            self.shared_by_all = now;
            self.held_open = memfd_bytes();
        }
        self.held_open
    }
}

fn process_folders() -> impl Iterator<Item = String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let pids = names.filter(|name| name.starts_with(|first: char| first.is_ascii_digit()));
    pids.take(PROCESSES_MAX).map(|pid| format!("/proc/{pid}"))
}

/// What ended meanwhile has nothing.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// What a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pages {
    /// Also those for which there is no memory yet.
    all: u64,
    private: u64,
    shared: u64,
}

impl Pages {
    /// Of a line of `/proc/PID/statm`.
    fn of(statm: &str) -> Option<Self> {
        let mut fields = statm.split(' ').map(str::parse::<u64>);
        let mut next = || fields.next()?.ok();
        let (all, resident, shared) = (next()?, next()?, next()?);
        Some(Self { all, private: resident.saturating_sub(shared), shared })
    }
}

/// Shared memory that is mapped, each page counted once. Only where a process has some at all,
/// since its tables are walked for it.
fn mapped_bytes() -> u64 {
    process_folders()
        .filter(|folder| kib_of("RssShmem:", &read(format!("{folder}/status"))) > 0)
        .map(|folder| kib_of("Pss_Shmem:", &read(folder + "/smaps_rollup")) * KIB)
        .sum()
}

/// The number after `name` at the beginning of a line.
fn kib_of(name: &str, text: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// Resident bytes of this computer's System V segments, of the table that the kernel shows.
fn segments(table: &str) -> u64 {
    let mut lines = table.lines();
    let column = lines.next().and_then(|names| names.split_whitespace().position(|n| n == "rss"));
    let Some(column) = column else { return 0 };
    lines.filter_map(|line| line.split_whitespace().nth(column)?.parse::<u64>().ok()).sum()
}

/// What files without a name hold that some process has open.
fn memfd_bytes() -> u64 {
    let folders = process_folders().flat_map(|folder| fs::read_dir(folder + "/fd"));
    let links = folders.flatten().flatten().take(DESCRIPTORS_MAX).map(|entry| entry.path());
    let memfds = links.filter(|link| {
        fs::read_link(link).is_ok_and(|name| name.to_string_lossy().starts_with("/memfd:"))
    });
    let found = memfds.filter_map(|link| fs::metadata(link).ok());
    let by_inode: HashMap<u64, u64> = found.map(|file| (file.ino(), file.blocks() * 512)).collect();
    by_inode.values().sum()
}

fn shared_by_all() -> u64 {
    kib_of("Shmem:", &read("/proc/meminfo")) * KIB
}

fn page_bytes() -> u64 {
    let bytes = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096)
}

fn tmpfs_bytes(path: &str) -> u64 {
    nix::sys::statvfs::statvfs(path)
        .map_or(0, |stat| (stat.blocks() - stat.blocks_free()) * stat.fragment_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_not_repeated_before_memory_could_be_gone() {
        let mut watchdog = Watchdog::new(1 << 60);
        assert!(watchdog.pause().is_zero() && !watchdog.looks());
        assert!(watchdog.pause() > LOOK_MAX / 2 && !watchdog.looks());
        let mut full = Watchdog::new(1);
        assert!(full.looks());
        assert!(full.pause() <= LOOK_MIN);
    }

    #[test]
    fn what_the_kernel_shows_is_read() {
        let pages = Pages { all: 900, private: 100, shared: 20 };
        assert_eq!(Pages::of("900 120 20 5 0 100 0\n"), Some(pages));
        assert_eq!(Pages::of(""), None);
        assert_eq!(kib_of("Pss_Shmem:", "Pss:   9 kB\nPss_Shmem:  1024 kB\n"), 1024);
        assert_eq!(kib_of("Pss_Shmem:", "Pss: 9 kB\n"), 0);
        let table = "  key shmid perms size cpid rss swap\n 0 1 1600 67108864 7 8192 0\n 0 2 1600 1 7 4096 0\n";
        assert_eq!(segments(table), 12_288);
        assert_eq!(segments(""), 0);
    }
}
