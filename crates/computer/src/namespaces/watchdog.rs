//! Holds a computer's memory where no cgroup can: init adds up what its processes have, and ends
//! them all when it is too much. Between two looks a computer can overshoot, and memory that
//! processes share without a file (`memfd`, shared mappings) is not seen: a cgroup sees both.

use std::fs;

/// Between two looks.
pub const WATCH_INTERVAL_MS: u16 = 50;
/// Looked at in one go; more processes than any computer may have.
const PROCESSES_MAX: usize = 4096;
const TEMPORARY: [&str; 3] = ["/tmp", "/dev/shm", "/run"];

/// Whether processes and temporary files together have more than `bytes_max`.
pub fn over_memory(bytes_max: u64) -> bool {
    processes_bytes() + TEMPORARY.iter().map(|path| tmpfs_bytes(path)).sum::<u64>() > bytes_max
}

fn processes_bytes() -> u64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0 };
    let pids = entries.flatten().filter(|entry| {
        entry.file_name().to_string_lossy().starts_with(|first: char| first.is_ascii_digit())
    });
    pids.take(PROCESSES_MAX)
        .filter_map(|entry| fs::read_to_string(entry.path().join("statm")).ok())
        .filter_map(|statm| private_pages(&statm))
        .sum::<u64>()
        * page_bytes()
}

/// Resident less shared, of a line of `/proc/PID/statm`.
fn private_pages(statm: &str) -> Option<u64> {
    let mut fields = statm.split(' ').skip(1).map(str::parse::<u64>);
    let (resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(resident.saturating_sub(shared))
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
    #[test]
    fn what_is_shared_counts_for_nobody() {
        assert_eq!(super::private_pages("900 120 20 5 0 100 0\n"), Some(100));
        assert_eq!(super::private_pages(""), None);
    }
}
