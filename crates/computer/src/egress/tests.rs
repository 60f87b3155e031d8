//! The proxy against real servers on this machine. Names lead to them by a resolver of the
//! test's; an operator's word opens the one address on which they are.

mod bench;
mod http;
mod tls;
mod upstream;

use std::net::Ipv4Addr;

use tokio::net::UdpSocket;

use self::bench::{Bench, Names, Origin, options};

/// Asks for `name` as a program inside does.
async fn ask(bench: &Bench, name: &str, kind: u16) -> Vec<u8> {
    let mut question = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).unwrap());
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, u8::try_from(kind).unwrap(), 0, 1]);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.send_to(&question, bench.names).await.unwrap();
    let mut answer = [0; 512];
    let length = bench::in_time(socket.recv(&mut answer)).await.unwrap();
    answer[..length].to_vec()
}

#[tokio::test]
async fn names_are_answered_by_nobody_else() {
    let names = Names::default();
    let mut bench = Bench::new(r#"["a.test", "*.b.test:22"]"#, options(&names));
    assert!(ask(&bench, "A.test", 1).await.ends_with(&[127, 77, 0, 1]));
    assert!(ask(&bench, "x.b.test", 1).await.ends_with(&[127, 77, 0, 1]));
    for kind in [28, 16, 15, 255] {
        assert_eq!(ask(&bench, "a.test", kind).await[2..8], [0x81, 0x80, 0, 1, 0, 0], "{kind}");
    }
    let denied =
        ["c.test", "s3cret.c.test", "1.0.0.127.in-addr.arpa", "_http._tcp.a.test", "b.test"];
    for name in denied {
        assert_eq!(ask(&bench, name, 16).await[3] & 0xf, 3, "{name}");
        assert_eq!(ask(&bench, name, 1).await[3] & 0xf, 3, "{name}");
    }
    // None of that was asked outside, and each refused name is told once.
    assert_eq!(names.asked(), 0);
    for name in ["c.test", "s3cret.c.test", "b.test"] {
        let event = bench.event().await;
        assert_eq!((event.method.as_str(), event.host.as_str()), ("DNS", name));
        assert!(event.refused.unwrap().contains("the host is not listed"));
    }
}

#[tokio::test]
async fn without_a_network_only_names_are_refused() {
    let names = Names::default();
    let mut bench = Bench::new(r#""none""#, options(&names));
    assert_eq!(ask(&bench, "a.test", 1).await[3] & 0xf, 3);
    let refused = bench.event().await.refused.unwrap();
    let expected = "the network policy \"none\" refuses a.test: there is no network here; to allow \
                    it, write network = [\"a.test\"] in [agent] of whimbrel.toml";
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn an_ended_proxy_takes_nothing_more() {
    let (origin, names) = (Origin::plain().await, Names::default());
    names.lead("a.test", origin.address);
    let bench = Bench::new(r#""all""#, options(&names));
    let proxy = bench.proxy;
    assert!(bench.get("http://a.test/").await.starts_with("HTTP/1.1 200"));
    drop(bench);
    let ended = async {
        while tokio::net::TcpStream::connect(proxy).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    bench::in_time(ended).await;
}
