//! Attacks on other computers, and on the processes of whoever made them.

use computer::Exec;

use super::{held, python, small, still_works};
use crate::bench::{output, shell};

both! {
    async fn processes_of_another_attempt(bench: Bench) {
        let (one, two) = (bench.limited(small()).await, bench.limited(small()).await);
        let mut sleeping = one.exec(Exec::shell("echo here; exec sleep 1000")).await.unwrap();
        assert!(sleeping.next().await.is_some());
        let seen = output(two.as_ref(), "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").await;
        assert!(!seen.contains("sleep 1000"), "{seen}");
        shell(two.as_ref(), "for pid in $(seq 1 400); do kill -KILL $pid 2>/dev/null; done").await;
        still_works(one.as_ref()).await;
        assert_eq!(output(one.as_ref(), "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 1000'").await, "1");
        held("another attempt's processes", "pid namespaces of their own", "neither seen nor killed");
    }

    async fn shared_memory_of_another_attempt(bench: Bench) {
        let (one, two) = (bench.limited(small()).await, bench.limited(small()).await);
        let make = "import ctypes\nlibc = ctypes.CDLL(None)\nprint(libc.shmget(4711, 4096, 0o1777) >= 0, libc.msgget(4711, 0o1777) >= 0, libc.semget(4711, 1, 0o1777) >= 0)";
        assert_eq!(python(one.as_ref(), make).await, "True True True");
        let find = "import ctypes\nlibc = ctypes.CDLL(None)\nprint(libc.shmget(4711, 0, 0), libc.msgget(4711, 0), libc.semget(4711, 0, 0))";
        assert_eq!(python(two.as_ref(), find).await, "-1 -1 -1");
        held("another attempt's System V memory and queues", "ipc namespaces of their own", "no such key");
    }

    async fn sockets_without_a_file(bench: Bench) {
        let name = format!("\0whimbrel-{}", bench.mark());
        let _listening = {
            use std::os::linux::net::SocketAddrExt;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(&name[1..]).unwrap();
            std::os::unix::net::UnixListener::bind_addr(&address).unwrap()
        };
        let computer = bench.limited(small()).await;
        let script = format!("import socket\ns = socket.socket(socket.AF_UNIX)\ntry: s.connect('\\0{}'); print('connected')\nexcept OSError as error: print(error.strerror)", &name[1..]);
        assert_eq!(python(computer.as_ref(), &script).await, "Connection refused");
        assert_eq!(output(computer.as_ref(), "grep -c @ /proc/net/unix; true").await, "0");
        held("abstract unix sockets of the host", "a network namespace of its own", "Connection refused");
    }

    async fn sockets_with_a_file(bench: Bench) {
        let path = bench.folder.join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let computer = bench.limited(small()).await;
        let found = "find / -xdev -type s 2>/dev/null; ls -A /run /var/run/ | grep -v whimbrel | grep -v : ; true";
        let said = output(computer.as_ref(), found).await;
        assert_eq!(said.trim(), "", "{said}");
        held("unix sockets of the host", "no folder of the host that has one is shown", "none is found");
    }

    async fn the_other_side_of_our_own_socket(bench: Bench) {
        let computer = bench.limited(small()).await;
        // What init was given by its supervisor may be in no program's hands.
        let script = "import os\nprint(sorted(os.readlink(f'/proc/self/fd/{fd}').split(':')[0] for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}')))";
        let said = python(computer.as_ref(), script).await;
        assert!(!said.contains("socket") && !said.contains("memfd") && !said.contains("anon"), "{said}");
        held("descriptors that are left open", "close-on-exec and close_range", said);
    }
}
