//! What root inside must not be able to do.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use computer::{Exec, Status};

use crate::bench::{PATIENCE, output, shell};

both! {
    async fn the_system_is_read_only(bench: Bench) {
        let computer = bench.computer().await;
        for command in ["touch /usr/new", "chmod 777 /usr/bin/env", "rm -f /usr/bin/env",
            "echo 0 >/proc/sys/kernel/randomize_va_space", "echo h >/proc/sysrq-trigger",
            "mount -o remount,rw /usr", "mount -t tmpfs none /mnt", "umount /usr", "chroot / mount -t proc p /mnt",
            "mknod /workspace/disk b 8 0 && head -c 1 /workspace/disk"] {
            let exited = shell(computer.as_ref(), command).await;
            assert!(!exited.status.is_success(), "{command}: {}", exited.text());
        }
    }

    async fn there_are_no_namespaces_within(bench: Bench) {
        let computer = bench.computer().await;
        for kind in ["--user", "--mount", "--net", "--pid --fork", "--user --map-root-user"] {
            let exited = shell(computer.as_ref(), &format!("unshare {kind} true")).await;
            assert!(!exited.status.is_success(), "{kind}: {}", exited.text());
        }
        assert_eq!(output(computer.as_ref(), "cat /proc/sys/user/max_user_namespaces").await, "0");
        let enter = "nsenter --target 1 --mount true";
        assert!(!shell(computer.as_ref(), enter).await.status.is_success());
    }

    async fn what_counts_by_user_is_not_taken_from_others(bench: Bench) {
        let computer = bench.computer().await;
        let take_all = "python3 -c 'import ctypes, itertools\nopen = ctypes.CDLL(None).inotify_init1\n\
            print(next(n for n in itertools.count() if open(0) < 0))'";
        assert_eq!(output(computer.as_ref(), take_all).await, "32");
    }

    async fn privileges_are_few_and_cannot_grow(bench: Bench) {
        let computer = bench.computer().await;
        let status = output(computer.as_ref(), "cp /usr/bin/grep g; chmod 6755 g; ./g -E '^(Cap|NoNew|Seccomp:)' /proc/self/status").await;
        for line in ["CapPrm:\t00000000800004fb", "CapBnd:\t00000000800004fb", "CapAmb:\t0000000000000000",
            "NoNewPrivs:\t1", "Seccomp:\t2"] {
            assert!(status.contains(line), "{line}: {status}");
        }
        let suid = "grep -vc nosuid /proc/self/mounts";
        assert_eq!(shell(computer.as_ref(), suid).await.text().trim(), "0");
    }

    async fn nothing_of_ours_is_left_open(bench: Bench) {
        let computer = bench.computer().await;
        // The fourth is ls's own, of the folder it lists.
        assert_eq!(output(computer.as_ref(), "ls /proc/self/fd").await, "0\n1\n2\n3");
        let folder = std::fs::metadata(bench.home.join("computers")).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }

    async fn dangerous_system_calls_are_refused(bench: Bench) {
        let computer = bench.computer().await;
        let script = r#"
import ctypes, errno, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    result = libc.syscall(*args)
    return errno.errorcode[ctypes.get_errno()] if result < 0 else "done"
def family(number, protocol=0):
    try:
        socket.socket(number, socket.SOCK_DGRAM if number == 16 else socket.SOCK_STREAM, protocol).close()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
print(call(425, 1, 0), call(321, 0, 0, 0), call(435, 0, 0), call(272, 0x10000000), call(323, 0), call(250, 0))
print(family(40), family(38), family(17), family(16, 9), family(16, 0), family(1), family(2))
"#;
        computer.write("/workspace/calls.py".as_ref(), script.as_bytes(), 0o644).await.unwrap();
        let said = output(computer.as_ref(), "python3 calls.py").await;
        let expected = "EPERM EPERM ENOSYS EPERM EPERM EPERM\nEPERM EPERM EPERM EPERM done done done";
        if cfg!(target_arch = "x86_64") {
            assert_eq!(said, expected);
        }
    }

    async fn whoever_stops_everything_stops_nobody_outside(bench: Bench) {
        let computer = bench.computer().await;
        let script = r#"
import os, signal
print("begun", flush=True)
while True:
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in (1, os.getpid()):
            try: os.kill(int(name), signal.SIGSTOP)
            except OSError: pass
"#;
        let mut stopping = computer.exec(Exec::new(["python3", "-c", script])).await.unwrap();
        assert!(stopping.next().await.is_some());
        let second = Duration::from_secs(1);
        for _try in 0..3 {
            let ran = computer.run(Exec::new(["sleep", "1000"]).timeout(second));
            let ran = tokio::time::timeout(PATIENCE, ran).await.unwrap();
            assert!(!ran.is_ok_and(|ran| ran.status != Status::OutOfTime));
        }
        computer.destroy().await.unwrap();
    }
}
