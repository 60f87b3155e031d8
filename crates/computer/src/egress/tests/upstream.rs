//! Where whimbrel itself is behind a proxy.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::bench::{Bench, Names, Origin, options};
use crate::egress::authority::Authority;
use crate::egress::*;

/// A company's proxy: keeps the heads of what it was asked, and leads everything to one server.
struct Company {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Company {
    async fn leading_to(origin: &Origin) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://me:pass@{}", listener.local_addr().unwrap());
        let (heads, to) = (Arc::<Mutex<Vec<String>>>::default(), origin.address);
        let (seen, mut serving) = (Arc::clone(&heads), JoinSet::new());
        serving.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let _broken = lead(client, &seen, to).await;
            }
        });
        Self { address, heads, _serving: serving }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn lead(
    mut client: TcpStream,
    seen: &Mutex<Vec<String>>,
    to: std::net::SocketAddr,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    seen.lock().unwrap().push(text.clone());
    if text.contains("forbidden.test") {
        return client.write_all(b"HTTP/1.1 407 No\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(to).await?;
    if text.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Fine\r\nX: 1\r\n\r\n").await?;
    } else {
        server.write_all(&head).await?;
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[tokio::test]
async fn everything_goes_through_it_once_it_was_judged() {
    let authority = Authority::new().unwrap();
    let secure = Origin::tls(&authority, "a.test").await;
    let company = Company::leading_to(&secure).await;
    // It can't be looked up here, as in many companies.
    let names = Names::default();
    let policy =
        r#"["www.example.com", "forbidden.example.com", "a.test", "intranet", "10.0.0.1"]"#;
    let upstream = || Upstream::Proxy(company.address.clone());
    let bench = |options: Options| Bench::new(policy, Options { upstream: upstream(), ..options });
    let open = bench(Options { private_hosts: vec!["a.test".parse().unwrap()], ..options(&names) });
    let get = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    let answer = open.over_tls("a.test:443", authority.certificate(), get).await;
    assert!(answer.ends_with("ok"), "{answer}");
    let [head] = <[String; 1]>::try_from(company.heads()).unwrap();
    assert!(head.starts_with("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic bWU6cGFzcw==\r\n"), "{head}");
    // Names that only the company's network knows, addresses, and what no rule names.
    let strict = bench(options(&names));
    for place in ["intranet:443", "a.test:443", "10.0.0.1:443", "other.example.com:443"] {
        let (_, head) = strict.connect(place).await;
        assert!(head.starts_with("HTTP/1.1 403 "), "{place}: {head}");
    }
    assert_eq!(company.heads().len(), 1);
}

#[tokio::test]
async fn requests_name_their_host_to_it() {
    let plain = Origin::plain().await;
    let company = Company::leading_to(&plain).await;
    let names = Names::default();
    names.lead("private.example.com", "10.0.0.1:80".parse().unwrap());
    let upstream = Upstream::Proxy(company.address.clone());
    let policy = r#"["www.example.com", "private.example.com"]"#;
    let bench = Bench::new(policy, Options { upstream, ..options(&names) });
    let answer = bench.get("http://www.example.com/x?y").await;
    assert!(answer.ends_with("ok"), "{answer}");
    let seen = plain.last();
    assert!(seen.starts_with("GET http://www.example.com/x?y HTTP/1.1\r\n"), "{seen}");
    assert!(seen.to_lowercase().contains("proxy-authorization: basic bwu6cgfzcw==\r\n"), "{seen}");
    // What is found to be private here is not asked for there.
    assert!(bench.get("http://private.example.com/").await.contains("no public address"));
    assert_eq!(company.heads().len(), 1);
}

#[tokio::test]
async fn what_it_refuses_is_told_without_its_password() {
    let company = Company::leading_to(&Origin::plain().await).await;
    let upstream = Upstream::Proxy(company.address.clone());
    let names = Names::default();
    let private_hosts = vec!["forbidden.test".parse().unwrap()];
    let bench =
        Bench::new(r#"["forbidden.test"]"#, Options { upstream, private_hosts, ..options(&names) });
    let (_, head) = bench.connect("forbidden.test:443").await;
    assert!(head.starts_with("HTTP/1.1 502 No connection"), "{head}");
    let upstream = Upstream::Proxy("http://me:s3cret@127.0.0.1:1".into());
    let mut bench = Bench::new(r#""all""#, Options { upstream, ..options(&names) });
    let answer = bench.get("http://www.example.com/").await;
    assert!(
        answer.contains("through the proxy 127.0.0.1:1: ") && !answer.contains("s3cret"),
        "{answer}"
    );
    assert!(!bench.event().await.refused.unwrap().contains("s3cret"));
}
