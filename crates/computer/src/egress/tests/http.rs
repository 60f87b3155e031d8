//! Requests that can be read.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpStream;

use super::bench::{Bench, Names, Origin, options, say};
use crate::egress::*;

async fn led(names: &[&str]) -> (Origin, Names) {
    let (origin, led) = (Origin::plain().await, Names::default());
    for name in names {
        led.lead(name, origin.address);
    }
    (origin, led)
}

#[tokio::test]
async fn a_request_is_written_anew() {
    let (origin, names) = led(&["a.test"]).await;
    let mut bench = Bench::new(r#"["a.test"]"#, options(&names));
    let request = "POST http://A.test/x?y=1 HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: Basic x\r\n\
                   Proxy-Connection: keep-alive\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nX-Other: 2\r\n\
                   Content-Length: 5\r\n\r\nhello";
    let answer = bench.say(request).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"),
        "{answer}"
    );
    assert!(!answer.to_lowercase().contains("keep-alive: 5"), "{answer}");
    let seen = origin.last().to_lowercase();
    assert!(
        seen.starts_with("post /x?y=1 http/1.1\r\n") && seen.ends_with("\r\n\r\nhello"),
        "{seen}"
    );
    assert!(seen.contains("host: a.test\r\n") && seen.contains("x-other: 2"), "{seen}");
    assert!(!seen.contains("proxy-") && !seen.contains("x-mine"), "{seen}");
    let event = bench.event().await;
    assert_eq!((event.method.as_str(), event.host.as_str(), event.port), ("POST", "a.test", 80));
    assert_eq!((event.bytes_out, event.bytes_in, event.refused), (5, 2, None));
}

#[tokio::test]
async fn a_connection_is_used_again_for_the_same_host_only() {
    let (origin, names) = led(&["a.test", "b.test"]).await;
    let bench = Bench::new(r#"["a.test", "b.test"]"#, options(&names));
    let get =
        |host: &str, end: &str| format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n{end}\r\n");
    let (a, b, last) =
        (get("a.test", ""), get("b.test", ""), get("b.test", "Connection: close\r\n"));
    let answers = bench.say(&format!("{a}{a}{b}{last}")).await;
    assert_eq!(answers.matches("200 OK").count(), 4, "{answers}");
    assert_eq!((origin.seen().len(), names.asked()), (4, 2));
}

#[tokio::test]
async fn what_is_not_listed_is_refused_in_words() {
    let (origin, names) = led(&["a.test", "b.test"]).await;
    let mut bench = Bench::new(r#"["a.test"]"#, options(&names));
    let answer = bench.get("http://b.test/").await;
    assert!(answer.starts_with("HTTP/1.1 403 Refused by the network policy\r\n"), "{answer}");
    let sentence = "the network policy (a list) refuses GET b.test:80: the host is not listed; to \
                    allow it, write network = [..., \"b.test\"] in [agent] of whimbrel.toml";
    assert!(answer.ends_with(&format!("whimbrel: {sentence}\n")), "{answer}");
    assert_eq!(bench.event().await.refused.as_deref(), Some(sentence));
    let answer = bench.get("http://a.test:8080/").await;
    assert!(
        answer.contains("not listed with port 8080") && answer.contains("a.test:8080\"]"),
        "{answer}"
    );
    let (_stream, head) = bench.connect("b.test:443").await;
    assert!(head.starts_with("HTTP/1.1 403 Refused by the network policy"), "{head}");
    assert!(origin.seen().is_empty() && names.asked() == 0);
}

#[tokio::test]
async fn programs_that_know_no_proxy_are_served_by_host() {
    let (origin, names) = led(&["a.test", "b.test"]).await;
    let bench = Bench::new(r#"["a.test"]"#, options(&names));
    let get = |host: &str| format!("GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let door = || async { TcpStream::connect(bench.http).await.unwrap() };
    assert!(say(door().await, &get("a.test")).await.contains(" 200 OK"));
    assert!(say(door().await, &get("b.test")).await.contains(" 403 "));
    assert!(say(door().await, &get("a.test:8080")).await.contains(" 403 "));
    assert!(say(door().await, "GET /x HTTP/1.0\r\n\r\n").await.contains(" 400 "));
    assert!(
        say(door().await, "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n")
            .await
            .contains(" 400 ")
    );
    assert_eq!(origin.seen().len(), 1);
}

#[tokio::test]
async fn nothing_is_smuggled() {
    let (origin, names) = led(&["a.test"]).await;
    let bench = Bench::new(r#"["GET a.test", "POST a.test"]"#, options(&names));
    let evil = "DELETE /evil HTTP/1.1\r\nHost: a.test\r\n\r\n";
    let begin = "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\n";
    for frame in [
        format!("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}"),
        format!(
            "Transfer-Encoding: chunked\r\nContent-Length: {}\r\n\r\n0\r\n\r\n{evil}",
            evil.len() + 5
        ),
        format!("Content-Length: 0\r\nContent-Length: 4\r\n\r\n{evil}"),
        format!("Content-Length: 0, 4\r\n\r\n{evil}"),
        format!("Content-Length: +0\r\n\r\n{evil}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{evil}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{evil}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{evil}"),
        format!("X: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}"),
        format!("Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{evil}"),
        format!("Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n{evil}"),
        format!("Host: b.test\r\n\r\n{evil}"),
        format!("X: 1\rContent-Length: 4\r\n\r\n{evil}"),
        format!("X\0: 1\r\n\r\n{evil}"),
    ] {
        let before = origin.seen().len();
        let answers = bench.say(&format!("{begin}{frame}GET / HTTP/1.1\r\n\r\n")).await;
        for request in &origin.seen()[before..] {
            let lower = request.to_lowercase();
            let both = lower.contains("content-length:") && lower.contains("transfer-encoding:");
            assert!(!both && !lower.contains("evil"), "{frame:?}: {request:?} {answers:?}");
        }
    }
}

#[tokio::test]
async fn a_head_has_its_limits() {
    let (origin, names) = led(&["a.test"]).await;
    let bench = Bench::new(r#"["a.test"]"#, options(&names));
    let begin = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n";
    for (headers, status) in
        [(format!("X: {}\r\n", "x".repeat(200_000)), " 431 "), ("X: 1\r\n".repeat(200), " 431 ")]
    {
        let answer = bench.say(&format!("{begin}{headers}\r\n")).await;
        assert!(answer.contains(status), "{answer}");
    }
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn private_addresses_are_refused_whoever_names_them() {
    let names = Names::default();
    let private = [
        "10.0.0.1",
        "127.0.0.2",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "203.0.113.1",
        "[::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a00:1::]",
    ];
    let bench = Bench::new(r#""all""#, options(&names));
    for (number, address) in private.iter().enumerate() {
        let address: SocketAddr = format!("{address}:80").parse().unwrap();
        let name = format!("n{number}.test");
        names.lead(&name, address);
        for host in [name, address.to_string()] {
            let answer = bench.get(&format!("http://{host}/")).await;
            assert!(
                answer.contains(" 403 ") && answer.contains("no public address"),
                "{host}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_repositorys_rule_never_opens_what_is_private() {
    let names = Names::default();
    let secret = Origin::at(Ipv4Addr::new(127, 0, 0, 2)).await;
    names.lead("internal.test", secret.address);
    let port = secret.address.port();
    let policy = format!(r#"["internal.test", "127.0.0.2:{port}", "metadata.test"]"#);
    let bench = Bench::new(&policy, options(&names));
    for uri in ["http://internal.test/".to_owned(), format!("http://127.0.0.2:{port}/")] {
        assert!(bench.get(&uri).await.contains("only whoever operates whimbrel"), "{uri}");
    }
    assert!(secret.seen().is_empty());
    // The operator may, and only what the policy lists is opened by that.
    let private_hosts = vec!["internal.test".parse().unwrap()];
    let opened = || Options { private_hosts: private_hosts.clone(), ..options(&names) };
    let bench = Bench::new(&policy, opened());
    assert!(bench.get("http://internal.test/").await.contains(" 200 OK"));
    assert!(bench.get(&format!("http://127.0.0.2:{port}/")).await.contains(" 403 "));
    let bench = Bench::new(r#"["other.test"]"#, opened());
    assert!(bench.get("http://internal.test/").await.contains("not listed"));
    let allow = vec!["internal.test".parse().unwrap()];
    let bench = Bench::new(r#"["other.test"]"#, Options { allow, ..opened() });
    assert!(bench.get("http://internal.test/").await.contains(" 200 OK"));
}

#[tokio::test]
async fn an_address_is_looked_up_once_and_that_one_is_used() {
    let (origin, secret) = (Origin::plain().await, Origin::at(Ipv4Addr::new(127, 0, 0, 2)).await);
    let names = Names::default();
    // What was fine when it was looked at leads elsewhere the next time.
    names.lead("turns.test", origin.address);
    names.lead("turns.test", secret.address);
    let bench = Bench::new(r#"["turns.test"]"#, options(&names));
    assert!(bench.get("http://turns.test/").await.contains(" 200 OK"));
    assert_eq!((origin.seen().len(), names.asked()), (1, 1));
    assert!(bench.get("http://turns.test/").await.contains("no public address"));
    assert!(secret.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_is_a_request_like_any_other() {
    let (origin, names) = led(&["a.test"]).await;
    let bench = Bench::new(r#"["a.test"]"#, options(&names));
    for to in ["http://b.test/", "http://169.254.169.254/latest/", "http://127.0.0.1:22/"] {
        let answer = bench.get(&format!("http://a.test/redirect-to/{to}")).await;
        let location = answer
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("location: ").map(str::to_owned));
        assert_eq!(location.as_deref(), Some(to), "{answer}");
        assert!(bench.get(to).await.contains(" 403 "), "{to}");
    }
    assert_eq!(origin.seen().len(), 3);
}

#[tokio::test]
async fn methods_are_told_apart() {
    let (origin, names) = led(&["a.test"]).await;
    let bench = Bench::new(r#"["GET a.test"]"#, options(&names));
    let request = |method: &str, more: &str| {
        format!(
            "{method} http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{more}\r\n"
        )
    };
    assert!(bench.say(&request("GET", "")).await.contains(" 200 OK"));
    let head = bench.say(&request("HEAD", "")).await;
    assert!(head.contains(" 200 OK"), "{head}");
    let refused = bench.say(&request("POST", "Content-Length: 0\r\n")).await;
    assert!(refused.contains(" 403 ") && refused.contains("\"POST a.test\"]"), "{refused}");
    assert!(bench.say(&request("get", "")).await.contains(" 403 "));
    assert!(
        bench.say(&request("GET", "X-HTTP-Method-Override: DELETE\r\n")).await.contains(" 400 ")
    );
    // In a tunnel it is the same.
    let (stream, _) = bench.connect("a.test:80").await;
    let post = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n";
    assert!(say(stream, post).await.contains(" 403 "));
    assert_eq!(origin.seen().len(), 2);
}

#[tokio::test]
async fn a_tunnel_to_port_80_is_for_one_host() {
    let (origin, names) = led(&["a.test"]).await;
    let bench = Bench::new(r#"["a.test"]"#, options(&names));
    let get = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let tunnel = || async { bench.connect("a.test:80").await.0 };
    assert!(say(tunnel().await, &get("a.test")).await.contains(" 200 OK"));
    assert!(say(tunnel().await, &get("b.test")).await.contains(" 400 "));
    assert_eq!(origin.seen().len(), 1);
}
