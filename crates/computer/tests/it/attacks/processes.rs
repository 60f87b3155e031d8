//! Attacks by processes that won't end, or end others.

use std::time::Duration;

use computer::{Exec, Status};

use super::{held, python, small, still_works};
use crate::bench::{PATIENCE, eventually, output, processes, shell};

both! {
    async fn zombies(bench: Bench) {
        let computer = bench.limited(small()).await;
        // Each child's parent is gone at once, so init has to reap it.
        let script = "for i in $(seq 20); do (sh -c 'exit 0' & exec true) & done; wait";
        for _round in 0..10 {
            output(computer.as_ref(), script).await;
        }
        let count = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";
        let mut left = output(computer.as_ref(), count).await;
        for _look in 0..50 {
            if left == "0" { break; }
            left = output(computer.as_ref(), count).await;
        }
        assert_eq!(left, "0");
        held("200 orphans", "an init that reaps", "no zombie is left");
    }

    async fn daemons_in_sessions_of_their_own(bench: Bench) {
        let computer = bench.limited(small()).await;
        let mark = bench.mark();
        let daemon = format!("for i in 1 2 3; do setsid -f sh -c 'trap \"\" TERM HUP INT; sleep 1000; : {mark}' </dev/null >/dev/null 2>&1; done");
        output(computer.as_ref(), &daemon).await;
        eventually("they run", || processes(&mark) >= 3);
        computer.destroy().await.unwrap();
        assert_eq!(processes(&mark), 0);
        held("daemons by setsid", "the pid namespace ends with its init", "0 left");
    }

    async fn signals_that_are_ignored(bench: Bench) {
        let computer = bench.limited(small()).await;
        let deaf = "trap '' TERM INT HUP QUIT TSTP; while :; do sleep 0.1; done";
        let exec = Exec::shell(deaf).timeout(Duration::from_millis(300));
        assert_eq!(computer.run(exec).await.unwrap().status, Status::OutOfTime);
        held("ignored signals", "SIGKILL to the process group", "OutOfTime");
    }

    async fn everything_is_killed(bench: Bench) {
        let computer = bench.limited(small()).await;
        let killer = shell(computer.as_ref(), "kill -KILL -1; kill -KILL 1; kill -STOP 1").await;
        drop(killer);
        still_works(computer.as_ref()).await;
        held("kill of everything", "init ignores signals from inside", "the computer works on");
    }

    async fn everything_is_stopped(bench: Bench) {
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
        held("stop of everything", "deadlines outside, SIGKILL through pidfd", "it can be destroyed");
    }

    async fn init_is_traced(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.ptrace(16, 1, 0, 0), os.strerror(ctypes.get_errno()))\nprint(libc.ptrace(0x4206, 1, 0, 0), os.strerror(ctypes.get_errno()))";
        let said = python(computer.as_ref(), script).await;
        assert!(said.lines().all(|line| line.starts_with("-1")), "{said}");
        held("ptrace of init", "init isn't dumpable and has more capabilities", said);
    }

    async fn init_is_looked_into(bench: Bench) {
        let computer = bench.limited(small()).await;
        for file in ["environ", "mem", "fd", "root", "cwd", "exe", "map_files", "ns/net"] {
            let read = shell(computer.as_ref(), &format!("ls /proc/1/{file}/ || head -c 1 /proc/1/{file}")).await;
            assert!(!read.status.is_success(), "{file}: {}", read.text());
        }
        held("/proc/1 of init", "PR_SET_DUMPABLE 0", "Permission denied");
    }

    async fn memory_of_others_is_written(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.process_vm_writev(1, 0, 0, 0, 0, 0), os.strerror(ctypes.get_errno()))";
        let said = python(computer.as_ref(), script).await;
        assert!(said.starts_with("-1 Operation not permitted"), "{said}");
        held("process_vm_writev", "seccomp", said);
    }

    async fn priority_over_everybody(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import os\nfor what in (lambda: os.nice(-10), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)), lambda: os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-500')):\n try: what(); print('done')\n except OSError as error: print(error.strerror)";
        let said = python(computer.as_ref(), script).await;
        assert!(!said.contains("done"), "{said}");
        held("real-time priority, no death by memory", "no CAP_SYS_NICE, no CAP_SYS_RESOURCE", said);
    }
}
