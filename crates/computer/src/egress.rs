//! The way out of a computer: a proxy in the supervisor, behind sockets that were opened inside.
//!
//! A computer's network leads nowhere but to these. The proxy asks the [`Gate`] about every name,
//! connection and request, connects from outside to exactly what was checked, and tells of each.
//! It knows nothing of namespaces, nor of what the computer is for.

mod address;
mod authority;
mod connect;
mod dns;
mod doors;
mod event;
mod gate;
mod headers;
mod hello;
mod http;
mod meter;
mod options;
mod pace;
mod refusal;
mod trust;
mod tunnel;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::connect::Boxed;
use self::doors::Streams;
use self::meter::{Meter, Metered};
use self::pace::Pace;

pub use self::address::{MalformedNetwork, Network};
pub use self::event::{Event, Events, Sink, events};
pub use self::options::{Credential, MalformedCredential, Options, Resolve, Upstream, Written};

pub(crate) use self::doors::{ADDRESS, Doors, Opening, PROXY_PORT, open};
pub(crate) use self::gate::Gate;
pub(crate) use self::refusal::Refusal;
pub(crate) use self::trust::{BUNDLE_PATH, variables as trusting};

/// Open at once from one computer.
const CONNECTIONS_MAX: usize = 256;
/// New ones from one computer.
const CONNECTIONS_PER_SECOND: u32 = 100;
/// Without a byte in either direction.
const IDLE_MAX: Duration = Duration::from_secs(300);

/// The proxy of one computer, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Egress {
    _tasks: JoinSet<()>,
}

/// What comes through a door.
#[derive(Debug, Clone, Copy)]
enum Door {
    Proxy,
    Http,
    Tls,
    Names,
}

impl Egress {
    /// Must be called within tokio.
    pub fn start(gate: Gate, doors: Doors) -> io::Result<Self> {
        let (gate, mut tasks) = (Arc::new(gate), JoinSet::new());
        doors.names.set_nonblocking(true)?;
        let names = UdpSocket::from_std(doors.names)?;
        let answering = Arc::clone(&gate);
        tasks.spawn(async move {
            if let Err(error) = dns::serve(&answering, &names).await {
                tracing::warn!(%error, "a computer's names are not answered any more");
            }
        });
        if let Some(streams) = doors.streams {
            tasks.spawn(serve_streams(gate, listeners(streams)?));
        }
        Ok(Self { _tasks: tasks })
    }
}

type Listeners = [(Door, tokio::net::TcpListener); 4];

fn listeners(streams: Streams) -> io::Result<Listeners> {
    let listener = |door, listener: TcpListener| {
        listener.set_nonblocking(true)?;
        io::Result::Ok((door, tokio::net::TcpListener::from_std(listener)?))
    };
    Ok([
        listener(Door::Proxy, streams.proxy)?,
        listener(Door::Http, streams.http)?,
        listener(Door::Tls, streams.tls)?,
        listener(Door::Names, streams.names)?,
    ])
}

/// All connections of a computer are this task's, and end with it.
async fn serve_streams(gate: Arc<Gate>, listeners: Listeners) {
    let [proxy, http, tls, names] = &listeners;
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut pace = Pace::new(CONNECTIONS_PER_SECOND);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        pace.wait().await;
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = accept(proxy) => accepted,
            accepted = accept(http) => accepted,
            accepted = accept(tls) => accepted,
            accepted = accept(names) => accepted,
        };
        let (door, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection from inside a computer can't be taken");
                continue;
            }
        };
        let gate = Arc::clone(&gate);
        connections.spawn(async move {
            attend(&gate, door, client).await;
            drop(place);
        });
    }
}

async fn accept(
    (door, listener): &(Door, tokio::net::TcpListener),
) -> io::Result<(Door, tokio::net::TcpStream)> {
    let (stream, _inside) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((*door, stream))
}

async fn attend(gate: &Arc<Gate>, door: Door, client: tokio::net::TcpStream) {
    let meter = Meter::new();
    let client: Boxed = Box::new(Metered::new(client, &meter));
    tokio::select! {
        () = serve(gate, door, client) => {}
        () = meter.idle(IDLE_MAX) => {}
    }
}

async fn serve(gate: &Arc<Gate>, door: Door, client: Boxed) {
    match door {
        Door::Proxy => http::serve_proxy(gate, client).await,
        Door::Http => http::serve_by_host(gate, client).await,
        Door::Tls => tunnel::by_name(gate, client).await,
        Door::Names => {
            let _hung_up = dns::serve_stream(gate, client).await;
        }
    }
}

/// What is in the environment of every program inside, so that it finds the way out.
pub(crate) fn variables(gate: &Gate) -> Vec<(String, String)> {
    if gate.opening() == Opening::Names {
        return Vec::new();
    }
    let proxy = format!("http://{ADDRESS}:{PROXY_PORT}");
    let proxied = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
    let direct = ["NO_PROXY", "no_proxy"];
    let proxied = proxied.map(|name| (name.to_owned(), proxy.clone()));
    let direct = direct.map(|name| (name.to_owned(), "localhost,127.0.0.1,::1".to_owned()));
    proxied.into_iter().chain(direct).collect()
}

#[cfg(test)]
mod tests;
