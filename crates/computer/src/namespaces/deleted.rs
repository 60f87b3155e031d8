//! In init: what programs have on the disk that has no name any more, since they deleted it and
//! keep it open. Who counts a computer's files from outside doesn't see that.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::standstill::processes;

/// `stat` counts blocks of this size, whatever the disk's are.
const BLOCK_BYTES: u64 = 512;
/// Looked at in one go, of all programs: some ten milliseconds. Init serves nobody meanwhile.
const DESCRIPTORS_MAX: usize = 50_000;

/// In bytes. Files that no descriptor of a program leads to, as those that are only mapped into
/// memory, aren't seen.
pub fn bytes() -> u64 {
    let Ok(root) = fs::metadata("/") else { return 0 };
    let folders = processes().into_iter().map(|pid| format!("/proc/{pid}/fd"));
    let descriptors = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut seen = HashSet::new();
    descriptors
        .take(DESCRIPTORS_MAX)
        .filter_map(|descriptor| deleted(&descriptor.path(), root.dev()))
        .filter(|(inode, _)| seen.insert(*inode))
        .map(|(_, bytes)| bytes)
        .sum()
}

/// Inode and bytes of a file of the private layer that has no name.
fn deleted(descriptor: &Path, device: u64) -> Option<(u64, u64)> {
    let found = fs::metadata(descriptor).ok()?;
    let is_ours = found.is_file() && found.nlink() == 0 && found.dev() == device;
    is_ours.then(|| (found.ino(), found.blocks() * BLOCK_BYTES))
}
