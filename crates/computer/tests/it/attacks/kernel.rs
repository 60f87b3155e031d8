//! Attacks on the kernel and on the system around a computer: what root inside must not do.

use std::os::unix::fs::PermissionsExt;

use super::{held, python, small};
use crate::bench::{output, shell};

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

    async fn characters_for_somebody_elses_terminal(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import fcntl, os, pty\nmaster, slave = pty.openpty()\nfor request in (0x5412, 0x541C):\n try: fcntl.ioctl(slave, request, b'x'); print('done')\n except OSError as error: print(error.strerror)";
        let said = python(computer.as_ref(), script).await;
        assert_eq!(said, "Operation not permitted\nOperation not permitted");
        held("TIOCSTI, TIOCLINUX", "seccomp", said);
    }

    async fn raw_devices(bench: Bench) {
        let computer = bench.limited(small()).await;
        for (kind, numbers) in [("c", "1 1"), ("c", "1 11"), ("b", "8 0"), ("b", "254 0"), ("c", "10 237"), ("b", "7 0")] {
            let node = format!("rm -f node; mknod node {kind} {numbers} && head -c 1 node");
            let exited = shell(computer.as_ref(), &node).await;
            assert!(!exited.status.is_success(), "{kind} {numbers}: {}", exited.text());
        }
        let nodes = output(computer.as_ref(), "find /dev -xdev -type c -o -xdev -type b | sort | tr '\\n' ' '").await;
        assert!(nodes.split_whitespace().all(|node| ["null", "zero", "full", "random", "urandom", "tty", "ptmx"].iter().any(|known| node.ends_with(known))), "{nodes}");
        held("raw devices", "no CAP_MKNOD, nodev mounts, a small /dev", nodes);
    }

    async fn settings_of_the_kernel(bench: Bench) {
        let computer = bench.limited(small()).await;
        let files = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/randomize_va_space", "/proc/sysrq-trigger",
            "/proc/sys/vm/drop_caches", "/proc/sys/fs/binfmt_misc/register", "/proc/irq/default_smp_affinity"];
        for file in files {
            let exited = shell(computer.as_ref(), &format!("echo 1 >{file}")).await;
            assert!(!exited.status.is_success(), "{file}");
        }
        for file in ["/proc/kcore", "/proc/kallsyms", "/proc/timer_list"] {
            let said = output(computer.as_ref(), &format!("head -c 4096 {file} 2>/dev/null | tr -d '\\0' | awk '$1 !~ /^0+$/' | head -c 200; true")).await;
            assert_eq!(said, "", "{file}");
        }
        let sys = output(computer.as_ref(), "ls -A /sys 2>/dev/null | wc -l").await;
        assert_eq!(sys, "0");
        held("/proc and /sys", "read-only and covered /proc, no /sys, user namespace", "nothing could be written");
    }

    async fn a_program_that_is_set_uid(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "cp /usr/bin/id own; chmod 6755 own; ./own -u; grep -vc nosuid /proc/self/mounts; setcap cap_sys_admin+ep own 2>&1; ./own -u";
        let said = shell(computer.as_ref(), script).await.text();
        assert!(said.starts_with("0\n0\n"), "{said}");
        assert_eq!(output(computer.as_ref(), "grep NoNewPrivs /proc/self/status").await, "NoNewPrivs:\t1");
        held("set-uid and file capabilities", "nosuid mounts, no_new_privs", "no privilege is won");
    }

    async fn a_way_out_of_the_root(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import os\nos.mkdir('jail')\ntry: os.chroot('jail'); print('chroot')\nexcept OSError as error: print(error.strerror)\nfor _ in range(64): os.chdir('..')\nprint(os.path.exists('proc/1/root/etc/shadow'), sorted(os.listdir('.'))[:3])";
        let said = python(computer.as_ref(), script).await;
        assert!(said.contains("Operation not permitted") && said.contains("False"), "{said}");
        held("chroot and ..", "no CAP_SYS_CHROOT, pivot_root", said);
    }

    async fn a_dump_of_memory(bench: Bench) {
        let computer = bench.limited(small()).await;
        let said = shell(computer.as_ref(), "ulimit -c; ulimit -c unlimited 2>&1; sh -c 'kill -SEGV $$'; ls").await.text();
        assert!(said.starts_with("0\n") && !said.contains("\ncore"), "{said}");
        held("core dumps", "RLIMIT_CORE", said);
    }
}
