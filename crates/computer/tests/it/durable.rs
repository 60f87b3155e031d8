//! Computers that are branched while they run, and computers that are resumed.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use computer::namespaces::Namespaces;
use computer::record;
use computer::{Backend, Durable, Error, Exec, Layer, Output, SnapshotId, Spec, Status};

use crate::bench::{Bench, FOLDER_VARIABLE, PATIENCE, output, processes, shell, tell};

fn id(number: u8) -> SnapshotId {
    SnapshotId::from_digest(&[number; 32])
}

fn durable() -> Spec {
    Spec { layer: Layer::Durable, ..Spec::default() }
}

/// Counts up in two files, always the first one first; they differ by one at most where it stands
/// still, whenever that is.
const COUNT: &str = "
import os, mmap
one, two = (os.open(name, os.O_RDWR | os.O_CREAT) for name in ('one', 'two'))
os.ftruncate(two, 4096)
mapped, n = mmap.mmap(two, 4096), 0
while True:
    n += 1
    os.pwrite(one, b'%012d' % n, 0)
    mapped[:12] = b'%012d' % n
    if n == 1000: print('counting', flush=True)
";

both! {
    async fn a_running_computer_is_branched(bench: Bench) {
        for (number, layer) in [Layer::Scratch, Layer::Build, Layer::Durable].into_iter().enumerate() {
            let spec = Spec { layer, ..Spec::default() };
            let computer = bench.backend.fork(&bench.backend.bare(), &spec).await.unwrap();
            let mut counting = computer.exec(Exec::new(["python3", "-c", COUNT])).await.unwrap();
            assert!(matches!(counting.next().await, Some(Output::Stdout(_))));
            let number = u8::try_from(number).unwrap();
            let snapshot = computer.snapshot(id(number)).await.unwrap();
            assert_eq!(bench.backend.find(&id(number)).as_ref(), Some(&snapshot));
            let fork = bench.fork(&snapshot).await;
            let counts = "echo $(head -c 12 one) $(head -c 12 two)";
            let text = output(fork.as_ref(), counts).await;
            let seen: Vec<u64> = text.split(' ').map(|count| count.parse().unwrap()).collect();
            assert!(seen[0] > 0 && (seen[0] == seen[1] || seen[0] == seen[1] + 1), "{text}");
            // The first one goes on, the fork stays as it was.
            let more = format!("until [ $(head -c 12 one | sed 's/^0*//') -gt {} ]; do :; done", seen[0] + 1000);
            output(computer.as_ref(), &more).await;
            assert_eq!(output(fork.as_ref(), counts).await, text);
            output(fork.as_ref(), "echo other >one").await;
            computer.destroy().await.unwrap();
            assert_eq!(output(fork.as_ref(), "cat one").await, "other");
            fork.destroy().await.unwrap();
        }
        assert_eq!(bench.computers(), 0);
    }

    async fn what_stood_still_before_does_afterwards(bench: Bench) {
        let computer = bench.computer().await;
        let begin = "sleep 1000 & until pgrep -x sleep; do :; done; kill -STOP $!; (while :; do date +%N >tick; done) & echo $! >runner; sleep 1001 &";
        output(computer.as_ref(), begin).await;
        output(computer.as_ref(), "until [ -s tick ] && [ $(pgrep -cx sleep) = 2 ]; do :; done").await;
        computer.snapshot(id(1)).await.unwrap();
        let states = "ps -o stat= -C sleep --sort pid";
        let text = output(computer.as_ref(), states).await;
        let [stopped, asleep] = text.lines().collect::<Vec<_>>().try_into().unwrap();
        assert!(stopped.starts_with('T') && asleep.starts_with('S'), "{text}");
        output(computer.as_ref(), "a=$(cat tick); until [ \"$(cat tick)\" != \"$a\" ]; do :; done").await;
    }

    async fn who_no_longer_waits_for_a_snapshot_leaves_nothing_standing_still(bench: Bench) {
        let computer = bench.computer().await;
        output(computer.as_ref(), "head -c 50M /dev/urandom >data").await;
        for _ in 0..5 {
            let given_up = tokio::time::timeout(Duration::from_millis(3), computer.snapshot(id(1))).await;
            drop(given_up);
        }
        let ran = tokio::time::timeout(PATIENCE, computer.run(Exec::shell("echo alive"))).await;
        assert_eq!(ran.unwrap().unwrap().text(), "alive\n");
        tokio::time::timeout(PATIENCE, computer.destroy()).await.unwrap().unwrap();
        assert_eq!(bench.computers(), 0);
    }

    async fn a_dropped_durable_computer_is_resumed(bench: Bench) {
        let computer = bench.backend.fork(&bench.backend.bare(), &durable()).await.unwrap();
        let name = computer.name().to_owned();
        let make = "echo kept >file; rm /etc/hosts; mkdir d; chmod 000 d; echo gone >/tmp/t; sleep 1000 &";
        output(computer.as_ref(), make).await;
        let (bare, spec) = (bench.backend.bare(), durable());
        let again = bench.backend.resume(&name, &bare, &spec).await.map(drop);
        assert!(matches!(again, Err(Error::InUse { .. })), "{again:?}");
        drop(computer);
        // Another start of whimbrel sweeps, and lets it be.
        let other = Namespaces::new(&bench.home, bench.helper.clone()).unwrap();
        let resumed = bench.backend.resume(&name, &bare, &spec).await.unwrap();
        let seen = "cat file; ls -d d /etc/hosts /tmp/t 2>/dev/null; pgrep -c sleep";
        assert_eq!(shell(resumed.as_ref(), seen).await.stdout.text(), "kept\nd\n0\n");
        let again = other.resume(&name, &bare, &spec).await.map(drop);
        assert!(again.unwrap_err().to_string().contains("is in use"));
        output(resumed.as_ref(), "echo more >>file").await;
        let sealed = resumed.seal(id(1)).await.unwrap();
        assert_eq!(output(bench.fork(&sealed).await.as_ref(), "cat file").await, "kept\nmore");
        let gone = bench.backend.resume(&name, &bare, &spec).await.map(drop);
        assert!(matches!(gone, Err(Error::NotResumable { .. })), "{gone:?}");
    }

    async fn only_what_it_lies_on_and_only_durable_ones_are_resumed(bench: Bench) {
        let base = bench.computer().await;
        let snapshot = base.seal(id(1)).await.unwrap();
        let (bare, spec) = (bench.backend.bare(), durable());
        let computer = bench.backend.fork(&snapshot, &spec).await.unwrap();
        let name = computer.name().to_owned();
        // What it has made itself meanwhile changes nothing about that.
        output(computer.as_ref(), "echo x >x").await;
        computer.snapshot(id(2)).await.unwrap();
        drop(computer);
        let other = bench.backend.resume(&name, &bare, &spec).await.map(drop);
        assert!(matches!(other, Err(Error::OtherSnapshot { .. })), "{other:?}");
        let resumed = bench.backend.resume(&name, &snapshot, &spec).await.unwrap();
        assert_eq!(output(resumed.as_ref(), "cat x").await, "x");
        resumed.destroy().await.unwrap();
        assert_eq!(bench.computers(), 0);
        let scratch = bench.computer().await;
        for name in [scratch.name(), &name, "..", "", "x/../../y"] {
            let refused = bench.backend.resume(name, &bare, &spec).await.map(drop);
            assert!(refused.is_err(), "{name}");
        }
    }

    /// Starts drivers, which are this test again, kills them, and goes on at once.
    async fn a_durable_computer_outlives_its_killed_drivers(bench: Bench) {
        let bare = bench.backend.bare();
        let folder = bench.folder.join("record");
        let record = Some(folder.clone());
        if std::env::var_os(VICTIM).is_some() {
            let spec = Spec { name: Some(NAME.into()), record: record.clone(), ..durable() };
            let computer = if bench.backend.exists(NAME).await {
                bench.backend.resume(NAME, &bare, &spec).await.unwrap()
            } else {
                bench.backend.fork(&bare, &spec).await.unwrap()
            };
            let busy = format!("echo kept >>file; sleep 1000 & (: {}; while :; do echo x >x; mv x y; done) &", bench.mark());
            output(computer.as_ref(), &busy).await;
            let mut running = computer.exec(Exec::shell("echo begun; sleep 1000")).await.unwrap();
            running.next().await.unwrap();
            println!("\nready");
            std::future::pending::<()>().await;
        }
        for driver in 1..=4 {
            let mut victim = victim(&bench);
            let mut lines = std::io::BufRead::lines(std::io::BufReader::new(victim.stdout.take().unwrap()));
            assert!(lines.any(|line| line.unwrap() == "ready"));
            victim.kill().unwrap();
            victim.wait().unwrap();
            let began = Instant::now();
            let spec = Spec { record: record.clone(), ..durable() };
            let resumed = bench.backend.resume(NAME, &bare, &spec).await.unwrap();
            let seen = output(resumed.as_ref(), "cat file | wc -l; pgrep -c sleep; :").await;
            let took = began.elapsed();
            assert!(took < Duration::from_secs(1), "{took:?}");
            tell(&format!("resumed {took:?} after the kill"));
            assert_eq!(seen, format!("{driver}\n0"));
            assert_eq!(processes(&bench.mark()), 0);
            resumed.suspend().await.unwrap();
        }
        // One record of all drivers: what each ran, and what it was running when it was killed.
        let entries = record::read(&folder).unwrap();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
        let ended: Vec<bool> = entries.iter().map(|entry| entry.end.is_some()).collect();
        assert_eq!(ended, [true, false, true].repeat(4));
        assert!(bench.backend.discard(NAME).await.unwrap());
        assert_eq!(bench.computers(), 0);
    }

    async fn a_name_is_chosen_and_leads_back(bench: Bench) {
        let bare = bench.backend.bare();
        let spec = Spec { name: Some(NAME.into()), ..durable() };
        assert!(!bench.backend.exists(NAME).await && !bench.backend.discard(NAME).await.unwrap());
        let computer = bench.backend.fork(&bare, &spec).await.unwrap();
        assert_eq!(computer.name(), NAME);
        output(computer.as_ref(), "head -c 3M /dev/urandom >big; mkdir closed; chmod 0 closed").await;
        let again = bench.backend.fork(&bare, &spec).await.map(drop);
        assert!(matches!(again, Err(Error::InUse { .. })), "{again:?}");
        let driven = bench.backend.discard(NAME).await;
        assert!(matches!(driven, Err(Error::InUse { .. })), "{driven:?}");
        let one = |listed: Vec<Durable>| <[Durable; 1]>::try_from(listed).unwrap()[0].clone();
        let listed = one(bench.backend.durables().await.unwrap());
        assert!(listed.name == NAME && listed.driven && listed.bytes >= 3 << 20, "{listed:?}");
        computer.suspend().await.unwrap();
        let other = Namespaces::new(&bench.home, bench.helper.clone()).unwrap();
        let again = other.fork(&bare, &spec).await.map(drop).unwrap_err();
        assert!(matches!(again, Error::Exists { .. }) && again.to_string().contains("resumed"), "{again}");
        assert!(!one(other.durables().await.unwrap()).driven && other.exists(NAME).await);
        let resumed = other.resume(NAME, &bare, &spec).await.unwrap();
        assert_eq!(output(resumed.as_ref(), "stat -c %s big").await, "3145728");
        drop(resumed);
        // One that was dropped is ending on its own, and is waited for.
        assert!(other.discard(NAME).await.unwrap());
        assert!(other.durables().await.unwrap().is_empty() && !other.exists(NAME).await);
        bench.backend.fork(&bare, &spec).await.unwrap().destroy().await.unwrap();
        assert!(!bench.backend.exists(NAME).await);
        for name in ["", "..", ".a", "a/b", "A", "a b", "a\n", &"a".repeat(65)] {
            let spec = Spec { name: Some(name.into()), ..durable() };
            let refused = bench.backend.fork(&bare, &spec).await.map(drop);
            assert!(matches!(refused, Err(Error::Name { .. })), "{name:?}");
            assert!(!bench.backend.exists(name).await && !bench.backend.discard(name).await.unwrap());
        }
        assert_eq!(bench.computers(), 0);
    }

    async fn a_suspended_computer_has_no_process_and_is_resumed_at_once(bench: Bench) {
        let bare = bench.backend.bare();
        let computer = bench.backend.fork(&bare, &durable()).await.unwrap();
        let name = computer.name().to_owned();
        let begin = format!("echo kept >file; echo gone >/tmp/t; echo gone >/dev/shm/s; \
            mkdir d && mv /etc/hosts d; rm -rf /opt; sleep 1000 & : {}", bench.mark());
        output(computer.as_ref(), &begin).await;
        let running = computer.exec(Exec::shell(&format!("sleep 1000; : {}", bench.mark()))).await.unwrap();
        computer.suspend().await.unwrap();
        assert_eq!(processes(&bench.mark()), 0);
        assert!(matches!(running.wait().await, Err(Error::Lost)));
        let resumed = bench.backend.resume(&name, &bare, &durable()).await.unwrap();
        let seen = output(resumed.as_ref(), "cat file; ls /tmp /dev/shm; ls d /opt 2>&1; pgrep -c sleep; :").await;
        assert!(seen.starts_with("kept\n/dev/shm:\n\n/tmp:\n") && seen.ends_with("hosts\n0"), "{seen}");
        resumed.destroy().await.unwrap();
        let scratch = bench.computer().await;
        let refused = scratch.suspend().await;
        assert!(matches!(refused, Err(Error::NotResumable { .. })), "{refused:?}");
        assert_eq!(bench.computers(), 0);
    }

    async fn limits_hold_after_it_is_resumed(bench: Bench) {
        let limits = domain::Limits { disk_bytes: 64 << 20, memory_bytes: 64 << 20, ..domain::Limits::default() };
        let (bare, spec) = (bench.backend.bare(), Spec { limits, ..durable() });
        let computer = bench.backend.fork(&bare, &spec).await.unwrap();
        let name = computer.name().to_owned();
        output(computer.as_ref(), "head -c 40M /dev/zero >first").await;
        computer.suspend().await.unwrap();
        let resumed = bench.backend.resume(&name, &bare, &spec).await.unwrap();
        // Others on the machine may hide for half a minute what it takes.
        let more = "head -c 60M /dev/urandom >second; sleep 45";
        assert_eq!(shell(resumed.as_ref(), more).await.status, Status::OutOfDisk);
        // It keeps what it has: one that took ever more could be refused more before it is seen.
        let eats = "(head -c 100M /dev/zero; sleep 10) | tail";
        assert_eq!(shell(resumed.as_ref(), eats).await.status, Status::OutOfMemory);
        assert_eq!(output(resumed.as_ref(), "rm second; echo alive").await, "alive");
        resumed.destroy().await.unwrap();
    }

    async fn what_a_driver_had_hardly_made_is_resumed_empty(bench: Bench) {
        let bare = bench.backend.bare();
        let spec = Spec { name: Some(NAME.into()), ..durable() };
        bench.backend.fork(&bare, &spec).await.unwrap().suspend().await.unwrap();
        let folder = bench.home.join("computers").join(NAME);
        for part in ["layer", "root"] {
            fs::remove_dir_all(folder.join(part)).unwrap();
        }
        let resumed = bench.backend.resume(NAME, &bare, &spec).await.unwrap();
        assert_eq!(output(resumed.as_ref(), "ls; echo alive").await, "alive");
        resumed.destroy().await.unwrap();
    }
}

const NAME: &str = "01hjkmnp.3";
const VICTIM: &str = "WHIMBREL_TEST_DRIVER";

/// This test, as whoever runs it, in the folder of `bench`.
fn victim(bench: &Bench) -> std::process::Child {
    let name = "durable::a_durable_computer_outlives_its_killed_drivers::as_an_ordinary_user";
    #[expect(clippy::disallowed_methods, reason = "a driver to kill")]
    let mut command = Command::new("/proc/self/exe");
    command.args(["--exact", name, "--nocapture"]).env(VICTIM, "");
    command.env(FOLDER_VARIABLE, &bench.folder).stdout(Stdio::piped()).spawn().unwrap()
}
