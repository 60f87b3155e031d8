//! What a computer may have on the disk is held, and its breaking is told for what it was.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use computer::namespaces::DiskBy;
use computer::{Backend, Computer, Exec, Exited, Layer, Spec, Status};
use domain::Limits;
use domain::limits::MIB;

use crate::bench::{Bench, PATIENCE, eventually, output};

const SMALL: u64 = 64 * MIB;
const FEW: u64 = 2000;

async fn small(bench: &Bench, layer: Layer) -> Box<dyn Computer> {
    let limits = Limits { disk_bytes: SMALL, files: FEW, ..Limits::default() };
    let spec = Spec { limits, layer, ..Spec::default() };
    bench.backend.fork(&bench.backend.bare(), &spec).await.unwrap()
}

/// Each would take a gigabyte or a million files, and goes on after an error.
const FILLS: [(&str, &str); 4] = [
    ("one file", "for n in $(seq 1000); do head -c 1M /dev/zero; done >big"),
    ("many files", "for n in $(seq 10000); do head -c 100K /dev/zero >f$n || exit 1; done"),
    ("files of nothing", "python3 -c 'for n in range(1000000): open(f\"e{n}\", \"w\").close()'"),
    (
        "the ends of sparse files",
        "python3 -c '
for n in range(1000):
    f = open(f\"s{n}\", \"wb\")
    for at in range(0, 1 << 40, 1 << 20):
        f.seek(at % (1 << 30)); f.write(b\"x\" * 4096); f.flush()
        if at >= 1 << 28: break
'",
    ),
];

async fn fill(computer: &dyn Computer, script: &str) -> Exited {
    computer.run(Exec::shell(script).timeout(PATIENCE * 3)).await.unwrap()
}

fn is_held(by: DiskBy, exited: &Exited) -> bool {
    match by {
        DiskBy::Image => exited.text().contains("No space left") && !exited.status.is_success(),
        DiskBy::Watch => exited.status == Status::OutOfDisk && exited.status.code() == 122,
    }
}

both! {
    async fn a_scratch_computer_fills_only_what_is_its_own(bench: Bench) {
        let by = bench.backend.disk_by();
        for (what, script) in FILLS {
            let computer = small(&bench, Layer::Scratch).await;
            let exited = fill(computer.as_ref(), script).await;
            assert!(is_held(by, &exited), "{what} by {by:?}: {:?} {}", exited.status, exited.text());
            // It goes on, and can tidy up.
            output(computer.as_ref(), "rm -rf /workspace/* && echo fits >/workspace/small").await;
            computer.destroy().await.unwrap();
        }
        assert_eq!(bench.computers(), 0);
    }

    async fn what_is_to_be_kept_is_watched(bench: Bench) {
        for (layer, (what, script)) in [Layer::Build, Layer::Durable].into_iter().zip(FILLS) {
            let computer = small(&bench, layer).await;
            output(computer.as_ref(), "echo kept >kept").await;
            let exited = fill(computer.as_ref(), script).await;
            assert!(is_held(DiskBy::Watch, &exited), "{what}: {:?} {}", exited.status, exited.text());
            assert_eq!(output(computer.as_ref(), "cat kept; rm -rf b* f*").await, "kept");
            output(computer.as_ref(), "head -c 1M /dev/zero >fits").await;
            computer.destroy().await.unwrap();
        }
    }

    async fn what_lies_too_deep_to_be_counted_does_not_get_by(bench: Bench) {
        let computer = small(&bench, Layer::Build).await;
        let script = "import os\nfor _ in range(1500): os.makedirs('d', exist_ok=True); os.chdir('d')\n\
            with open('big', 'wb') as f:\n for _ in range(3000): f.write(bytes(1 << 20)); f.flush()";
        for _ in 0..2 {
            let exited = computer.run(Exec::new(["python3", "-c", script]).timeout(PATIENCE * 3)).await.unwrap();
            assert_eq!(exited.status, Status::OutOfDisk, "{}", exited.text());
        }
        computer.destroy().await.unwrap();
        assert_eq!(bench.computers(), 0);
    }

    async fn a_deleted_file_that_stays_open_counts(bench: Bench) {
        for layer in [Layer::Scratch, Layer::Build] {
            let computer = small(&bench, layer).await;
            let script = "exec 3>f; rm f; for n in $(seq 3000); do head -c 1M /dev/zero >&3 || exit 1; done";
            let exited = fill(computer.as_ref(), script).await;
            let by = if layer == Layer::Scratch { bench.backend.disk_by() } else { DiskBy::Watch };
            assert!(is_held(by, &exited), "{layer:?}: {:?} {}", exited.status, exited.text());
            output(computer.as_ref(), "echo fits >small").await;
        }
    }

    async fn background_programs_are_stopped_too(bench: Bench) {
        let computer = small(&bench, Layer::Build).await;
        let mark = bench.mark();
        let wait = computer.exec(Exec::shell(&format!("sleep 1000; : {mark}"))).await.unwrap();
        let begin = format!("setsid sh -c 'trap \"\" TERM HUP; for n in $(seq 2000); do head -c 1M /dev/zero; done >bg; : {mark}' & ");
        output(computer.as_ref(), &begin).await;
        assert_eq!(wait.wait().await.unwrap().status, Status::OutOfDisk);
        eventually("nothing goes on", || crate::bench::processes(&mark) == 0);
        assert_eq!(output(computer.as_ref(), "echo alive").await, "alive");
    }

    async fn temporary_folders_are_memory_and_no_way_around(bench: Bench) {
        let limits = Limits { disk_bytes: SMALL, memory_bytes: 256 * MIB, ..Limits::default() };
        let computer = bench.limited(limits).await;
        for folder in ["/tmp", "/dev/shm", "/run", "/var/tmp"] {
            let exited = fill(computer.as_ref(), &format!("head -c 2000000000 /dev/zero >{folder}/x; r=$?; rm -f {folder}/x; exit $r")).await;
            let told = exited.text().contains("No space left") || exited.status == Status::OutOfDisk;
            assert!(told, "{folder}: {:?} {}", exited.status, exited.text());
        }
    }

    async fn what_is_free_is_shown(bench: Bench) {
        let computer = small(&bench, Layer::Scratch).await;
        let free = "stat -f -c '%a %S %d' / | awk '{print $1 * $2, $3}'";
        let text = output(computer.as_ref(), free).await;
        let (bytes, files) = text.split_once(' ').unwrap();
        let (bytes, files): (f64, u64) = (bytes.parse().unwrap(), files.parse().unwrap());
        let is_limit = (bytes - SMALL as f64).abs() < 2.0 * MIB as f64 && files.abs_diff(FEW) < 200;
        assert_eq!(is_limit, bench.backend.disk_by() == DiskBy::Image, "{text}");
    }

    async fn a_disk_is_seen_by_nobody_and_leaves_nothing(bench: Bench) {
        // A spare one is there as long as its backend.
        let _the_same = bench.backend.clone().cold();
        let computer = small(&bench, Layer::Scratch).await;
        output(computer.as_ref(), "head -c 30M /dev/urandom >data").await;
        let folder = bench.folder.file_name().unwrap().to_string_lossy().into_owned();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.lines().any(|mount| mount.contains(&folder) || mount.contains("/dev/loop")), "{mounts}");
        let inside = output(computer.as_ref(), "grep -c loop /proc/self/mountinfo; ls /dev/loop* 2>/dev/null; true").await;
        assert_eq!(inside, "0");
        let by = bench.backend.disk_by();
        assert_eq!(devices(&bench.folder) > 0, by == DiskBy::Image);
        computer.destroy().await.unwrap();
        assert_eq!(bench.computers(), 0);
        // The backend keeps a spare one.
        drop(bench.backend);
        eventually("all devices are free", || devices(&bench.folder) == 0);
        if by == DiskBy::Image {
            let blocks = |path: &Path| fs::metadata(path).unwrap().blocks();
            let kept = fs::read_dir(bench.home.join("disks")).unwrap().map(|entry| blocks(&entry.unwrap().path()));
            // Two templates of 132 KiB, in blocks of 512 bytes.
            assert!(kept.sum::<u64>() <= 2 * 2 * 150);
        }
    }
}

/// Loop devices whose file is below this test's home.
fn devices(folder: &Path) -> usize {
    let entries = fs::read_dir("/sys/block").unwrap().flatten();
    let files =
        entries.filter_map(|entry| fs::read_to_string(entry.path().join("loop/backing_file")).ok());
    let folder = folder.file_name().unwrap().to_string_lossy().into_owned();
    files.filter(|file| file.contains(&folder)).count()
}
