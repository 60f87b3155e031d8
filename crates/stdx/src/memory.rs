//! How much memory this machine has.

use std::fs;

/// Bytes that could be had without swapping, where the kernel says so.
pub fn available_bytes() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// What this process has of it, in bytes, where the kernel says so.
pub fn resident_bytes() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

pub(crate) fn field(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with(name))?;
    let kib: u64 = line[name.len()..].trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_meminfo() {
        let text = "MemTotal:       24000 kB\nMemAvailable:   1024 kB\n";
        assert_eq!(super::field(text, "MemAvailable:"), Some(1024 * 1024));
        assert_eq!(super::field(text, "Swap:"), None);
    }
}
