//! Counts what a tree has, while programs may be changing it: what vanishes meanwhile is passed
//! over. Stops when that is more than somebody wants to know.

use std::collections::HashSet;
use std::os::fd::OwnedFd;

use super::super::step::Step;
use super::Answer;
use super::walk::{Entry, TOO_DEEP, Visit, Walk};

/// `stat` counts blocks of this size, whatever the disk's are.
const BLOCK_BYTES: u64 = 512;

pub fn tree(tree: &OwnedFd, bytes_max: u64, files_max: u64) -> Result<Answer, Step> {
    let mut walk = Walk::of_changing(tree)?;
    let (mut bytes, mut files) = (0, 0);
    let mut linked = HashSet::new();
    while bytes <= bytes_max && files <= files_max {
        let entry = match walk.next() {
            Ok(Some(Visit::Enter(entry) | Visit::Leaf(entry))) => entry,
            Ok(Some(Visit::Leave(_))) => continue,
            Ok(None) => break,
            Err(step) if step.errno == TOO_DEEP => {
                return Ok(Answer::Measured { bytes, files, hides: true });
            }
            Err(step) => return Err(step),
        };
        if is_counted(&entry, &mut linked) {
            files += 1;
            bytes += entry.stat.st_blocks.cast_unsigned() * BLOCK_BYTES;
        }
    }
    Ok(Answer::Measured { bytes, files, hides: false })
}

/// Once, however many names it has.
fn is_counted(entry: &Entry, linked: &mut HashSet<u64>) -> bool {
    let is_folder = super::walk::is_folder(&entry.stat);
    is_folder || entry.stat.st_nlink < 2 || linked.insert(entry.stat.st_ino)
}
