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

/// What a kernel would have made with the folders.
fn fake_v2() -> (tempfile::TempDir, Groups) {
    let top = tempfile::tempdir().unwrap();
    let groups = Groups::V2 { parent: top.path().to_owned(), cpu: true };
    (top, groups)
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn version_2_holds_all_together_and_ends_programs_together() {
    let (top, groups) = fake_v2();
    let group = groups.group("x");
    let limits = domain::Limits {
        memory_bytes: 1 << 30,
        processes: 9,
        cpu_millis: Some(1500),
        ..Default::default()
    };
    group.make(&limits).unwrap();
    let folder = top.path().join("whimbrel-x");
    assert_eq!(read(folder.join("memory.max")), "1073741824");
    assert_eq!(read(folder.join("pids.max")), "10");
    assert_eq!(read(folder.join("cpu.max")), "150000 100000");
    assert_eq!(read(folder.join("cgroup.subtree_control")), "+memory");
    assert_eq!(group.entrances(), [Entrance::Birth(folder.join("init"))]);
    assert_eq!(group.programs(), Some(Entrance::Birth(folder.join("programs"))));
    assert_eq!(group.thawing(), Some((folder.join("programs/cgroup.freeze"), "0")));
    assert_eq!(groups.cpu_by(), CpuBy::CgroupV2);
}

#[test]
fn version_2_ends_programs_together_where_the_kernel_can() {
    let (top, groups) = fake_v2();
    let limits = domain::Limits::default();
    let group = groups.group("x");
    // As the kernel does, whose files are there with the folder.
    let programs = top.path().join("whimbrel-x/programs");
    group.make(&limits).unwrap();
    fs::write(programs.join("memory.oom.group"), "0").unwrap();
    end_together(&programs).unwrap();
    assert_eq!(read(programs.join("memory.oom.group")), "1");
    fs::write(top.path().join("whimbrel-x/cgroup.kill"), "").unwrap();
    group.kill().unwrap();
    assert_eq!(read(top.path().join("whimbrel-x/cgroup.kill")), "1");
}

#[test]
fn version_2_stands_still_when_the_kernel_says_so() {
    let (top, groups) = fake_v2();
    let group = groups.group("x");
    group.make(&domain::Limits::default()).unwrap();
    let programs = top.path().join("whimbrel-x/programs");
    fs::write(programs.join("cgroup.events"), "populated 1\nfrozen 1\n").unwrap();
    group.freeze().unwrap();
    assert_eq!(read(programs.join("cgroup.freeze")), "1");
    group.thaw().unwrap();
    fs::write(programs.join("cgroup.events"), "populated 1\nfrozen 0\n").unwrap();
    assert_eq!(group.freeze().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(read(programs.join("cgroup.freeze")), "0", "what doesn't stand still goes on");
}

#[test]
fn version_1_has_a_quota_only_where_it_is_wanted() {
    let top = tempfile::tempdir().unwrap();
    let folder = |name| {
        let path = top.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let (memory, pids) = (folder("memory"), folder("pids"));
    let (cpu, freezer) = (Some(folder("cpu")), Some(folder("freezer")));
    let groups = Groups::V1 { memory, pids, cpu, freezer };
    let free = groups.group("free");
    free.make(&domain::Limits::default()).unwrap();
    assert_eq!(free.entrances().len(), 2);
    let held = groups.group("held");
    held.make(&domain::Limits { cpu_millis: Some(1), ..Default::default() }).unwrap();
    assert_eq!(held.entrances().len(), 3);
    // The least that a kernel takes.
    assert_eq!(read(top.path().join("cpu/whimbrel-held/cpu.cfs_quota_us")), "1000");
    assert!(!top.path().join("cpu/whimbrel-free").exists());
}

#[test]
fn nothing_stands_still_without_groups() {
    let group = Groups::None.group("x");
    group.make(&domain::Limits::default()).unwrap();
    assert_eq!(group.freeze().unwrap_err().kind(), io::ErrorKind::Unsupported);
    group.remove().unwrap();
}

/// A folder that looks like a group with one process in `programs`, or none.
fn group_of_age(parent: &Path, name: &str, process: &str, age: Duration) -> PathBuf {
    let folder = parent.join(name);
    fs::create_dir_all(folder.join(PROGRAMS)).unwrap();
    fs::write(folder.join("cgroup.procs"), "").unwrap();
    fs::write(folder.join(PROGRAMS).join("cgroup.procs"), process).unwrap();
    let made = fs::metadata(&folder).unwrap().modified().unwrap() - age;
    fs::File::open(&folder).unwrap().set_modified(made).unwrap();
    folder
}

#[test]
fn only_old_groups_that_nobody_is_in_are_left() {
    let top = tempfile::tempdir().unwrap();
    let (old, young) = (LEFT_AGE_MIN * 2, Duration::ZERO);
    group_of_age(top.path(), "whimbrel-left", "", old);
    group_of_age(top.path(), "whimbrel-alive", "71\n", old);
    group_of_age(top.path(), "whimbrel-being-made", "", young);
    group_of_age(top.path(), "somebody-elses", "", old);
    assert_eq!(left_in(top.path()), ["left"]);
}
