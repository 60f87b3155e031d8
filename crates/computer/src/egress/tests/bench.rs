//! A proxy, servers, and a resolver that lead to each other.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

use crate::egress::authority::Authority;
use crate::egress::connect::Boxed;
use crate::egress::doors::{Doors, Streams};
use crate::egress::*;

const PATIENCE: Duration = Duration::from_secs(20);
/// More than any test makes.
const EVENTS_MAX: usize = 1000;

pub async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it takes too long")
}

/// Leads names to addresses, each time to the next one of those given.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<Led>>);

#[derive(Default)]
struct Led {
    by_name: HashMap<String, Vec<SocketAddr>>,
    asked: usize,
}

impl Names {
    /// Called again for the same name, that is where it leads the next time.
    pub fn lead(&self, name: &str, to: SocketAddr) {
        self.0.lock().unwrap().by_name.entry(name.to_owned()).or_default().push(to);
    }

    pub fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }
}

#[async_trait::async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut led = self.0.lock().unwrap();
        led.asked += 1;
        let known =
            led.by_name.get_mut(name.trim_end_matches('.')).ok_or(io::ErrorKind::NotFound)?;
        let next = if known.len() > 1 { known.remove(0) } else { known[0] };
        Ok(vec![next])
    }
}

/// The one address of this machine that is opened; another is 127.0.0.2.
pub fn options(names: &Names) -> Options {
    Options {
        private_networks: vec![IpAddr::from(Ipv4Addr::LOCALHOST).into()],
        resolver: Some(Arc::new(names.clone())),
        upstream: Upstream::Direct,
        ..Options::default()
    }
}

/// A proxy, as it is where init has opened its doors, only on other addresses.
pub struct Bench {
    pub proxy: SocketAddr,
    pub http: SocketAddr,
    pub tls: SocketAddr,
    pub names: SocketAddr,
    /// In PEM; what is trusted inside.
    pub authority: Option<String>,
    events: Events,
    _egress: Egress,
}

impl Bench {
    /// `policy` is JSON.
    pub fn new(policy: &str, options: Options) -> Self {
        let (sink, events) = events(EVENTS_MAX);
        let policy = serde_json::from_str(policy).unwrap();
        let gate = Gate::new(&policy, &Options { events: Some(sink), ..options }).unwrap();
        let authority = gate.authority().map(|authority| authority.certificate().to_owned());
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let streams = Streams { proxy: listen(), http: listen(), tls: listen(), names: listen() };
        let address = |listener: &TcpListener| listener.local_addr().unwrap();
        let (proxy, http, tls) =
            (address(&streams.proxy), address(&streams.http), address(&streams.tls));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let names = socket.local_addr().unwrap();
        let doors = Doors { names: socket, streams: Some(streams) };
        let egress = Egress::start(gate, doors).unwrap();
        Self { proxy, http, tls, names, authority, events, _egress: egress }
    }

    pub async fn event(&mut self) -> Event {
        in_time(self.events.next()).await.unwrap()
    }

    /// All that the proxy's port says to these bytes, until it closes.
    pub async fn say(&self, bytes: &str) -> String {
        say(TcpStream::connect(self.proxy).await.unwrap(), bytes).await
    }

    pub async fn get(&self, uri: &str) -> String {
        let host = uri.split('/').nth(2).unwrap();
        self.say(&format!("GET {uri} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await
    }

    /// A tunnel, and what was said to its making.
    pub async fn connect(&self, place: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.proxy).await.unwrap();
        let ask = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(in_time(stream.read_u8()).await.unwrap());
        }
        (stream, String::from_utf8(head).unwrap())
    }

    /// A request over TLS within a tunnel, trusting `roots`.
    pub async fn over_tls(&self, place: &str, roots: &str, request: &str) -> String {
        let (stream, head) = self.connect(place).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let name = place.rsplit_once(':').unwrap().0;
        match greet(stream, name, roots).await {
            Ok(stream) => say(stream, request).await,
            Err(error) => error.to_string(),
        }
    }
}

/// Begins TLS.
pub async fn greet(stream: TcpStream, name: &str, roots: &str) -> io::Result<TlsStream<TcpStream>> {
    let mut trusted = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
        trusted.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    in_time(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

/// All that is answered to these bytes.
pub async fn say(mut stream: impl connect::Stream, bytes: &str) -> String {
    let mut answer = Vec::new();
    // Whoever refuses may close before it has read everything.
    let _cut_off = stream.write_all(bytes.as_bytes()).await;
    let _cut_off = in_time(stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A server that keeps what it was sent, and answers each request with `ok`, or with a redirect
/// to where its path says.
pub struct Origin {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Origin {
    pub async fn plain() -> Self {
        Self::start(Ipv4Addr::LOCALHOST, None).await
    }

    pub async fn at(address: Ipv4Addr) -> Self {
        Self::start(address, None).await
    }

    /// With a certificate of `authority`'s.
    pub async fn tls(authority: &Authority, host: &str) -> Self {
        let server = authority.server(&host.parse().unwrap()).unwrap();
        Self::start(Ipv4Addr::LOCALHOST, Some(TlsAcceptor::from(server))).await
    }

    async fn start(address: Ipv4Addr, tls: Option<TlsAcceptor>) -> Self {
        let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::default());
        let (mut serving, seeing) = (JoinSet::new(), Arc::clone(&seen));
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, seen) = (tls.clone(), Arc::clone(&seeing));
                connections.spawn(async move {
                    let stream: Boxed = match tls {
                        None => Box::new(stream),
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => Box::new(stream),
                            Err(_) => return,
                        },
                    };
                    let _closed = answer_all(stream, &seen).await;
                });
            }
        });
        Self { address, seen, _serving: serving }
    }

    /// Whole requests, as they arrived.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub fn last(&self) -> String {
        self.seen().last().cloned().unwrap_or_default()
    }
}

async fn answer_all(mut stream: Boxed, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    loop {
        let mut request = Vec::new();
        while !is_whole(&request) {
            request.push(stream.read_u8().await?);
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let is_last = request.contains("Connection: close");
        seen.lock().unwrap().push(request);
        let answer = match path.split_once("/redirect-to/") {
            Some((_, to)) => format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"),
            None => "200 OK\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\nok".to_owned(),
        };
        stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await?;
        if is_last {
            return stream.shutdown().await;
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    if !request.ends_with(b"\n") && !request.windows(4).any(|four| four == b"\r\n\r\n") {
        return false;
    }
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
