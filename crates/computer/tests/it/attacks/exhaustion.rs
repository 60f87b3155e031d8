//! Attacks that take more than their share: processes, memory, files, output, descriptors, time.

use std::time::Duration;

use computer::{Exec, Output, Status};
use domain::Limits;
use domain::limits::MIB;

use super::{group_or, held, python, small, still_works};
use crate::bench::{PATIENCE, eventually, output, processes, shell};

/// Of the machine's own open files, what one computer may not come near.
const OPEN_FILES_BY: &str = "RLIMIT_NOFILE";

both! {
    async fn fork_bomb(bench: Bench) {
        let computer = bench.limited(Limits { processes: 40, ..small() }).await;
        let mark = bench.mark();
        let bomb = "import os, time\nwhile True:\n try: os.fork()\n except OSError: time.sleep(0.01)";
        let execution = computer.exec(Exec::new(["python3", "-c", bomb, &mark])).await.unwrap();
        eventually("it has gone off", || processes(&mark) > 20);
        let most = (0..100).map(|_look| processes(&mark)).max().unwrap();
        assert!(most <= 41, "{most} at once");
        drop(execution);
        computer.destroy().await.unwrap();
        assert_eq!(processes(&mark), 0);
        held("fork bomb", group_or(&bench, "cgroup pids", "RLIMIT_NPROC"), format!("{most} at once, 0 after"));
    }

    async fn thread_bomb(bench: Bench) {
        let computer = bench.limited(Limits { processes: 40, ..small() }).await;
        let script = "import threading, time\nn = 0\ntry:\n while n < 500:\n  threading.Thread(target=time.sleep, args=(1000,), daemon=True).start(); n += 1\nexcept RuntimeError as error: print(n, error, flush=True)\nimport os; os._exit(0)";
        let said = python(computer.as_ref(), script).await;
        let threads: u32 = said.split(' ').next().unwrap().parse().unwrap();
        assert!(threads <= 40 && said.contains("can't start new thread"), "{said}");
        still_works(computer.as_ref()).await;
        held("thread bomb", group_or(&bench, "cgroup pids", "RLIMIT_NPROC"), said);
    }

    async fn memory_by_one_process(bench: Bench) {
        let computer = bench.limited(small()).await;
        let exited = shell(computer.as_ref(), "tail /dev/zero").await;
        assert_eq!(exited.status, Status::OutOfMemory);
        still_works(computer.as_ref()).await;
        held("memory by one process", group_or(&bench, "cgroup memory", "init's watchdog"), "OutOfMemory");
    }

    async fn memory_by_many_processes(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import os, time\nfor _ in range(12):\n if not os.fork():\n  x = b'x' * (64 << 20); time.sleep(1000)\nos.wait(); os._exit(9)";
        let many = Exec::new(["python3", "-c", script]).timeout(PATIENCE);
        let status = computer.run(many).await.unwrap().status;
        assert_eq!(status, Status::OutOfMemory);
        shell(computer.as_ref(), "pkill -KILL python3").await;
        still_works(computer.as_ref()).await;
        held("memory by 12 processes", group_or(&bench, "cgroup memory", "init's watchdog"), "OutOfMemory");
    }

    async fn shared_memory_folder(bench: Bench) {
        let computer = bench.limited(small()).await;
        for folder in ["/tmp", "/dev/shm", "/run"] {
            let fill = format!("head -c 300000000 /dev/zero >{folder}/x; rm {folder}/x");
            let said = shell(computer.as_ref(), &fill).await.text();
            assert!(said.contains("No space left"), "{folder}: {said}");
        }
        held("/tmp, /dev/shm and /run filled", "tmpfs size", "No space left on device");
    }

    async fn inodes_of_temporary_folders(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import os\nn = 0\ntry:\n while n < 300_000: os.mknod(f'/dev/shm/{n}'); n += 1\nexcept OSError as error: print(n, error.strerror)";
        let said = python(computer.as_ref(), script).await;
        assert!(said.contains("No space left"), "{said}");
        held("inodes of /dev/shm", "tmpfs nr_inodes", said);
    }

    async fn shared_memory_of_system_v(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.shmat.restype = ctypes.c_void_p\nwhile True:\n at = libc.shmat(libc.shmget(0, 64 << 20, 0o1600), None, 0)\n if at in (None, 2**64 - 1): raise SystemExit(7)\n ctypes.memset(at, 1, 64 << 20)";
        let hoard = Exec::new(["python3", "-c", script]).timeout(PATIENCE);
        let status = computer.run(hoard).await.unwrap().status;
        assert!(matches!(status, Status::OutOfMemory | Status::Exited(7)), "{status:?}");
        still_works(computer.as_ref()).await;
        computer.destroy().await.unwrap();
        held("System V shared memory", group_or(&bench, "cgroup memory", "init's watchdog"), format!("{status:?}; the segments go with the ipc namespace"));
    }

    async fn memory_without_a_name(bench: Bench) {
        let computer = bench.limited(small()).await;
        let mapped = "import mmap\nm = mmap.mmap(-1, 1 << 30)\nfor i in range(0, 1 << 30, 4096): m[i] = 1\nraise SystemExit(9)";
        let open = "import os\nfd = os.memfd_create('x')\nfor _ in range(1024): os.write(fd, b'x' * (1 << 20))\nraise SystemExit(9)";
        for script in [mapped, open] {
            let hoard = Exec::new(["python3", "-c", script]).timeout(PATIENCE);
            assert_eq!(computer.run(hoard).await.unwrap().status, Status::OutOfMemory);
            still_works(computer.as_ref()).await;
        }
        held("1 GB in a shared mapping, and in a memfd", group_or(&bench, "cgroup memory", "init's watchdog"), "OutOfMemory");
    }

    async fn output_flood(bench: Bench) {
        let computer = bench.limited(small()).await;
        let flood = Exec::shell("yes").timeout(Duration::from_millis(700)).output_bytes_max(10_000);
        let exited = computer.run(flood).await.unwrap();
        assert_eq!((exited.status, exited.stdout.bytes.len()), (Status::OutOfTime, 10_000));
        assert!(exited.stdout.dropped_bytes > 10_000);
        held("output flood", "bounded capture, wall time", format!("{} bytes dropped", exited.stdout.dropped_bytes));
    }

    async fn one_endless_line(bench: Bench) {
        let computer = bench.limited(small()).await;
        let line = Exec::shell("head -c 50000000 /dev/zero | tr '\\0' x").output_bytes_max(1000);
        let exited = computer.run(line).await.unwrap();
        assert_eq!(exited.stdout.bytes.len() as u64 + exited.stdout.dropped_bytes, 50_000_000);
        assert_eq!(exited.stdout.bytes.len(), 1000);
        held("a line of 50 MB", "bounded capture", "1000 bytes kept");
    }

    async fn nobody_reads_and_it_writes_on(bench: Bench) {
        let computer = bench.limited(small()).await;
        let mut flood = computer.exec(Exec::shell("yes | head -c 100000000")).await.unwrap();
        assert!(flood.next().await.is_some());
        // Two seconds of the program's time; it stands still in its write.
        let other = output(computer.as_ref(), "echo other").await;
        drop(flood);
        assert_eq!(other, "other");
        held("an unread flood", "bounded channel, full pipe", "the writer waits, others run");
    }

    async fn open_descriptors(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import os\nn = 0\ntry:\n while True: os.open('/dev/null', 0); n += 1\nexcept OSError as error: print(n, error.strerror)";
        let said = python(computer.as_ref(), script).await;
        assert!(said.contains("Too many open files"), "{said}");
        still_works(bench.computer().await.as_ref()).await;
        held("all descriptors", OPEN_FILES_BY, said);
    }

    async fn descriptors_in_flight(bench: Bench) {
        let computer = bench.computer().await;
        let script = r#"
import os, resource, socket
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
null, pairs = os.open("/dev/null", os.O_RDONLY), []
try:
    while len(pairs) < hard // 4:
        pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        pairs[-1][0].setblocking(False)
        try:
            while True: socket.send_fds(pairs[-1][0], [b"x"], [null] * 250)
        except BlockingIOError: pass
except OSError as error: print(error, flush=True)
os.read(os.pipe()[0], 1)
"#;
        let mut full = computer.exec(Exec::new(["python3", "-c", script])).await.unwrap();
        let Some(Output::Stdout(said)) = full.next().await else { panic!("it says nothing") };
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains("Too many references"));
        still_works(computer.as_ref()).await;
        still_works(bench.computer().await.as_ref()).await;
        computer.destroy().await.unwrap();
        held("descriptors in flight", "RLIMIT_NOFILE below init's", said);
    }

    async fn inotify_instances_of_all(bench: Bench) {
        let computer = bench.computer().await;
        let script = "import ctypes, itertools\nopen = ctypes.CDLL(None).inotify_init1\nprint(next(n for n in itertools.count() if open(0) < 0))";
        assert_eq!(python(computer.as_ref(), script).await, "32");
        held("inotify instances", "max_inotify_instances of its user namespace", 32);
    }

    async fn large_pipes(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import fcntl, os\nkept, refused, n = [], '', 0\nos.set_blocking\nwhile n < 400:\n r, w = os.pipe(); os.set_blocking(w, False); kept.append((r, w)); n += 1\n try: fcntl.fcntl(w, 1031, 1 << 20)\n except OSError as error: refused = error.strerror\n try:\n  while True: os.write(w, b'x' * 65536)\n except BlockingIOError: pass\nprint(n, refused)";
        let exited = computer.run(Exec::new(["python3", "-c", script]).timeout(PATIENCE)).await.unwrap();
        let refused = exited.status == Status::OutOfMemory || exited.text().contains("not permitted");
        assert!(refused, "{:?} {}", exited.status, exited.text());
        still_works(computer.as_ref()).await;
        held("400 MB in pipes", group_or(&bench, "cgroup memory, pipe-user-pages", "pipe-user-pages"), format!("{:?}", exited.status));
    }

    async fn a_program_that_spins(bench: Bench) {
        let computer = bench.limited(small()).await;
        let spin = Exec::shell("while :; do :; done").timeout(Duration::from_millis(300));
        assert_eq!(computer.run(spin).await.unwrap().status, Status::OutOfTime);
        still_works(computer.as_ref()).await;
        held("a spin", "wall time of the execution", "OutOfTime");
    }

    async fn a_file_of_any_size(bench: Bench) {
        let computer = bench.limited(small()).await;
        let exited = shell(computer.as_ref(), "truncate -s 100T big; dd if=/dev/zero of=big bs=1 count=1 seek=90T 2>&1; ls -s big").await;
        assert!(!exited.text().contains("1 byte copied"), "{}", exited.text());
        held("a sparse file of 100 TB", "RLIMIT_FSIZE", exited.text());
    }

    async fn folders_as_deep_as_there_is_room(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import os\nfor _ in range(3000): os.mkdir('d' * 200); os.chdir('d' * 200)\nprint('deep')";
        assert_eq!(python(computer.as_ref(), script).await, "deep");
        computer.destroy().await.unwrap();
        assert_eq!(bench.computers(), 0);
        held("600 KB of nested folders", "removal that doesn't follow paths", "nothing is left");
    }

    async fn user_namespaces_of_the_machine(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint([libc.unshare(flag) for flag in (0x10000000, 0x20000, 0x40000000)], ctypes.get_errno())";
        let said = python(computer.as_ref(), script).await;
        assert!(said.starts_with("[-1, -1, -1]"), "{said}");
        assert_eq!(output(computer.as_ref(), "cat /proc/sys/user/max_user_namespaces").await, "0");
        held("all namespaces of the machine", "seccomp, max_user_namespaces = 0, no CAP_SYS_ADMIN", said);
    }

    async fn locked_memory(bench: Bench) {
        let computer = bench.limited(Limits { memory_bytes: 128 * MIB, ..small() }).await;
        let script = "import ctypes, mmap, os\nlibc = ctypes.CDLL(None, use_errno=True)\nm = mmap.mmap(-1, 64 << 20)\nat = ctypes.addressof(ctypes.c_char.from_buffer(m))\nprint(libc.mlock(ctypes.c_void_p(at), 64 << 20), os.strerror(ctypes.get_errno()))";
        let said = python(computer.as_ref(), script).await;
        assert!(said.starts_with("-1"), "{said}");
        held("memory that is never paged out", "RLIMIT_MEMLOCK, no CAP_IPC_LOCK", said);
    }
}
