//! What every kind of computer does alike: each check is given a backend and knows no more. What
//! these computers have inside is a shell and the usual small programs.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use computer::{
    Backend, Computer, Error, Exec, Layer, Output, Secret, SnapshotId, Spec, Status, Stdin,
};
use domain::Limits;
use domain::limits::MIB;

use crate::bench::{PATIENCE, output, shell};

/// All of them, one after the other. `mark` tells their snapshots from those of other tests.
pub async fn holds(backend: &dyn Backend) {
    programs_run(backend).await;
    output_streams(backend).await;
    input_arrives(backend).await;
    ends_are_told_apart(backend).await;
    what_cannot_start_says_why(backend).await;
    output_is_cut(backend).await;
    time_is_held(backend).await;
    files_come_and_go(backend).await;
    crate::search::files_are_searched(backend).await;
    background_programs_live_on(backend).await;
    the_host_is_elsewhere(backend).await;
    there_is_no_network(backend).await;
    power_is_small(backend).await;
    whoever_kills_everything_kills_no_computer(backend).await;
    forks_see_the_snapshot_and_not_each_other(backend).await;
    who_seals_first_wins(backend).await;
    a_secret_is_not_sealed(backend).await;
    what_was_dropped_or_destroyed_is_over(backend).await;
}

pub async fn fork(backend: &dyn Backend) -> Box<dyn Computer> {
    backend.fork(&backend.bare(), &Spec::default()).await.unwrap()
}

/// To be sealed.
async fn build(backend: &dyn Backend) -> Box<dyn Computer> {
    let spec = Spec { layer: Layer::Build, ..Spec::default() };
    backend.fork(&backend.bare(), &spec).await.unwrap()
}

/// The key of a snapshot.
fn id(number: u8) -> SnapshotId {
    SnapshotId::from_digest(&[number; 32])
}

async fn programs_run(backend: &dyn Backend) {
    let computer = fork(backend).await;
    assert_eq!(
        output(computer.as_ref(), "id -u; pwd; echo $HOME").await,
        "0\n/workspace\n/home/agent"
    );
    let odd = ["printf", "%s|", "it's", "a\nb\n", "$HOME", "\\", "", "ä"];
    let exec = Exec::new(odd).env("UNUSED", "'\n");
    assert_eq!(computer.run(exec).await.unwrap().stdout.text(), "it's|a\nb\n|$HOME|\\||ä|");
    let exec = Exec::shell("echo \"$SAID\"; pwd").env("SAID", "a 'word'\nor two").cwd("/tmp");
    assert_eq!(computer.run(exec).await.unwrap().stdout.text(), "a 'word'\nor two\n/tmp\n");
    computer.destroy().await.unwrap();
}

async fn output_streams(backend: &dyn Backend) {
    let computer = fork(backend).await;
    // It goes on only when what it said was heard.
    let command = "echo heard >&2; until [ -e go ]; do sleep 0.05; done; echo end; exit 7";
    let mut execution = computer.exec(Exec::shell(command)).await.unwrap();
    assert_eq!(execution.next().await, Some(Output::Stderr(b"heard\n".to_vec())));
    computer.write(Path::new("/workspace/go"), b"", 0o644).await.unwrap();
    let exited = execution.wait().await.unwrap();
    assert_eq!((exited.status, exited.stdout.text().as_str()), (Status::Exited(7), "end\n"));
    computer.destroy().await.unwrap();
}

async fn input_arrives(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let whole = Exec::new(["cat"]).stdin(Stdin::Bytes(bytes.clone())).output_bytes_max(2_000_000);
    assert!(computer.run(whole).await.unwrap().stdout.bytes == bytes);
    let unread = Exec::new(["true"]).stdin(Stdin::Bytes(bytes));
    assert!(computer.run(unread).await.unwrap().status.is_success());
    assert_eq!(computer.run(Exec::new(["cat"])).await.unwrap().text(), "");
    let (read, write): (OwnedFd, OwnedFd) = {
        let (read, write) = std::io::pipe().unwrap();
        (read.into(), write.into())
    };
    std::io::Write::write_all(&mut std::fs::File::from(write), b"by a pipe").unwrap();
    let piped = Exec::new(["cat"]).stdin(Stdin::Fd(read));
    assert_eq!(computer.run(piped).await.unwrap().stdout.text(), "by a pipe");
    let mut open = computer.exec(Exec::new(["cat"]).stdin(Stdin::Open)).await.unwrap();
    let input = open.input().unwrap();
    assert!(input.write(*b"typed").await);
    assert_eq!(open.next().await, Some(Output::Stdout(b"typed".to_vec())));
    drop(input);
    assert!(open.wait().await.unwrap().status.is_success());
    computer.destroy().await.unwrap();
}

async fn ends_are_told_apart(backend: &dyn Backend) {
    let computer = fork(backend).await;
    assert_eq!(shell(computer.as_ref(), "exit 3").await.status, Status::Exited(3));
    assert_eq!(shell(computer.as_ref(), "exit 125").await.status, Status::Exited(125));
    assert_eq!(shell(computer.as_ref(), "kill -TERM $$").await.status, Status::Signalled(15));
    assert_eq!(shell(computer.as_ref(), "kill -KILL $$").await.status, Status::Signalled(9));
    computer.destroy().await.unwrap();
}

async fn what_cannot_start_says_why(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let source = async |exec| match computer.run(exec).await {
        Err(Error::Exec { source, .. }) => source.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(source(Exec::new(["no-such-program"])).await.contains("No such file"));
    assert!(source(Exec::new(["/etc/passwd"])).await.contains("Permission denied"));
    assert!(source(Exec::new(["true"]).cwd("/nowhere")).await.starts_with("can't enter /nowhere"));
    assert!(source(Exec::new(Vec::<String>::new())).await.contains("No such file"));
    assert!(computer.run(Exec::new(["true", "\0"])).await.is_err());
    computer.destroy().await.unwrap();
}

async fn output_is_cut(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let exec = Exec::shell("head -c 5000000 /dev/zero").output_bytes_max(1000);
    let exited = computer.run(exec).await.unwrap();
    assert_eq!((exited.stdout.bytes.len(), exited.stdout.dropped_bytes), (1000, 4_999_000));
    computer.destroy().await.unwrap();
}

/// What ignores every signal that can be ignored, and its children, are gone when its time is.
async fn time_is_held(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let stubborn = "trap '' TERM INT HUP; sleep 1001 & sleep 1001";
    let slow = Exec::shell(stubborn).timeout(Duration::from_millis(300));
    let exited = computer.run(slow).await.unwrap();
    assert_eq!((exited.status, exited.status.code()), (Status::OutOfTime, 124));
    // What was killed with it dies in its own time.
    let left = "while cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q '[s]leep 1001'; do :; done";
    let gone = computer.run(Exec::shell(left).timeout(PATIENCE)).await.unwrap();
    assert!(gone.status.is_success(), "{:?}", gone.status);
    computer.destroy().await.unwrap();
}

async fn files_come_and_go(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let path = Path::new("/workspace/new/folder/it's ä\nb");
    let bytes: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    computer.write(path, &bytes, 0o750).await.unwrap();
    assert!(computer.read(path, 700_000).await.unwrap() == bytes);
    assert_eq!(output(computer.as_ref(), "stat -c '%a %u' new/folder/*").await, "750 0");
    assert!(matches!(computer.read(path, 699_999).await, Err(Error::TooLarge { .. })));
    computer.write(path, b"", 0o600).await.unwrap();
    assert_eq!(computer.read(path, 10).await.unwrap(), b"");
    output(computer.as_ref(), "mkfifo pipe").await;
    for refused in ["/workspace", "/dev/zero", "/workspace/pipe", "/workspace/nothing"] {
        let error = computer.read(Path::new(refused), 10).await.unwrap_err();
        assert!(matches!(error, Error::Read { .. }), "{refused}: {error:?}");
    }
    for refused in ["/workspace/new", "/proc/version", "/workspace/pipe"] {
        let error = computer.write(Path::new(refused), b"x", 0o644).await.unwrap_err();
        assert!(matches!(error, Error::Write { .. }), "{refused}: {error:?}");
    }
    computer.destroy().await.unwrap();
}

async fn background_programs_live_on(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let begin = "(while :; do echo beat >beat; sleep 0.1; done) & echo begun";
    assert_eq!(output(computer.as_ref(), begin).await, "begun");
    output(computer.as_ref(), "rm -f beat; until [ -e beat ]; do sleep 0.05; done").await;
    computer.destroy().await.unwrap();
}

async fn the_host_is_elsewhere(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let variables = output(computer.as_ref(), "env").await;
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        let ours = ["CARGO_HOME", "CARGO_NET_OFFLINE"].contains(&name.as_str());
        assert!(ours || !variables.contains(&format!("{name}=")), "{name}");
    }
    let crate_folder = env!("CARGO_MANIFEST_DIR");
    assert!(!shell(computer.as_ref(), &format!("ls {crate_folder}")).await.status.is_success());
    for path in ["/var/run/docker.sock", "/run/podman/podman.sock", "/root/.ssh", "/etc/ssh"] {
        let found = shell(computer.as_ref(), &format!("test -e {path}")).await;
        assert!(!found.status.is_success(), "{path}");
    }
    assert_eq!(output(computer.as_ref(), "hostname").await, "whimbrel");
    let processes = output(computer.as_ref(), "ls /proc | grep -c '^[0-9]'").await;
    assert!(processes.parse::<u32>().unwrap() < 10, "{processes}");
    computer.destroy().await.unwrap();
}

async fn there_is_no_network(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let interfaces = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";
    assert_eq!(output(computer.as_ref(), interfaces).await, "lo");
    computer.destroy().await.unwrap();
}

async fn power_is_small(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let status = output(computer.as_ref(), "cat /proc/self/status").await;
    for line in
        ["CapPrm:\t00000000800004fb", "CapBnd:\t00000000800004fb", "NoNewPrivs:\t1", "Seccomp:\t2"]
    {
        assert!(status.contains(line), "{line}: {status}");
    }
    for command in [
        "mount -t tmpfs none /mnt",
        "echo 0 >/proc/sys/kernel/randomize_va_space",
        "echo h >/proc/sysrq-trigger",
        "mknod disk b 8 0 && head -c 1 disk",
        "unshare -U true",
        "unshare -m true",
        "chroot / mount -t proc p /mnt",
    ] {
        let exited = shell(computer.as_ref(), command).await;
        assert!(!exited.status.is_success(), "{command}: {}", exited.text());
    }
    computer.destroy().await.unwrap();
}

async fn whoever_kills_everything_kills_no_computer(backend: &dyn Backend) {
    let computer = fork(backend).await;
    for command in ["kill -KILL -1", "kill -KILL 1; kill -STOP 1; kill -TERM 1"] {
        shell(computer.as_ref(), command).await;
    }
    assert_eq!(output(computer.as_ref(), "echo alive").await, "alive");
    computer.destroy().await.unwrap();
}

async fn forks_see_the_snapshot_and_not_each_other(backend: &dyn Backend) {
    let base = build(backend).await;
    output(base.as_ref(), "mkdir -p d/e; echo one >d/e/f; echo keep >g; echo x >/tmp/t").await;
    assert_eq!(backend.find(&id(1)), None);
    let snapshot = base.seal(id(1)).await.unwrap();
    assert_eq!(backend.find(&id(1)).as_ref(), Some(&snapshot));
    let spec = Spec::default();
    let to_seal = Spec { layer: Layer::Build, ..Spec::default() };
    let one = backend.fork(&snapshot, &to_seal).await.unwrap();
    let two = backend.fork(&snapshot, &spec).await.unwrap();
    output(one.as_ref(), "echo changed >d/e/f; rm g; echo new >n").await;
    assert_eq!(output(two.as_ref(), "cat d/e/f g; ls; ls /tmp").await, "one\nkeep\nd\ng");
    let second = one.seal(id(2)).await.unwrap();
    let three = backend.fork(&second, &spec).await.unwrap();
    assert_eq!(output(three.as_ref(), "cat d/e/f n; ls").await, "changed\nnew\nd\nn");
    two.destroy().await.unwrap();
    three.destroy().await.unwrap();
}

async fn who_seals_first_wins(backend: &dyn Backend) {
    let (one, two) = (build(backend).await, build(backend).await);
    output(one.as_ref(), "echo one >f").await;
    output(two.as_ref(), "echo two >f").await;
    let first = one.seal(id(3)).await.unwrap();
    let second = two.seal(id(3)).await.unwrap();
    assert_eq!(first, second);
    let fork = backend.fork(&second, &Spec::default()).await.unwrap();
    assert_eq!(output(fork.as_ref(), "cat f").await, "one");
    fork.destroy().await.unwrap();
}

async fn a_secret_is_not_sealed(backend: &dyn Backend) {
    let forbidden = vec![Secret::new("TOKEN", "correct horse battery").unwrap()];
    let spec = Spec { layer: Layer::Build, forbidden, ..Spec::default() };
    let computer = backend.fork(&backend.bare(), &spec).await.unwrap();
    output(computer.as_ref(), "echo 'correct horse' battery >/home/agent/.cache").await;
    match computer.seal(id(4)).await {
        Err(Error::SecretInLayer { path, name }) => {
            assert_eq!(name, "TOKEN");
            assert!(path.ends_with("home/agent/.cache"), "{}", path.display());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(backend.find(&id(4)), None);
}

async fn what_was_dropped_or_destroyed_is_over(backend: &dyn Backend) {
    let computer = fork(backend).await;
    let running = computer.exec(Exec::shell("sleep 1000")).await.unwrap();
    computer.destroy().await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, running.wait()).await.unwrap();
    assert!(matches!(ended, Err(Error::Lost)), "{ended:?}");
}

/// Where a control group holds it.
pub async fn memory_is_held(backend: &dyn Backend) {
    let limits = Limits { memory_bytes: 64 * MIB, ..Limits::default() };
    let spec = Spec { limits, ..Spec::default() };
    let computer = backend.fork(&backend.bare(), &spec).await.unwrap();
    // tail keeps a line until it ends, and this one never does.
    let exited = shell(computer.as_ref(), "tail /dev/zero").await;
    assert_eq!((exited.status, exited.status.code()), (Status::OutOfMemory, 137));
    let in_a_pipe = "head -c 400000000 /dev/zero | tail | wc -c; exit 1";
    assert_eq!(shell(computer.as_ref(), in_a_pipe).await.status, Status::OutOfMemory);
    assert_eq!(shell(computer.as_ref(), "exit 1").await.status, Status::Exited(1));
    for folder in ["/tmp", "/dev/shm", "/run"] {
        let fill = format!("dd if=/dev/zero of={folder}/x bs=1M count=100; rm {folder}/x");
        let said = shell(computer.as_ref(), &fill).await.text();
        assert!(said.contains("No space left"), "{folder}: {said}");
    }
    computer.destroy().await.unwrap();
}

/// A live snapshot, for who can make programs stand still.
pub async fn a_running_computer_is_snapshotted(backend: &dyn Backend) {
    let computer = build(backend).await;
    let count = "(n=0; while :; do n=$((n+1)); echo $n >n; echo $n >m; sleep 0.01; done) & :";
    output(computer.as_ref(), &format!("{count}; until [ -s m ]; do sleep 0.05; done")).await;
    let snapshot = computer.snapshot(id(5)).await.unwrap();
    let fork = backend.fork(&snapshot, &Spec::default()).await.unwrap();
    let seen = output(fork.as_ref(), "cat n m").await;
    assert!(seen.lines().all(|line| line.parse::<u32>().is_ok()), "{seen}");
    assert_eq!(output(fork.as_ref(), "cat n >before; sleep 0.1; cmp n before").await, "");
    output(computer.as_ref(), "rm n; until [ -e n ]; do sleep 0.05; done").await;
    fork.destroy().await.unwrap();
    computer.destroy().await.unwrap();
}

/// The same files and no process, after whoever drove it is gone.
pub async fn a_durable_computer_goes_on(backend: &dyn Backend) {
    let spec = Spec { layer: Layer::Durable, ..Spec::default() };
    let computer = backend.fork(&backend.bare(), &spec).await.unwrap();
    let name = computer.name().to_owned();
    output(computer.as_ref(), "echo kept >f; sleep 1000 & :").await;
    let in_use = backend.resume(&name, &backend.bare(), &spec).await;
    assert!(matches!(in_use, Err(Error::InUse { .. })));
    drop(computer);
    let started = std::time::Instant::now();
    let resumed = loop {
        match backend.resume(&name, &backend.bare(), &spec).await {
            // It is still ending.
            Err(Error::InUse { .. }) if started.elapsed() < PATIENCE => {
                tokio::task::yield_now().await;
            }
            other => break other.unwrap(),
        }
    };
    assert_eq!(output(resumed.as_ref(), "cat f").await, "kept");
    let left = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '[s]leep 1000'; :";
    assert_eq!(output(resumed.as_ref(), left).await, "0");
    resumed.suspend().await.unwrap();
    assert!(backend.exists(&name).await);
    let listed = backend.durables().await.unwrap();
    assert!(listed.len() == 1 && listed[0].name == name && !listed[0].driven, "{listed:?}");
    assert!(backend.discard(&name).await.unwrap() && !backend.discard(&name).await.unwrap());
    a_named_computer_is_found_again(backend).await;
    let gone = backend.resume(&name, &backend.bare(), &spec).await;
    assert!(matches!(gone, Err(Error::NotResumable { .. })));
}

async fn a_named_computer_is_found_again(backend: &dyn Backend) {
    let spec = Spec { name: Some("chosen.1".into()), layer: Layer::Durable, ..Spec::default() };
    let computer = backend.fork(&backend.bare(), &spec).await.unwrap();
    assert_eq!(computer.name(), "chosen.1");
    assert!(matches!(backend.discard("chosen.1").await, Err(Error::InUse { .. })));
    output(computer.as_ref(), "echo kept >f").await;
    computer.suspend().await.unwrap();
    let exists = backend.fork(&backend.bare(), &spec).await.map(drop);
    assert!(matches!(exists, Err(Error::Exists { .. })), "{exists:?}");
    let resumed = backend.resume("chosen.1", &backend.bare(), &spec).await.unwrap();
    assert_eq!(output(resumed.as_ref(), "cat f").await, "kept");
    resumed.destroy().await.unwrap();
    assert!(!backend.exists("chosen.1").await);
}

both! {
    async fn namespaces_keep_the_contract(bench: Bench) {
        holds(&bench.backend).await;
        a_running_computer_is_snapshotted(&bench.backend).await;
        a_durable_computer_goes_on(&bench.backend).await;
    }
}
