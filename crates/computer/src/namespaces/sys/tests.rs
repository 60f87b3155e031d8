use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::PathBuf;

use nix::sched::CloneFlags;
use nix::unistd::ForkResult;

use super::*;

/// A new group of version 2, which goes with this.
struct Group(PathBuf);

impl Drop for Group {
    fn drop(&mut self) {
        let _somebody_is_in_it = fs::remove_dir(&self.0);
    }
}

fn group() -> Group {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let of_version_2 = |line: &&str| line.split(' ').nth(2) == Some("cgroup2");
    let top = mounts.lines().find(of_version_2).and_then(|line| line.split(' ').nth(1));
    let top = top.expect("this needs a mount of cgroup2, as every systemd since 2016 has");
    let path = PathBuf::from(top).join(format!("whimbrel-test-{}", std::process::id()));
    fs::create_dir(&path)
        .expect("this needs root: run it with sudo, or leave it out by --skip as_root");
    Group(path)
}

#[test]
fn a_process_is_born_into_a_group_as_root() {
    let group = group();
    let folder = File::open(&group.0).unwrap();
    let (wait, go) = nix::unistd::pipe().unwrap();
    match fork_into(CloneFlags::empty(), Some(folder.as_fd())).unwrap() {
        // Nothing here may need a lock that another thread of the test had.
        ForkResult::Child => {
            drop(go);
            let _closed = nix::unistd::read(&wait, &mut [0]);
            exit(0)
        }
        ForkResult::Parent { child } => {
            let inside = fs::read_to_string(group.0.join("cgroup.procs")).unwrap();
            drop((wait, go));
            nix::sys::wait::waitpid(child, None).unwrap();
            assert_eq!(inside, format!("{child}\n"));
        }
    }
}
