//! A control group of its own for a runner, where one can be had: so that whoever ends the engine by
//! its group, as systemd ends a service, doesn't end the attempts with it. Limits hold nothing here;
//! a computer has groups of its own for that.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::AttemptId;

/// Below the root of a hierarchy.
const FOLDER: &str = "whimbrel";
/// Writing `0` into it moves whoever writes.
const PROCESSES: &str = "cgroup.procs";
/// Left groups that one sweep removes.
const LEFT_MAX: usize = 10_000;

/// Moves this process. An ordinary user mostly can't, and then stays where the starter is; for
/// services `docs/install.md` says what to set.
pub fn enter(attempt: &AttemptId) {
    for hierarchy in hierarchies() {
        let _somebody_elses_or_none = join(&hierarchy.join(FOLDER).join(attempt.as_str()));
    }
}

/// Moves this process out again, where its end is near, and removes the group.
pub fn leave(attempt: &AttemptId) {
    for hierarchy in hierarchies() {
        let group = hierarchy.join(FOLDER).join(attempt.as_str());
        if group.exists() {
            let _stays = fs::write(hierarchy.join(PROCESSES), "0");
            let _in_use = fs::remove_dir(group);
        }
    }
}

/// Removes the groups of runners that were killed. One with a process in it can't be removed.
pub(crate) fn sweep() {
    for hierarchy in hierarchies() {
        let Ok(groups) = fs::read_dir(hierarchy.join(FOLDER)) else { continue };
        for group in groups.take(LEFT_MAX).flatten() {
            let _in_use = fs::remove_dir(group.path());
        }
    }
}

fn join(group: &Path) -> io::Result<()> {
    fs::create_dir_all(group)?;
    fs::write(group.join(PROCESSES), "0")
}

fn hierarchies() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().filter_map(by_which_services_end).collect()
}

/// Of a line of mountinfo: where version 2 is, or systemd's own hierarchy of version 1.
fn by_which_services_end(line: &str) -> Option<PathBuf> {
    let (left, right) = line.split_once(" - ")?;
    let mut right = right.split(' ');
    let (kind, options) = (right.next()?, right.nth(1)?);
    let is_systemds = kind == "cgroup" && options.split(',').any(|one| one == "name=systemd");
    let place = left.split(' ').nth(4)?;
    (kind == "cgroup2" || is_systemds).then(|| PathBuf::from(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hierarchies_that_services_live_in_count() {
        let found = |line| by_which_services_end(line).map(|path| path.display().to_string());
        let v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(found(v2).as_deref(), Some("/sys/fs/cgroup"));
        let systemd = "31 25 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd";
        assert_eq!(found(systemd).as_deref(), Some("/sys/fs/cgroup/systemd"));
        assert_eq!(found("32 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"), None);
        assert_eq!(found("nonsense"), None);
    }
}
