//! The sockets on which a computer reaches its proxy. They are opened inside, in a network that
//! leads nowhere, and served outside.

use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

/// Where all of them are inside. Not 127.0.0.1, so that programs inside can listen there.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 1);
pub const PROXY_PORT: u16 = 3128;
pub const DNS_PORT: u16 = 53;
pub const HTTP_PORT: u16 = 80;
pub const TLS_PORT: u16 = 443;

/// Of connections, in the order in which they are passed.
const STREAM_PORTS: [u16; 4] = [PROXY_PORT, HTTP_PORT, TLS_PORT, DNS_PORT];

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Opening {
    /// Only that of names, so that every program hears at once that there is no network.
    Names,
    All,
}

/// Opens them; to be called inside.
pub fn open(opening: Opening) -> io::Result<Vec<OwnedFd>> {
    let mut doors = vec![UdpSocket::bind((ADDRESS, DNS_PORT))?.into()];
    if opening == Opening::All {
        for port in STREAM_PORTS {
            doors.push(TcpListener::bind((ADDRESS, port))?.into());
        }
    }
    Ok(doors)
}

/// What was opened, outside.
#[derive(Debug)]
pub struct Doors {
    pub names: UdpSocket,
    pub streams: Option<Streams>,
}

#[derive(Debug)]
pub struct Streams {
    pub proxy: TcpListener,
    pub http: TcpListener,
    pub tls: TcpListener,
    pub names: TcpListener,
}

impl Doors {
    /// Takes what [`open`] gave.
    pub fn new(doors: Vec<OwnedFd>) -> io::Result<Self> {
        let mut doors = doors.into_iter();
        let names = doors.next().ok_or(io::ErrorKind::UnexpectedEof)?.into();
        let streams = match doors.next() {
            None => None,
            Some(proxy) => {
                let mut next = || doors.next().ok_or(io::ErrorKind::UnexpectedEof);
                let (http, tls, names) = (next()?.into(), next()?.into(), next()?.into());
                Some(Streams { proxy: proxy.into(), http, tls, names })
            }
        };
        Ok(Self { names, streams })
    }
}
