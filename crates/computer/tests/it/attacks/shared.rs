//! Attacks on what the kernel counts for the machine, or for a user, and not for a computer.

use computer::namespaces::LimitsBy;
use computer::{Exec, Status};
use domain::Limits;
use domain::limits::MIB;

use super::{group_or, held, python, small, still_works};
use crate::bench::{PATIENCE, output};

both! {
    async fn tables_of_an_endless_mapping(bench: Bench) {
        let computer = bench.limited(small()).await;
        // 600 GB of zeros that are only read: their tables are 1.2 GB, and nobody's memory.
        let script = "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.mmap.restype = ctypes.c_void_p\nlibc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]\nsize = 600 << 30\nat = libc.mmap(None, size, 1, 0x4022, -1, 0)\nlibc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(size), 15)\nfor offset in range(0, size, 2 << 20): ctypes.c_char.from_address(at + offset).value";
        let exec = Exec::new(["python3", "-c", script]).timeout(PATIENCE);
        assert_eq!(computer.run(exec).await.unwrap().status, Status::OutOfMemory);
        still_works(computer.as_ref()).await;
        held("the kernel's tables of 600 GB", group_or(&bench, "cgroup memory", "init's watchdog"), "OutOfMemory");
    }

    async fn signals_that_wait(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import ctypes, os, signal\nlibc = ctypes.CDLL(None)\nlibc.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long]\nsignal.pthread_sigmask(signal.SIG_BLOCK, [40])\nn = 0\nwhile libc.sigqueue(os.getpid(), 40, 0) == 0: n += 1\nprint(n)";
        let said = python(computer.as_ref(), script).await;
        assert_eq!(said, "4096");
        held("signals that wait", "RLIMIT_SIGPENDING", said);
    }

    async fn files_that_are_watched(bench: Bench) {
        let computer = bench.limited(small()).await;
        assert_eq!(output(computer.as_ref(), "cat /proc/sys/user/max_inotify_watches").await, "32768");
        held("inotify watches", "max_inotify_watches of its user namespace", 32_768);
    }

    async fn asynchronous_files_of_all(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nid = ctypes.c_ulong(0)\nprint(libc.syscall(206 if os.uname().machine == 'x86_64' else 0, 1024, ctypes.byref(id)), os.strerror(ctypes.get_errno()))";
        let said = python(computer.as_ref(), script).await;
        assert_eq!(said, "-1 Function not implemented");
        held("io_setup: fs.aio-max-nr of the machine", "seccomp", said);
    }

    async fn bytes_between_sockets(bench: Bench) {
        let computer = bench.limited(Limits { memory_bytes: 128 * MIB, ..small() }).await;
        let script = r#"
import socket
listening = socket.socket(); listening.bind(("127.0.0.1", 0)); listening.listen(1000)
sent, kept = 0, []
while len(kept) < 150:
    out = socket.create_connection(listening.getsockname()); kept.append((out, listening.accept()))
    out.setblocking(False)
    try:
        while True: sent += out.send(b"x" * 65536)
    except BlockingIOError: pass
print(sent >> 20)
"#;
        let exec = Exec::new(["python3", "-c", script]).timeout(PATIENCE);
        let exited = computer.run(exec).await.unwrap();
        let sent = exited.text().trim().parse::<u64>();
        still_works(computer.as_ref()).await;
        match bench.backend.limits_by() {
            LimitsBy::CgroupV1 | LimitsBy::CgroupV2 => {
                assert!(sent.as_ref().is_ok_and(|mib| *mib < 64) || exited.status == Status::OutOfMemory, "{}", exited.text());
                held("150 connections that nobody reads", "cgroup memory", format!("{sent:?} MiB"));
            }
            // See `docs/security.md`.
            LimitsBy::Rlimits => assert!(sent.is_ok_and(|mib| mib < 2048)),
        }
    }
}
