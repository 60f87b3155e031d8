//! Computers begin and end, and leave nothing.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use computer::namespaces::{LimitsBy, Namespaces};
use computer::{Backend, Error, Exec};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::{Bench, FOLDER_VARIABLE, eventually, output, processes, shell};

both! {
    async fn background_programs_live_until_the_computer_ends(bench: Bench) {
        let computer = bench.computer().await;
        let mark = bench.mark();
        let begin = format!("sh -c 'sleep 1000; : {mark}' & echo begun");
        assert_eq!(output(computer.as_ref(), &begin).await, "begun");
        assert_eq!(output(computer.as_ref(), "until pgrep sleep >/dev/null; do :; done; pgrep -c sleep").await, "1");
        assert!(processes(&mark) > 0);
        computer.destroy().await.unwrap();
        assert_eq!(processes(&mark), 0);
    }

    async fn nothing_is_left(bench: Bench) {
        let computer = bench.computer().await;
        let mess = "mkdir -p a/b/c; chmod 000 a/b; rm -rf /var/log; mkdir /var/log; setsid sleep 1000 &";
        shell(computer.as_ref(), mess).await;
        let groups = groups(&bench);
        let has_groups = bench.backend.limits_by() != LimitsBy::Rlimits;
        assert!(groups.iter().all(|group| group.is_dir()) && groups.is_empty() != has_groups);
        computer.destroy().await.unwrap();
        assert_eq!(bench.computers(), 0);
        assert_eq!(mounts(&bench), 0);
        assert!(!groups.iter().any(|group| group.exists()), "{groups:?}");
    }

    async fn a_dropped_computer_ends_by_itself(bench: Bench) {
        let computer = bench.computer().await;
        let mark = bench.mark();
        let _running = computer.exec(Exec::shell(&format!("sleep 1000; : {mark}"))).await.unwrap();
        drop(computer);
        eventually("everything is gone", || processes(&mark) == 0 && bench.computers() == 0);
    }

    async fn a_computer_that_ended_says_so(bench: Bench) {
        let computer = bench.computer().await;
        let running = computer.exec(Exec::shell("sleep 1000")).await.unwrap();
        computer.destroy().await.unwrap();
        assert!(matches!(running.wait().await, Err(Error::Lost)));
    }

    /// Starts a supervisor, which is this test again, and kills it.
    async fn a_killed_supervisor_takes_its_computers_along(bench: Bench) {
        if std::env::var_os(VICTIM).is_some() {
            let computer = bench.computer().await;
            let command = format!("sleep 1000; : {}", bench.mark());
            let running = computer.exec(Exec::shell(&command)).await.unwrap();
            println!("\nready");
            running.wait().await.unwrap();
        }
        let other = bench.computer().await;
        for (stand_still, all_at_once) in [(false, false), (true, false), (true, true)] {
            let mut victim = victim(&bench);
            let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
            assert!(lines.map_while(Result::ok).any(|line| line == "ready"), "it made no computer");
            assert!(processes(&bench.mark()) > 0 && bench.computers() == 2);
            if stand_still {
                freeze(&bench);
            }
            if all_at_once {
                // Also init, who would let go what stands still.
                send(victim.id(), Signal::SIGSTOP);
                parents(&bench.mark()).into_iter().for_each(|init| send(init, Signal::SIGKILL));
            }
            victim.kill().unwrap();
            victim.wait().unwrap();
            if !all_at_once {
                eventually("its programs are gone", || processes(&bench.mark()) == 0);
            }
            eventually("its folder is swept", || {
                Namespaces::new(&bench.home, bench.helper.clone()).unwrap();
                bench.computers() == 1 && processes(&bench.mark()) == 0
            });
        }
        assert_eq!(output(other.as_ref(), "echo alive").await, "alive");
    }

    async fn a_nursery_that_dies_is_replaced_and_takes_nobody_along(bench: Bench) {
        let before = bench.computer().await;
        let nursery = nursery(&bench);
        let pid = nursery.file_name().unwrap().to_string_lossy().parse().unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
        eventually("it is dead", || {
            std::fs::read_to_string(nursery.join("status")).unwrap().contains("State:\tZ")
        });
        let after = bench.computer().await;
        for computer in [before, after] {
            assert_eq!(output(computer.as_ref(), "echo alive").await, "alive");
            computer.destroy().await.unwrap();
        }
        assert_eq!(bench.computers(), 0);
    }

    async fn many_at_once(bench: Bench) {
        let computers = (0..8).map(|number| {
            let backend = bench.backend.clone();
            tokio::spawn(async move {
                let computer = backend.fork(&backend.bare(), &crate::bench::spec()).await.unwrap();
                let text = output(computer.as_ref(), &format!("echo {number} >n; cat n; ls")).await;
                computer.destroy().await.unwrap();
                assert_eq!(text, format!("{number}\nn"));
            })
        });
        for computer in computers.collect::<Vec<_>>() {
            computer.await.unwrap();
        }
        assert_eq!(bench.computers(), 0);
    }
}

/// The child of this process that makes this test's computers.
fn nursery(bench: &Bench) -> PathBuf {
    let parent = format!("PPid:\t{}\n", std::process::id());
    let entries = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let mut ours = entries.filter(|path| {
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        let program = std::fs::read_link(path.join("exe")).unwrap_or_default();
        // An ordinary user's was started from a mount of its own, and is the only one in its process.
        status.contains(&parent) && (program == bench.helper || program == Path::new("/"))
    });
    let found = ours.next().expect("there is a nursery");
    assert!(ours.next().is_none(), "there is one nursery");
    found
}

/// Makes the programs that have `mark` stand still, where there is a freezer.
fn freeze(bench: &Bench) {
    for name in bench.names() {
        let note = bench.home.join("computers").join(name).join("cgroup.json");
        let note: serde_json::Value =
            serde_json::from_slice(&std::fs::read(note).unwrap()).unwrap();
        let Some(freezer) = note["freezer"].as_str().map(PathBuf::from) else { continue };
        let tasks = std::fs::read_to_string(freezer.join("tasks")).unwrap_or_default();
        let marked = |pid: &str| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&bench.mark())
        };
        if tasks.lines().any(marked) {
            std::fs::write(freezer.join("freezer.state"), "FROZEN").unwrap();
        }
    }
}

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

/// Of processes that have `mark` in their arguments: those that started them, without it.
fn parents(mark: &str) -> Vec<u32> {
    let folders = || std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_marked = |folder: &Path| {
        let line = std::fs::read(folder.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    };
    let parent = |folder: PathBuf| {
        let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
        status.lines().find_map(|line| line.strip_prefix("PPid:\t")?.parse::<u32>().ok())
    };
    let parents = folders().filter(|folder| is_marked(folder)).filter_map(parent);
    parents.filter(|pid| !is_marked(&Path::new("/proc").join(pid.to_string()))).collect()
}

const VICTIM: &str = "WHIMBREL_TEST_VICTIM";

/// This test, as whoever runs it, in the folder of `bench`.
fn victim(bench: &Bench) -> std::process::Child {
    let name = "life::a_killed_supervisor_takes_its_computers_along::as_an_ordinary_user";
    #[expect(clippy::disallowed_methods, reason = "a supervisor to kill")]
    let mut command = Command::new("/proc/self/exe");
    command.args(["--exact", name, "--nocapture"]).env(VICTIM, "");
    command.env(FOLDER_VARIABLE, &bench.folder).stdout(Stdio::piped()).spawn().unwrap()
}

/// Mounts of the machine that have something to do with a test's folder.
fn mounts(bench: &Bench) -> usize {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let name = bench.folder.file_name().unwrap().to_string_lossy().into_owned();
    table.lines().filter(|line| line.contains(&name)).count()
}

/// The control groups of the only computer there is.
fn groups(bench: &Bench) -> Vec<PathBuf> {
    let [name] = bench.names().try_into().unwrap();
    let note = std::fs::read(bench.home.join("computers").join(name).join("cgroup.json")).unwrap();
    let note: serde_json::Value = serde_json::from_slice(&note).unwrap();
    let folders = note["folders"].as_array().unwrap();
    folders.iter().map(|folder| PathBuf::from(folder.as_str().unwrap())).collect()
}
