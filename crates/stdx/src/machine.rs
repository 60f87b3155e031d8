//! What this machine has and what of it is free. Unknown things are none, never a guess.

use std::fs;
use std::path::Path;

/// Memory, processors and disk as they are right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What all programs may have together, in bytes: the machine's memory, or less in a group that
    /// has a limit.
    pub memory_bytes: u64,
    /// What could be had without swapping, in bytes.
    pub memory_free_bytes: u64,
    pub cpus: u32,
    /// Threads that run or wait for a processor.
    pub runnable: u32,
    /// In the file system of the path that was asked about, in bytes.
    pub disk_free_bytes: u64,
    /// All of that file system, in bytes.
    pub disk_bytes: u64,
}

/// What is free for a program whose files lie at `path`. Where the system doesn't tell, there is
/// enough.
pub fn room(path: &Path) -> Room {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = crate::memory::field(&meminfo, "MemTotal:").unwrap_or(u64::MAX);
    let free = crate::memory::field(&meminfo, "MemAvailable:").unwrap_or(u64::MAX);
    let (disk_bytes, disk_free_bytes) = disk(path).unwrap_or((u64::MAX, u64::MAX));
    let (limit, limited_free) = group_limit().unwrap_or((u64::MAX, u64::MAX));
    Room {
        memory_bytes: total.min(limit),
        memory_free_bytes: free.min(limited_free),
        cpus: std::thread::available_parallelism()
            .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        runnable: runnable(&fs::read_to_string("/proc/loadavg").unwrap_or_default()),
        disk_free_bytes,
        disk_bytes,
    }
}

/// Of `0.50 0.40 0.30 3/512 4711`, the 3, without the one who asks.
fn runnable(loadavg: &str) -> u32 {
    let now = loadavg.split(' ').nth(3).and_then(|field| field.split('/').next());
    let running: u32 = now.and_then(|number| number.parse().ok()).unwrap_or(0);
    running.saturating_sub(1)
}

/// The limit of the container that this runs in, and what is left of it: version 2 of control
/// groups, then version 1. A limit of a page's worth below 2^63 is none.
fn group_limit() -> Option<(u64, u64)> {
    const FILES: [(&str, &str); 2] = [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ];
    FILES.iter().find_map(|(limit, usage)| {
        let limit: u64 = fs::read_to_string(limit).ok()?.trim().parse().ok()?;
        let used: u64 = fs::read_to_string(usage).ok()?.trim().parse().ok()?;
        Some((limit, limit.saturating_sub(used)))
    })
}

/// All of it, and what is free, in bytes.
fn disk(path: &Path) -> Option<(u64, u64)> {
    let found = nix::sys::statvfs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.fragment_size());
    Some((bytes(found.blocks()), bytes(found.blocks_available())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_something() {
        let room = room(Path::new("/"));
        assert!(room.cpus > 0 && room.memory_bytes > 0 && room.disk_free_bytes > 0, "{room:?}");
        assert!(room.memory_free_bytes <= room.memory_bytes, "{room:?}");
    }

    #[test]
    fn who_asks_is_not_counted() {
        assert_eq!(runnable("0.50 0.40 0.30 3/512 4711\n"), 2);
        assert_eq!(runnable(""), 0);
    }
}
