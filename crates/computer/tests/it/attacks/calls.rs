//! Attacks by system call, by the numbers that `x86_64` gives them.

use super::{held, python, small};

/// Python that makes system calls and names their errors.
const CALLS: &str = r#"
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    result = libc.syscall(*args)
    return errno.errorcode[ctypes.get_errno()] if result < 0 else "done"
def family(number, kind=socket.SOCK_STREAM, protocol=0):
    try:
        socket.socket(number, kind, protocol).close()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
"#;

/// Whether each of these calls is refused with one of the errors that say so.
async fn refused(bench: &crate::bench::Bench, attack: &str, by: &str, expressions: &str) {
    let computer = bench.limited(small()).await;
    let said = python(computer.as_ref(), &format!("{CALLS}\nprint({expressions})")).await;
    let refusals =
        ["EPERM", "ENOSYS", "EACCES", "EAFNOSUPPORT", "ESOCKTNOSUPPORT", "EPROTONOSUPPORT"];
    let all = said.split_whitespace().all(|word| refusals.contains(&word));
    assert!(all && !said.is_empty(), "{attack}: {said}");
    held(attack, by, said);
}

both! {
    async fn bpf(bench: Bench) {
        refused(&bench, "bpf", "seccomp", "call(321, 0, 0, 0)").await;
    }

    async fn userfaultfd(bench: Bench) {
        refused(&bench, "userfaultfd", "seccomp", "call(323, 0)").await;
    }

    async fn io_uring(bench: Bench) {
        refused(&bench, "io_uring", "seccomp", "call(425, 1, 0), call(426, 0, 0, 0, 0, 0, 0), call(427, 0, 0, 0, 0)").await;
    }

    async fn memory_that_the_kernel_itself_cant_see(bench: Bench) {
        refused(&bench, "memfd_secret", "seccomp", "call(447, 0)").await;
    }

    async fn kernel_keys(bench: Bench) {
        refused(&bench, "keyctl, add_key, request_key", "seccomp", "call(250, 0), call(248, 0, 0, 0, 0, 0), call(249, 0, 0, 0, 0)").await;
    }

    async fn performance_events(bench: Bench) {
        refused(&bench, "perf_event_open", "seccomp", "call(298, 0, 0, -1, -1, 0)").await;
    }

    async fn another_kernel(bench: Bench) {
        refused(&bench, "kexec, modules, reboot", "seccomp, no capability", "call(246, 0, 0, 0, 0), call(320, 0, 0, 0, 0, 0), call(175, 0, 0, 0), call(313, 0, 0, 0), call(176, 0, 0), call(169, 0xfee1dead, 672274793, 0x1234567)").await;
    }

    async fn files_by_handle(bench: Bench) {
        refused(&bench, "open_by_handle_at", "seccomp", "call(304, -1, 0, 0)").await;
    }

    async fn swap_and_accounting(bench: Bench) {
        refused(&bench, "swapon, swapoff, acct, quotactl", "seccomp", "call(167, b'/x', 0), call(168, b'/x'), call(163, 0), call(179, 0, 0, 0, 0)").await;
    }

    async fn the_clock(bench: Bench) {
        refused(&bench, "clock_settime, settimeofday", "seccomp", "call(227, 0, 0), call(164, 0, 0)").await;
    }

    async fn host_and_domain_name(bench: Bench) {
        refused(&bench, "sethostname, setdomainname", "no CAP_SYS_ADMIN over its uts namespace", "call(170, b'x', 1), call(171, b'x', 1)").await;
    }

    async fn ports_of_the_machine(bench: Bench) {
        refused(&bench, "iopl, ioperm", "seccomp", "call(172, 3), call(173, 0, 1, 1)").await;
    }

    async fn the_mount_calls(bench: Bench) {
        refused(&bench, "the mount system calls", "seccomp", "call(165, 0, 0, 0, 0, 0), call(166, b'/', 2), call(155, b'.', b'.'), call(430, b'tmpfs', 0), call(428, -100, b'/', 1), call(429, 0, 0, 0, 0, 0), call(442, 0, 0, 0, 0, 0)").await;
    }

    async fn namespaces_of_others(bench: Bench) {
        refused(&bench, "setns", "seccomp", "call(308, os.open('/proc/self/ns/net', 0), 0)").await;
    }

    async fn flags_that_no_filter_sees(bench: Bench) {
        refused(&bench, "clone3, unshare and clone with CLONE_NEWUSER", "seccomp", "call(435, 0, 0), call(272, 0x10000000), call(56, 0x10000000, 0, 0, 0, 0)").await;
    }

    async fn sockets_of_odd_families(bench: Bench) {
        let families = "family(40), family(17), family(38), family(16, socket.SOCK_DGRAM, 9), family(30), family(44, socket.SOCK_RAW), family(31), family(29), family(21), family(15, socket.SOCK_RAW)";
        refused(&bench, "vsock, packet, alg, netlink, tipc, xdp, …", "seccomp", families).await;
    }

    async fn raw_sockets(bench: Bench) {
        refused(&bench, "raw sockets", "no CAP_NET_RAW", "family(2, socket.SOCK_RAW, 1), family(2, socket.SOCK_RAW, 255)").await;
    }

    async fn a_second_set_of_system_calls(bench: Bench) {
        refused(&bench, "x32 numbers", "seccomp", "call(0x40000000 + 39), call(0x40000000 + 165, 0, 0, 0, 0, 0)").await;
    }

    async fn calls_of_32_bits(bench: Bench) {
        let computer = bench.limited(small()).await;
        // `int 0x80` with the number of a 32-bit getpid: the filter knows only 64-bit numbers.
        let script = "import ctypes, mmap\ncode = b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3'\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(code)\nprint(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))())";
        let exited = computer.run(computer::Exec::new(["python3", "-c", script])).await.unwrap();
        assert!(matches!(exited.status, computer::Status::Signalled(_)), "{:?} {}", exited.status, exited.text());
        held("32-bit system calls", "seccomp's architecture check", format!("{:?}", exited.status));
    }
}
