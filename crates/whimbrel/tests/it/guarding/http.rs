//! HTTP as it is written, so that a story can also write it wrong.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::world::{Running, World, wait_until};

/// Longer than any answer takes.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// A server of a world's home, as long as it is kept.
pub struct Served {
    serving: Running,
    host: String,
}

impl Served {
    pub fn by(world: &World) -> Self {
        Self::with(world, "127.0.0.1:0", &[])
    }

    pub fn with(world: &World, listening: &str, more: &[&str]) -> Self {
        let mut typed = vec!["--json", "serve", "--listen", listening];
        typed.extend(more);
        let mut served = Self { serving: world.start(&typed), host: String::new() };
        wait_until("the address", || served.told("listening").is_some());
        let address = served.told("listening").unwrap();
        served.host = address.split_once("://").unwrap().1.to_owned();
        served
    }

    /// What it told of itself when it began.
    pub fn told(&self, key: &str) -> Option<String> {
        let said = self.serving.said();
        let objects = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        objects.filter_map(|object| object[key].as_str().map(str::to_owned)).next()
    }

    pub fn said(&self) -> String {
        self.serving.said()
    }

    /// Address and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> &str {
        self.host.rsplit_once(':').unwrap().1
    }

    /// `asked` is a method and a path. A body is a form.
    pub fn ask(&self, asked: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.raw(&request(asked, &self.host, headers, body))
    }

    pub fn raw(&self, text: &str) -> Answer {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME_MAX)).unwrap();
        answer(stream, text)
    }

    /// Spoken to over TLS, trusting that certificate alone.
    pub fn encrypted(&self, certificate: &CertificateDer<'static>) -> Encrypted<'_> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Encrypted { served: self, config: Arc::new(config) }
    }

    pub fn ends(self, signal: Signal) {
        self.serving.signal(signal);
        let _said = self.serving.ends().exits(0);
    }
}

pub struct Encrypted<'a> {
    served: &'a Served,
    config: Arc<ClientConfig>,
}

impl Encrypted<'_> {
    pub fn ask(&self, asked: &str, body: &str) -> Answer {
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        let stream = TcpStream::connect(self.served.host()).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME_MAX)).unwrap();
        let host = format!("localhost:{}", self.served.port());
        answer(StreamOwned::new(session, stream), &request(asked, &host, &[], body))
    }
}

fn request(asked: &str, host: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{asked} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        text.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if asked.starts_with("POST") {
        let kind = "application/x-www-form-urlencoded";
        text.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len()));
    }
    format!("{text}\r\n{body}")
}

/// As far as it came before the connection ended, or until all that was announced is there.
fn answer(mut stream: impl Read + Write, request: &str) -> Answer {
    // It may be cut off while it still speaks.
    let _cut = stream.write_all(request.as_bytes());
    let (mut bytes, mut part) = (Vec::new(), [0_u8; 8192]);
    while let Ok(read @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
        if is_whole(&bytes) {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse().unwrap())
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n\n{}", self.head, self.body);
        self
    }

    #[track_caller]
    pub fn answers_one_of(self, statuses: &[u16]) -> Self {
        assert!(statuses.contains(&self.status), "{}\n\n{}", self.head, self.body);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.body.contains(text), "no {text:?} in\n{}\n\n{}", self.head, self.body);
        self
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_owned())
    }
}
