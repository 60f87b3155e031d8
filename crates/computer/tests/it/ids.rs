//! Who programs inside can be, and whom they can give files to: with root's range of ids for real,
//! with an ordinary user's one id in pretence.

use crate::bench::{output, shell};

/// The first of root's range, outside.
const FIRST_OUTSIDE: u32 = computer::namespaces::COMPUTER_UID;

/// Whether this process is root's half of a test.
fn has_a_range() -> bool {
    nix::unistd::geteuid().is_root()
}

both! {
    async fn files_can_be_given_away(bench: Bench) {
        let computer = bench.computer().await;
        let give = "touch f && chown 7:8 f && chown -h 9 f && chgrp 10 f && install -o 33 -g 33 f g && \
             python3 -c 'import os; os.chown(\"f\", 0, -1)' && stat -c %u:%g f g";
        let seen = output(computer.as_ref(), give).await;
        assert_eq!(seen, if has_a_range() { "0:10\n33:33" } else { "0:0\n0:0" });
    }

    async fn programs_can_become_others(bench: Bench) {
        let computer = bench.computer().await;
        let become_other = "python3 -c 'import os; os.setgroups([5]); os.setresgid(6, 6, 6); \
             os.setresuid(7, 7, 7); print(os.getresuid(), os.getresgid(), os.getgroups())'";
        let seen = output(computer.as_ref(), become_other).await;
        if has_a_range() {
            assert_eq!(seen, "(7, 7, 7) (6, 6, 6) [5]");
        } else {
            assert!(seen.starts_with("(0, 0, 0) (0, 0, 0)"), "{seen}");
        }
    }

    async fn who_became_another_has_lost_what_root_had(bench: Bench) {
        let computer = bench.computer().await;
        let lose = "touch f; python3 -c 'import os; os.setresuid(7, 7, 7); os.open(\"f\", os.O_WRONLY)'";
        assert_eq!(shell(computer.as_ref(), lose).await.status.is_success(), !has_a_range());
    }

    async fn no_id_outside_the_range_can_be_had(bench: Bench) {
        let computer = bench.computer().await;
        let maps = output(computer.as_ref(), "cat /proc/self/uid_map /proc/self/gid_map").await;
        let maps: Vec<&str> = maps.split_whitespace().collect();
        if has_a_range() {
            let first = FIRST_OUTSIDE.to_string();
            assert_eq!(maps, ["0", &first, "65536", "0", &first, "65536"]);
        } else {
            let own = nix::unistd::geteuid().to_string();
            assert_eq!(maps, ["0", &own, "1", "0", &own, "1"]);
        }
        let beyond = shell(computer.as_ref(), "touch f; python3 -c 'import os; os.chown(\"f\", 65536, 0)'").await;
        assert_eq!(beyond.status.is_success(), !has_a_range());
    }

    async fn a_set_id_program_gives_nobody_anything(bench: Bench) {
        let computer = bench.computer().await;
        let make = "cp /usr/bin/id . && chmod 6755 id && cp /bin/sh sh && chmod 4755 sh && mkdir -m 777 d && \
             python3 -c 'import os; os.setresgid(5, 5, 5); os.setresuid(5, 5, 5); os.execv(\"./id\", [\"id\", \"-u\"])'";
        let seen = output(computer.as_ref(), make).await;
        assert_eq!(seen, if has_a_range() { "5" } else { "0" });
    }

    async fn devices_stay_dead(bench: Bench) {
        let computer = bench.computer().await;
        let make = "mknod disk b 8 0; mknod memory c 1 1; test -e disk -o -e memory && echo made";
        assert!(!shell(computer.as_ref(), make).await.text().contains("made"));
    }

    async fn families_and_protocols_that_nobody_needs_are_refused(bench: Bench) {
        let computer = bench.computer().await;
        // (family, type, protocol): VSOCK, ALG, PACKET, XDP, TIPC, RDS, KCM, QIPCRTR, SMC, SCTP, DCCP.
        let attempts = "import socket\n\
            for what in [(40,1,0),(38,5,0),(17,3,0),(44,3,0),(30,5,0),(21,5,0),(41,5,0),(42,2,0),(43,1,0),(2,1,132),(10,1,132),(2,6,33)]:\n\
            \x20try: socket.socket(*what); print('open', what)\n\
            \x20except OSError as error: assert error.errno == 97, error\n\
            for what in [(1,1,0),(2,1,0),(2,2,0),(10,1,6),(16,3,0)]: socket.socket(*what)\n\
            a, b = socket.socketpair()\n";
        computer.write("/workspace/sockets.py".as_ref(), attempts.as_bytes(), 0o644).await.unwrap();
        assert_eq!(output(computer.as_ref(), "python3 sockets.py").await, "");
    }

    async fn all_ids_together_have_no_more_processes(bench: Bench) {
        let limits = domain::Limits { processes: 64, ..domain::Limits::default() };
        let computer = bench.limited(limits).await;
        let spread = "import os, signal, sys\n\
            made = 0\n\
            for n in range(200):\n\
            \x20try: pid = os.fork()\n\
            \x20except OSError: break\n\
            \x20if pid == 0:\n\
            \x20\x20os.setresuid(1000 + n, 1000 + n, 1000 + n)\n\
            \x20\x20while True: signal.pause()\n\
            \x20made += 1\n\
            print(made)\n";
        computer.write("/workspace/spread.py".as_ref(), spread.as_bytes(), 0o644).await.unwrap();
        let made: u64 = output(computer.as_ref(), "timeout -s KILL 20 python3 spread.py").await.parse().unwrap();
        assert!((1..=64).contains(&made), "{made}");
    }
}
