//! Over real sockets, with short limits.

use std::time::Instant;

use domain::SystemClock;
use engine::{Engine, Home};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::site::Options;
use crate::{Site, site};

const SHORT: Duration = Duration::from_millis(200);
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

struct Served {
    _home: tempfile::TempDir,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn served(limits: Limits) -> Served {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let at = Home::at(home.path());
    let engine = Engine::open(at, "/nowhere".into(), clock, "ada".into()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = Site::new(engine, Options { limits, ..Options::local(address) });
    let (stop, stopped) = oneshot::channel();
    let until = async move {
        let _closed = stopped.await;
    };
    let ended = tokio::spawn(serve(listener, None, site, until));
    Served { _home: home, address, stop, ended }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

fn limits() -> Limits {
    Limits { head: SHORT, body: SHORT, drain: SHORT, ..site::Limits::default() }
}

async fn said(stream: &mut TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await;
    // A connection that is cut is read as far as it went.
    let _cut = read.expect("it is cut off in time");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn whoever_sends_by_drops_is_cut_off() {
    let served = served(limits()).await;
    let mut silent = served.connect().await;
    assert_eq!(said(&mut silent, "").await, "");
    let mut half = served.connect().await;
    let answer = said(&mut half, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    let mut body = served.connect().await;
    let head = "POST /enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken=whi";
    let answer = said(&mut body, head).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn a_head_has_its_length() {
    let served = served(Limits { head: LONG, ..limits() }).await;
    let ask = async |more: &str| {
        let mut stream = served.connect().await;
        let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        said(&mut stream, &format!("{head}{more}\r\n")).await
    };
    assert!(ask("").await.starts_with("HTTP/1.1 200"));
    let long = format!("X-Long: {}\r\n", "a".repeat(HEAD_BYTES_MAX));
    assert!(ask(&long).await.starts_with("HTTP/1.1 431"));
    assert!(ask(&"X-Many: 1\r\n".repeat(HEADERS_MAX)).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn there_are_so_many_connections_and_the_next_one_waits() {
    let served = served(Limits { connections_max: 8, head: LONG, ..limits() }).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = served.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut first = [0_u8; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        held.push(stream);
    }
    let mut next = served.connect().await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    next.write_all(request).await.unwrap();
    let mut first = [0_u8; 12];
    let waiting = tokio::time::timeout(SHORT, next.read_exact(&mut first)).await;
    assert!(waiting.is_err(), "a ninth is served beside eight");
    drop(held);
    tokio::time::timeout(LONG, next.read_exact(&mut first)).await.unwrap().unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test]
async fn stopping_waits_for_nobody_for_long() {
    let served = served(Limits { head: LONG, body: LONG, ..limits() }).await;
    let mut idle = served.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut busy = served.connect().await;
    let head = b"POST /enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n";
    busy.write_all(head).await.unwrap();
    let mut first = [0_u8; 12];
    idle.read_exact(&mut first).await.unwrap();
    let began = Instant::now();
    served.stop.send(()).unwrap();
    tokio::time::timeout(LONG, served.ended).await.unwrap().unwrap();
    assert!(began.elapsed() < LONG / 2);
    TcpStream::connect(served.address).await.unwrap_err();
}
