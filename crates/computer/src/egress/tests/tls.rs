//! Connections that can't be read, and those that are opened.

use hyper::header::HeaderName;
use tokio::net::TcpStream;

use super::bench::{Bench, Names, Origin, greet, options, say};
use crate::egress::authority::Authority;
use crate::egress::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

/// A server that is `a.test`, the authority that says so, and names that lead there.
async fn led(names: &[&str]) -> (Origin, String, Names) {
    let authority = Authority::new().unwrap();
    let origin = Origin::tls(&authority, "a.test").await;
    let led = Names::default();
    for name in names {
        led.lead(name, origin.address);
    }
    (origin, authority.certificate().to_owned(), led)
}

#[tokio::test]
async fn it_passes_untouched() {
    let (origin, roots, names) = led(&["a.test"]).await;
    for policy in [r#"["a.test"]"#, r#""all""#] {
        let mut bench = Bench::new(policy, options(&names));
        assert_eq!(bench.authority, None);
        // Only the server's own certificate is trusted here.
        assert!(bench.over_tls("a.test:443", &roots, GET).await.ends_with("ok"));
        let event = bench.event().await;
        assert_eq!(
            (event.method.as_str(), event.host.as_str(), event.port),
            ("CONNECT", "a.test", 443)
        );
        assert!(
            event.refused.is_none() && event.bytes_in > 500 && event.bytes_out > 300,
            "{event:?}"
        );
        let stream = TcpStream::connect(bench.tls).await.unwrap();
        let answer = say(greet(stream, "a.test", &roots).await.unwrap(), GET).await;
        assert!(answer.ends_with("ok"), "{answer}");
        assert_eq!(bench.event().await.method, "TLS");
    }
    assert_eq!(origin.seen().len(), 4);
}

#[tokio::test]
async fn another_name_gets_nowhere() {
    let (origin, roots, names) = led(&["a.test", "b.test"]).await;
    let mut bench = Bench::new(r#"["a.test"]"#, options(&names));
    let alert = |error: std::io::Error| error.to_string().contains("AccessDenied");
    let (stream, _) = bench.connect("a.test:443").await;
    assert!(greet(stream, "b.test", &roots).await.is_err_and(alert));
    assert!(bench.event().await.refused.unwrap().contains("asks for \"b.test\""));
    let (stream, _) = bench.connect("a.test:443").await;
    assert!(greet(stream, "127.0.0.1", &roots).await.is_err_and(alert));
    assert!(bench.event().await.refused.unwrap().contains("doesn't say its server's name"));
    let (stream, _) = bench.connect("a.test:443").await;
    assert_eq!(say(stream, "SSH-2.0-x\r\n").await.as_bytes()[..2], [21, 3]);
    assert!(bench.event().await.refused.unwrap().contains("isn't TLS"));
    let stream = TcpStream::connect(bench.tls).await.unwrap();
    assert!(greet(stream, "b.test", &roots).await.is_err_and(alert));
    assert!(bench.event().await.refused.unwrap().contains("the host is not listed"));
    let stream = TcpStream::connect(bench.tls).await.unwrap();
    assert!(greet(stream, "127.0.0.1", &roots).await.is_err_and(alert));
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn a_port_that_a_rule_names_may_speak_anything() {
    let names = Names::default();
    let echo = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    names.lead("a.test", echo.local_addr().unwrap());
    let bench = Bench::new(r#"["a.test:22"]"#, options(&names));
    let greeting = async {
        let (mut stream, _) = echo.accept().await.unwrap();
        // The server speaks first, as ssh's does.
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-here\r\n").await.unwrap();
        let mut said = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut said).await.unwrap();
        said
    };
    let asking = async {
        let (mut stream, _) = bench.connect("a.test:22").await;
        let mut heard = [0; 14];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut heard).await.unwrap();
        assert_eq!(&heard, b"SSH-2.0-here\r\n");
        say(stream, "SSH-2.0-mine").await
    };
    let (said, _end) = super::bench::in_time(async { tokio::join!(greeting, asking) }).await;
    assert_eq!(&said, b"SSH-2.0-mine");
    let (_, head) = bench.connect("a.test:443").await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
}

#[tokio::test]
async fn methods_are_told_apart_within_tls() {
    let (origin, roots, names) = led(&["a.test"]).await;
    let options = Options { roots: Some(roots), ..options(&names) };
    let mut bench = Bench::new(r#"["GET a.test"]"#, options);
    let inside = bench.authority.clone().unwrap();
    let answer = bench.over_tls("a.test:443", &inside, GET).await;
    assert!(answer.ends_with("ok"), "{answer}");
    let event = bench.event().await;
    assert_eq!((event.method.as_str(), event.port, event.bytes_in), ("GET", 443, 2));
    let post = GET.replace("GET", "POST");
    let answer = bench.over_tls("a.test:443", &inside, &post).await;
    assert!(answer.contains(" 403 ") && answer.contains("not listed with POST"), "{answer}");
    assert_eq!(bench.event().await.method, "POST");
    let other = GET.replace("a.test", "b.test");
    assert!(bench.over_tls("a.test:443", &inside, &other).await.contains(" 400 "));
    let stream = TcpStream::connect(bench.tls).await.unwrap();
    let answer = say(greet(stream, "a.test", &inside).await.unwrap(), &post).await;
    assert!(answer.contains(" 403 "), "{answer}");
    assert_eq!(origin.seen().len(), 1);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_believed() {
    let (origin, _unknown, names) = led(&["a.test", "c.test"]).await;
    let bench = Bench::new(r#"["GET a.test"]"#, options(&names));
    let inside = bench.authority.clone().unwrap();
    let answer = bench.over_tls("a.test:443", &inside, GET).await;
    assert!(
        answer.contains(" 502 ") && answer.contains("no TLS connection with a.test:443"),
        "{answer}"
    );
    assert!(origin.seen().is_empty());
    // Nor is one that is somebody else.
    let (origin, roots, names) = led(&["c.test"]).await;
    let bench = Bench::new(r#"["GET c.test"]"#, Options { roots: Some(roots), ..options(&names) });
    let inside = bench.authority.clone().unwrap();
    let get = GET.replace("a.test", "c.test");
    assert!(bench.over_tls("c.test:443", &inside, &get).await.contains(" 502 "));
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn a_credential_is_added_for_its_host_only() {
    let (origin, roots, names) = led(&["a.test"]).await;
    let plain = Origin::plain().await;
    names.lead("b.test", plain.address);
    let host = "a.test".parse().unwrap();
    let credentials = vec![Credential::new(host, "authorization", "Bearer s3cret").unwrap()];
    let mut bench = Bench::new(
        r#"["a.test", "b.test"]"#,
        Options { credentials, roots: Some(roots), ..options(&names) },
    );
    let inside = bench.authority.clone().unwrap();
    let request = |more: &str| {
        format!(
            "GET /redirect-to/http://b.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{more}\r\n"
        )
    };
    let answer = bench.over_tls("a.test:443", &inside, &request("Authorization: mine\r\n")).await;
    assert!(answer.contains(" 302 ") && !answer.contains("s3cret"), "{answer}");
    let name = HeaderName::from_static("authorization");
    assert_eq!(origin.last().matches(name.as_str()).count(), 1, "{}", origin.last());
    assert!(origin.last().contains("authorization: Bearer s3cret\r\n"), "{}", origin.last());
    // Not where the redirect leads, not without TLS, and not to be shown by the server.
    assert!(bench.get("http://b.test/").await.contains(" 200 OK"));
    assert!(!plain.last().contains("s3cret"));
    names.lead("a.test", plain.address);
    names.lead("a.test", plain.address);
    let _first = bench.over_tls("a.test:443", &inside, &request("")).await;
    assert!(bench.get("http://a.test/").await.contains(" 200 OK"));
    assert!(!plain.seen().concat().contains("s3cret"));
    let trace = request("").replace("GET", "TRACE");
    assert!(bench.over_tls("a.test:443", &inside, &trace).await.contains(" 400 "));
    assert!(!format!("{:?}", bench.event().await).contains("s3cret"));
}
