use super::*;

const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 /box /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids
";

#[test]
fn groups_are_made_within_our_own() {
    let own = "4:memory:/box/a\n8:pids:/\n0::/\n";
    let Some(Groups::V1 { memory, pids, .. }) = v1(MOUNTS, own) else { panic!("none found") };
    assert_eq!(memory, Path::new("/sys/fs/cgroup/memory/a"));
    assert_eq!(pids, Path::new("/sys/fs/cgroup/pids/"));
}

#[test]
fn a_group_that_is_not_shown_here_is_not_used() {
    assert!(v1(MOUNTS, "4:memory:/elsewhere\n8:pids:/\n").is_none());
    assert!(v2(MOUNTS, "0::/\n").is_empty());
}

#[test]
fn version_2_is_used_where_it_hands_on_both_controllers() {
    let top = tempfile::tempdir().unwrap();
    let scope = top.path().join("app.slice/run.scope");
    fs::create_dir_all(&scope).unwrap();
    let file = |folder: &Path, name, text| fs::write(folder.join(name), text).unwrap();
    file(top.path(), "cgroup.subtree_control", "cpu memory");
    file(&top.path().join("app.slice"), "cgroup.subtree_control", "cpu memory pids");
    file(&top.path().join("app.slice"), "cgroup.procs", "");
    let mounts = format!("31 30 0:27 / {} rw - cgroup2 cgroup2 rw", top.path().display());
    let found = v2(&mounts, "0::/app.slice/run.scope\n");
    let [Groups::V2 { parent, cpu: true }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(parent, &top.path().join("app.slice"));
}

#[test]
fn deaths_of_memory_are_read_in_both_versions() {
    assert_eq!(kills("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
    assert_eq!(kills("low 0\noom 5\noom_kill 2\noom_group_kill 0\n"), Some(2));
}
