//! Containers of real engines: podman as root and as an ordinary user, docker as root. Each test
//! has an engine's storage (and a docker daemon) of its own and an image made here, of busybox.

mod engine;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use computer::containers::{Containers, Engine};
use computer::{
    Backend, Compression, Error, Exec, Image, ImageLayer, Isolation, Layer, Spec, Status,
};
use domain::Limits;
use domain::limits::MIB;

use self::engine::{Docker, Podman, busybox_archive};
use crate::bench::{FOLDER_VARIABLE, PATIENCE, eventually, output, shell};
use crate::contract;

/// One test as root, one as an ordinary user, with a podman of its own.
macro_rules! with_podman {
    ($($(#[$meta:meta])* async fn $name:ident($podman:ident: Podman) $body:block)*) => { $(
        mod $name {
            use super::*;

            async fn body($podman: Podman) $body

            #[test]
            fn as_root() {
                crate::bench::assert_root();
                let folder = tempfile::tempdir().unwrap();
                engine::block_on(body(Podman::new(folder.path())));
            }

            #[test]
            fn as_an_ordinary_user() {
                let name = concat!(module_path!(), "::as_an_ordinary_user");
                crate::bench::in_a_folder_of_an_ordinary_user(name, |folder| {
                    engine::block_on(body(Podman::new(folder)));
                });
            }
        }
    )* };
}

with_podman! {
    async fn podman_keeps_the_contract(podman: Podman) {
        let backend = podman.backend();
        assert_eq!(backend.isolation(), Isolation::Container);
        contract::holds(&backend).await;
        assert_eq!(podman.containers(), 0);
    }

    async fn podman_holds_what_it_says_it_holds(podman: Podman) {
        let backend = podman.backend();
        let facts = backend.facts().await.unwrap().clone();
        if facts.memory {
            contract::memory_is_held(&backend).await;
        }
        if facts.freezer {
            contract::a_running_computer_is_snapshotted(&backend).await;
        } else {
            let computer = contract::fork(&backend).await;
            let refused = computer.snapshot(engine::id(9)).await.unwrap_err();
            assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
            computer.destroy().await.unwrap();
        }
        a_bomb_is_held(&backend).await;
    }

    async fn podman_goes_on_with_a_durable_computer(podman: Podman) {
        contract::a_durable_computer_goes_on(&podman.backend()).await;
    }

    async fn podman_takes_a_pulled_image(podman: Podman) {
        let archive = podman.folder.join("layer.tar");
        std::fs::write(&archive, busybox_archive()).unwrap();
        let layer = ImageLayer {
            diff_id: format!("sha256:{}", engine::sha256(&archive)),
            path: archive,
            compression: Compression::None,
        };
        let digest = format!("sha256:{}", "ab".repeat(32));
        let env = vec!["PATH=/bin".into(), "FROM_THE_IMAGE=it's".into()];
        let image = Image { digest, layers: vec![layer], env };
        let backend = podman.backend();
        let snapshot = backend.image(&image).await.unwrap();
        assert_eq!(backend.image(&image).await.unwrap(), snapshot);
        let computer = backend.fork(&snapshot, &Spec::default()).await.unwrap();
        assert_eq!(output(computer.as_ref(), "echo $FROM_THE_IMAGE").await, "it's");
        computer.destroy().await.unwrap();
    }

    /// Starts a supervisor, which is this test again, and kills it.
    async fn what_a_killed_whimbrel_left_is_removed(podman: Podman) {
        if std::env::var_os(VICTIM).is_some() {
            be_killed(&podman.backend()).await;
        }
        let other = contract::fork(&podman.backend()).await;
        let durable = killed(&podman);
        eventually("its containers have ended", || podman.running() == 1);
        assert_eq!(podman.containers(), 3);
        let backend = podman.backend();
        assert_eq!(podman.containers(), 2, "one in use, and one to go on with");
        assert_eq!(output(other.as_ref(), "echo alive").await, "alive");
        let spec = Spec { layer: Layer::Durable, ..Spec::default() };
        let resumed = backend.resume(&durable, &backend.bare(), &spec).await.unwrap();
        assert_eq!(output(resumed.as_ref(), "cat f").await, "kept");
        let processes = output(resumed.as_ref(), "ls /proc | grep -c '^[0-9]'").await;
        assert!(processes.parse::<u32>().unwrap() < 8, "{processes}");
        resumed.destroy().await.unwrap();
        other.destroy().await.unwrap();
        assert_eq!(podman.containers(), 0);
    }

    async fn too_much_on_disk_ends_all_programs(podman: Podman) {
        let backend = podman.backend();
        let limits = Limits { disk_bytes: 20 * MIB, ..Limits::default() };
        let computer = backend.fork(&backend.bare(), &Spec { limits, ..Spec::default() }).await.unwrap();
        let one = shell(computer.as_ref(), "head -c 30000000 /dev/zero >/workspace/one").await;
        assert!(!one.status.is_success(), "one file is held at once");
        let many = "rm -f one; for n in 1 2 3 4 5 6; do head -c 10000000 /dev/zero >f$n; done; sleep 1000";
        let ran = tokio::time::timeout(PATIENCE * 3, computer.run(Exec::shell(many))).await.unwrap();
        assert_eq!(ran.unwrap().status, Status::OutOfDisk);
        assert_eq!(output(computer.as_ref(), "rm f*; echo tidied up").await, "tidied up");
        computer.destroy().await.unwrap();
    }
}

/// Where not one process more can be started, not even the one that would kill, the whole
/// computer is ended when the time is over.
async fn a_bomb_is_held(backend: &Containers) {
    let limits = Limits { processes: 40, ..Limits::default() };
    let spec = Spec { limits, ..Spec::default() };
    let computer = backend.fork(&backend.bare(), &spec).await.unwrap();
    let bomb = "trap '' TERM; b() { b & b & sleep 1002; }; b 2>/dev/null & exec sleep 1002";
    let exec = Exec::shell(bomb).timeout(Duration::from_secs(3));
    let ran = tokio::time::timeout(PATIENCE * 3, computer.run(exec)).await.unwrap();
    assert!(!ran.is_ok_and(|ran| ran.status != Status::OutOfTime));
    computer.destroy().await.unwrap();
    eventually("nothing of it is left", || {
        crate::bench::processes(concat!("sleep\0", "1002")) == 0
    });
}

mod docker_keeps_the_contract {
    use super::*;

    #[test]
    fn as_root() {
        crate::bench::assert_root();
        let folder = tempfile::tempdir().unwrap();
        engine::block_on(async {
            let docker = Docker::new(folder.path());
            let backend = docker.backend();
            contract::holds(&backend).await;
            contract::memory_is_held(&backend).await;
            contract::a_running_computer_is_snapshotted(&backend).await;
            contract::a_durable_computer_goes_on(&backend).await;
            a_bomb_is_held(&backend).await;
            assert_eq!(docker.containers(), 0);
        });
    }
}

/// An engine that isn't there, or doesn't answer, is told with what to do.
#[test]
fn an_engine_that_does_not_answer_has_a_remedy() {
    let home = tempfile::tempdir().unwrap();
    let new = |engine, program: &Path| {
        let made = Containers::new(engine, program.to_owned(), home.path(), "image".into());
        made.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let missing = new(Engine::Podman, Path::new("/nowhere/podman"));
    assert!(missing.contains("apt-get install podman"), "{missing}");
    let script = home.path().join("docker");
    engine::write_script(&script, "exec docker -H unix:///nowhere.sock \"$@\"");
    let silent = new(Engine::Docker, &script);
    assert!(silent.contains("systemctl start docker"), "{silent}");
}

const VICTIM: &str = "WHIMBREL_TEST_VICTIM";

/// Has a computer and a durable one, says so, and lives until it is killed.
async fn be_killed(backend: &Containers) -> ! {
    let computer = contract::fork(backend).await;
    let running = computer.exec(Exec::shell("sleep 1000")).await.unwrap();
    let spec = Spec { layer: Layer::Durable, ..Spec::default() };
    let durable = backend.fork(&backend.bare(), &spec).await.unwrap();
    output(durable.as_ref(), "echo kept >f; sleep 1000 & :").await;
    println!("\nready {}", durable.name());
    running.wait().await.unwrap();
    panic!("it was to be killed");
}

/// Starts this test again as the victim, in the same folder, and kills it. Gives the name of its
/// durable computer.
fn killed(podman: &Podman) -> String {
    let name = "containers::what_a_killed_whimbrel_left_is_removed::as_an_ordinary_user";
    #[expect(clippy::disallowed_methods, reason = "a supervisor to kill")]
    let mut command = Command::new("/proc/self/exe");
    command.args(["--exact", name, "--nocapture"]).env(VICTIM, "");
    command.env(FOLDER_VARIABLE, &podman.folder).stdout(Stdio::piped());
    let mut victim = command.spawn().unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let ready = lines.map_while(Result::ok).find(|line| line.starts_with("ready "));
    victim.kill().unwrap();
    victim.wait().unwrap();
    ready.expect("it made its computers")["ready ".len()..].to_owned()
}
