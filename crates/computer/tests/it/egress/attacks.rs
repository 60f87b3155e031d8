//! What must not get out, and where it is stopped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use computer::egress::Options;

use super::outside::{Names, Server, computer, options};
use crate::bench::{output, shell};

/// Prints what kind of error each of a list of sockets meets.
const SOCKETS: &str = r#"
import errno, socket, sys
def attempt(family, kind, address, data=b"x"):
    try:
        s = socket.socket(family, kind); s.settimeout(5)
        s.connect(address)
        if kind == socket.SOCK_DGRAM: s.send(data); return s.recv(512)
        return "connected"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
T, U, F, S = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.AF_INET, socket.AF_INET6
"#;

both! {
    async fn nothing_leaves_but_by_the_doors(bench: Bench) {
        let host = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = host.local_addr().unwrap().port();
        let (computer, _) = computer(&bench, r#""all""#, options(&Names::default())).await;
        let script = format!("{SOCKETS}
for address in ['1.1.1.1', '169.254.169.254', '10.0.0.1', '192.0.2.1', '127.0.0.1']:
    print(attempt(F, T, (address, {port})), attempt(F, U, (address, 53)) if address != '127.0.0.1' else '')
print(attempt(S, T, ('2606:4700:4700::1111', 443)), attempt(S, U, ('2606:4700:4700::1111', 53)), attempt(S, T, ('::1', {port})))
print(attempt(F, T, ('127.77.0.1', {port})), attempt(F, T, ('127.77.0.2', 3128)))
");
        computer.write("/workspace/try.py".as_ref(), script.as_bytes(), 0o644).await.unwrap();
        let said = output(computer.as_ref(), "python3 try.py").await;
        let outside = "ENETUNREACH ENETUNREACH\n".repeat(4);
        let expected = format!("{outside}ECONNREFUSED \nENETUNREACH ENETUNREACH ECONNREFUSED\nECONNREFUSED ECONNREFUSED");
        assert_eq!(said, expected, "stopped by the network namespace");
    }

    async fn private_places_are_refused_by_the_proxy(bench: Bench) {
        let (names, secret) = (Names::default(), TcpListener::bind("127.0.0.2:0").unwrap());
        let port = secret.local_addr().unwrap().port();
        names.lead("local.test", SocketAddr::from(([127, 0, 0, 2], port)));
        names.lead("metadata.test", ([169, 254, 169, 254], 80));
        names.lead("lan.test", ([192, 168, 1, 1], 80));
        let (computer, mut told) = computer(&bench, r#""all""#, options(&names)).await;
        for place in [format!("127.0.0.2:{port}"), "169.254.169.254".into(), "[::1]".into(),
            "[::ffff:169.254.169.254]".into(), "metadata.test".into(), "lan.test".into(), "local.test".into(),
            "2130706434".into(), "0x7f.0.0.2".into()] {
            for how in ["", "--noproxy '' -p"] {
                let url = format!("curl -sSg {how} -w '%{{http_code}}' --max-time 20 'http://{place}/latest/' 2>&1");
                let said = shell(computer.as_ref(), &url).await.text();
                let stopped = ["403", "400", "Failed to connect to ::1"].iter().any(|end| said.contains(end));
                assert!(stopped, "{place} {how}: stopped by the proxy's check of addresses: {said}");
            }
        }
        assert!(told.of("metadata.test").await.refused.unwrap().contains("no public address"));
        secret.set_nonblocking(true).unwrap();
        assert!(secret.accept().is_err(), "somebody got through");
    }

    async fn no_word_gets_out_by_a_question(bench: Bench) {
        // A resolver of the host's, which must never be asked.
        let resolver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (computer, mut told) = computer(&bench, r#"["a.test"]"#, options(&Names::default())).await;
        let script = format!("{SOCKETS}
def ask(name, kind):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    question = bytes([7, 7, 1, 0, 0, 1] + [0] * 6) + labels + bytes([0, 0, kind, 0, 1])
    answer = attempt(F, U, ('127.77.0.1', 53), question)
    s = socket.create_connection(('127.77.0.1', 53)); s.sendall(len(question).to_bytes(2, 'big') + question)
    assert s.makefile('rb').read(2 + len(answer))[2:] == answer
    return answer[3] & 15, answer[7]
for kind in [1, 28, 16, 5, 15, 33, 65, 255]:
    print(ask('a.test', kind), ask('c2VjcmV0.tunnel.test', kind), ask('x.a.test', kind))
");
        computer.write("/workspace/ask.py".as_ref(), script.as_bytes(), 0o644).await.unwrap();
        let said = output(computer.as_ref(), "python3 ask.py").await;
        let none = "\n(0, 0) (3, 0) (3, 0)".repeat(7);
        assert_eq!(said, format!("(0, 1) (3, 0) (3, 0){none}"), "stopped by the resolver, which asks nobody");
        assert_eq!(told.of("c2VjcmV0.tunnel.test").await.method, "DNS");
        resolver.set_nonblocking(true).unwrap();
        assert!(resolver.recv(&mut [0; 1]).is_err());
    }

    async fn a_redirect_leads_nowhere_else(bench: Bench) {
        let (server, names) = (Server::plain().await, Names::default());
        names.lead("a.test", server.address);
        let (computer, _) = computer(&bench, r#"["a.test"]"#, options(&names)).await;
        for to in ["http://b.test/", "http://169.254.169.254/", "https://b.test/"] {
            for how in ["", "--noproxy '*'"] {
                let follow = format!("curl -sSL {how} http://a.test/to/{to} 2>&1");
                let said = shell(computer.as_ref(), &follow).await.text();
                assert!(!said.contains("outside"), "{to}: {said}");
            }
        }
        assert_eq!(server.heads().len(), 6);
    }

    async fn a_name_that_turns_leads_nowhere_else(bench: Bench) {
        let (server, names) = (Server::plain().await, Names::default());
        let secret = TcpListener::bind("127.0.0.2:0").unwrap();
        names.lead("turns.test", server.address);
        names.lead("turns.test", secret.local_addr().unwrap());
        let (computer, _) = computer(&bench, r#"["turns.test"]"#, options(&names)).await;
        assert_eq!(output(computer.as_ref(), "curl -sS http://turns.test/").await, "outside");
        for _again in 0..3 {
            let said = output(computer.as_ref(), "curl -sS http://turns.test/").await;
            assert!(said.contains("no public address"), "{said}");
        }
        secret.set_nonblocking(true).unwrap();
        assert!(secret.accept().is_err());
    }

    async fn another_name_within_tls_is_refused(bench: Bench) {
        let ((server, roots), names) = (Server::tls("a.test").await, Names::default());
        names.lead("a.test", server.address);
        let options = Options { roots: Some(roots), ..options(&names) };
        let (computer, mut told) = computer(&bench, r#"["a.test"]"#, options).await;
        let script = "
import socket, ssl
def attempt(tunnel, name):
    s = socket.create_connection(('127.77.0.1', 3128 if tunnel else 443)); s.settimeout(20)
    if tunnel:
        s.sendall(b'CONNECT a.test:443 HTTP/1.1\\r\\nHost: a.test:443\\r\\n\\r\\n'); s.recv(4096)
    context = ssl.create_default_context(); context.check_hostname = False
    try: return context.wrap_socket(s, server_hostname=name).version()
    except (OSError, ssl.SSLError) as error: return getattr(error, 'reason', error)
for tunnel in (True, False):
    print(attempt(tunnel, 'a.test'), attempt(tunnel, 'b.test'), attempt(tunnel, None))
";
        computer.write("/workspace/names.py".as_ref(), script.as_bytes(), 0o644).await.unwrap();
        let said = output(computer.as_ref(), "python3 names.py").await;
        let denied = "TLSV1_ALERT_ACCESS_DENIED TLSV1_ALERT_ACCESS_DENIED";
        assert_eq!(said, format!("TLSv1.3 {denied}\nTLSv1.3 {denied}"), "stopped by the proxy's look at the greeting");
        assert!(told.of("b.test").await.refused.is_some());
        assert!(server.heads().is_empty());
    }

    async fn smuggled_requests_arrive_nowhere(bench: Bench) {
        let (server, names) = (Server::plain().await, Names::default());
        names.lead("a.test", server.address);
        let (computer, _) = computer(&bench, r#"["GET,POST a.test"]"#, options(&names)).await;
        let script = r#"
import socket
evil = b"DELETE /evil HTTP/1.1\r\nHost: a.test\r\n\r\n"
frames = [b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", b"X: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", b"Host: b.test\r\n\r\n"]
for port, target in ((3128, b"http://a.test/"), (80, b"/")):
    for frame in frames:
        s = socket.create_connection(("127.77.0.1", port)); s.settimeout(20)
        s.sendall(b"POST " + target + b" HTTP/1.1\r\nHost: a.test\r\n" + frame + evil)
        s.shutdown(socket.SHUT_WR)
        while s.recv(4096): pass
"#;
        computer.write("/workspace/smuggle.py".as_ref(), script.as_bytes(), 0o644).await.unwrap();
        shell(computer.as_ref(), "python3 smuggle.py").await;
        assert!(!server.heads().concat().to_lowercase().contains("evil"), "{:?}", server.heads());
    }

    async fn many_connections_hold_nobody_up_but_themselves(bench: Bench) {
        let (server, names) = (Server::plain().await, Names::default());
        names.lead("a.test", server.address);
        let (greedy, _) = computer(&bench, r#"["a.test"]"#, options(&names)).await;
        let (modest, _) = computer(&bench, r#"["a.test"]"#, options(&names)).await;
        let script = "import socket, time\nheld = [socket.create_connection(('127.77.0.1', 3128)) for _ in range(350)]\n\
                      print('held', flush=True); time.sleep(1000)";
        let mut holding = greedy.exec(computer::Exec::new(["python3", "-c", script])).await.unwrap();
        assert!(holding.next().await.is_some());
        assert_eq!(output(modest.as_ref(), "curl -sS http://a.test/").await, "outside");
        greedy.destroy().await.unwrap();
    }
}
