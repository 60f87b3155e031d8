//! Connections to the outside: to an address that was checked, or through the proxy that whimbrel
//! itself has to use.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use domain::network::Host;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::Intercept;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Refusal;
use super::gate::{Gate, Place};

const CONNECTING_MAX: Duration = Duration::from_secs(20);
/// Of an upstream proxy's answer.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub type Boxed = Box<dyn Stream>;

/// How requests are to be written on a connection.
#[derive(Debug, Clone)]
pub enum Form {
    /// To the server itself: only the path.
    Origin,
    /// To an upstream proxy: with the host, and maybe with the proxy's password.
    Absolute(Option<HeaderValue>),
}

/// A connection for any bytes. `tls` says what will be spoken, which chooses the upstream proxy.
pub async fn tunnel(gate: &Gate, place: &Place, tls: bool) -> Result<Boxed, Refusal> {
    let Some(proxy) = gate.upstream(place, tls) else { return direct(gate, place).await };
    check_name(gate, place).await?;
    let name = proxy_name(&proxy);
    let through = async {
        let mut stream = to_proxy(gate, &proxy).await?;
        ask_for_tunnel(&mut stream, place, proxy.basic_auth()).await?;
        Ok(stream)
    };
    in_time(through).await.map_err(|source| upstream_failed(place, name, source))
}

/// A connection for requests.
pub async fn http(gate: &Gate, place: &Place, tls: bool) -> Result<(Boxed, Form), Refusal> {
    if tls {
        let stream = tunnel(gate, place, true).await?;
        let stream = in_time(encrypted(gate, stream, &place.host)).await;
        let failed = |source| Refusal::Tls { place: place.clone(), source };
        return Ok((stream.map_err(failed)?, Form::Origin));
    }
    let Some(proxy) = gate.upstream(place, false) else {
        return Ok((direct(gate, place).await?, Form::Origin));
    };
    check_name(gate, place).await?;
    let stream = in_time(to_proxy(gate, &proxy)).await;
    let stream = stream.map_err(|source| upstream_failed(place, proxy_name(&proxy), source))?;
    Ok((stream, Form::Absolute(proxy.basic_auth().cloned())))
}

async fn in_time<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let done = tokio::time::timeout(CONNECTING_MAX, work).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn direct(gate: &Gate, place: &Place) -> Result<Boxed, Refusal> {
    let addresses = gate.addresses(place).await?;
    let stream = in_time(connect_first(&addresses)).await;
    let stream = stream.map_err(|source| Refusal::Connect { place: place.clone(), source })?;
    refuse_ourselves(gate, place, &stream)?;
    Ok(Box::new(stream))
}

async fn connect_first(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut error = io::ErrorKind::NotFound.into();
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

/// This machine may have a public address, and behind it services that others don't reach.
fn refuse_ourselves(gate: &Gate, place: &Place, stream: &TcpStream) -> Result<(), Refusal> {
    let failed = |source| Refusal::Connect { place: place.clone(), source };
    let (there, here) = (stream.peer_addr().map_err(failed)?, stream.local_addr().map_err(failed)?);
    if there.ip() == here.ip() && !gate.is_opened(place, &there) {
        return Err(Refusal::Private { place: place.clone(), address: there.ip() });
    }
    Ok(())
}

/// The proxy resolves the name, so ours is only a look at what it may find: in many companies
/// only the proxy can look up public names.
async fn check_name(gate: &Gate, place: &Place) -> Result<(), Refusal> {
    match gate.addresses(place).await {
        Ok(_) => Ok(()),
        Err(Refusal::Resolve { .. }) => gate.check_unresolved(place),
        Err(other) => Err(other),
    }
}

/// The operator chose it, so its address isn't checked.
async fn to_proxy(gate: &Gate, proxy: &Intercept) -> io::Result<Boxed> {
    let uri = proxy.uri();
    let tls = match uri.scheme_str() {
        Some("http") | None => false,
        Some("https") => true,
        Some(_) => return Err(io::Error::other("only http and https proxies can be used")),
    };
    let host = uri.host().ok_or_else(|| io::Error::other("the proxy's address has no host"))?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let stream = TcpStream::connect((name, port)).await?;
    stream.set_nodelay(true)?;
    if !tls {
        return Ok(Box::new(stream));
    }
    let host = host.parse().map_err(io::Error::other)?;
    encrypted(gate, Box::new(stream), &host).await
}

async fn encrypted(gate: &Gate, stream: Boxed, host: &Host) -> io::Result<Boxed> {
    let name = match host {
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
        Host::Address(address) => ServerName::IpAddress((*address).into()),
    };
    Ok(Box::new(gate.connector()?.connect(name, stream).await?))
}

async fn ask_for_tunnel(
    stream: &mut Boxed,
    place: &Place,
    password: Option<&HeaderValue>,
) -> io::Result<()> {
    let mut head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
    if let Some(password) = password {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(password.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await?;
    let answer = read_head(stream).await?;
    let status = answer.split(|&byte| byte == b' ').nth(1);
    match status {
        Some([b'2', _, _]) => Ok(()),
        Some(_) | None => {
            let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
            Err(io::Error::other(format!("it says {:?}", String::from_utf8_lossy(line))))
        }
    }
}

/// A byte at a time: what comes after the head belongs to the tunnel.
async fn read_head(stream: &mut Boxed) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == ANSWER_BYTES_MAX {
            return Err(io::Error::other("its answer is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// Without a password.
fn proxy_name(proxy: &Intercept) -> String {
    let uri = proxy.uri();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", uri.host().unwrap_or_default())
}

fn upstream_failed(place: &Place, proxy: String, source: io::Error) -> Refusal {
    Refusal::Upstream { place: place.clone(), proxy, source }
}
