//! What all handlers share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use engine::Engine;
use tokio::sync::watch;

use crate::api::Flights;
use crate::guard::host::Hosts;
use crate::guard::strangers::Strangers;
use crate::hub::Hub;
use crate::look::ranked::Rankings;
use crate::metrics::Metrics;

/// How the server is reached, and how much it bears.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens.
    pub listening: SocketAddr,
    /// What links begin with, as people reach it; none says that of `listening`.
    pub url: Option<String>,
    /// Names that it answers to, beside this machine's own.
    pub hosts: Vec<String>,
    /// Connections are encrypted here.
    pub tls: bool,
    /// A proxy in front says by which name and scheme, and from where, somebody came.
    pub behind_proxy: bool,
    /// Figures are shown to whoever asks.
    pub open_metrics: bool,
    pub limits: Limits,
}

/// What one connection, and all of them, may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub connections_max: usize,
    /// For agreeing on keys.
    pub handshake: Duration,
    /// From a connection's begin, or the last answer, until a request's head is all there.
    pub head: Duration,
    /// Until a request's body is all there.
    pub body: Duration,
    /// Whoever takes nothing of an answer for so long is cut off.
    pub unread: Duration,
    /// What is under way when the server stops gets so long.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            body: Duration::from_secs(60),
            unread: Duration::from_secs(60),
            drain: Duration::from_secs(3),
        }
    }
}

impl Options {
    /// On this machine alone, without encryption.
    pub fn local(listening: SocketAddr) -> Self {
        Self {
            listening,
            url: None,
            hosts: Vec::new(),
            tls: false,
            behind_proxy: false,
            open_metrics: false,
            limits: Limits::default(),
        }
    }

    /// What links begin with, without a slash at the end.
    pub fn public_url(&self) -> String {
        if let Some(url) = &self.url {
            return url.trim_end_matches('/').to_owned();
        }
        let scheme = if self.tls { "https" } else { "http" };
        let mut address = self.listening;
        if address.ip().is_unspecified() {
            let loopback = match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            };
            address.set_ip(loopback);
        }
        match self.hosts.first() {
            Some(host) if self.tls => format!("https://{host}:{}", address.port()),
            _ => format!("{scheme}://{address}"),
        }
    }
}

/// One home, as the server shows it.
pub struct Site {
    pub engine: Engine,
    pub options: Options,
    pub metrics: Metrics,
    /// What was found out about tasks that are at rest.
    pub(crate) rankings: Rankings,
    /// What moves, for whoever follows it.
    pub hub: Hub,
    /// Requests of the API that may come twice.
    pub flights: Flights,
    pub(crate) hosts: Hosts,
    pub(crate) strangers: Strangers,
    stopping: watch::Sender<bool>,
}

/// The state of every route.
pub type Shared = Arc<Site>;

impl Site {
    pub fn new(engine: Engine, options: Options) -> Shared {
        let hosts = Hosts::of(&options);
        let (strangers, metrics) = (Strangers::default(), Metrics::new());
        let stopping = watch::Sender::new(false);
        let (hub, flights) = (Hub::new(engine.store.clone()), Flights::default());
        let rankings = Rankings::default();
        Arc::new(Self {
            engine,
            options,
            metrics,
            rankings,
            hub,
            flights,
            hosts,
            strangers,
            stopping,
        })
    }

    pub fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// What links begin with, without a slash at the end.
    pub fn public_url(&self) -> String {
        self.options.public_url()
    }

    /// Ready when the server stops: a stream that has no end of its own ends then.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut told = self.stopping.subscribe();
        async move {
            // An error says that the site is gone, which is the same.
            let _gone = told.wait_for(|stops| *stops).await;
        }
    }

    pub(crate) fn stop(&self) {
        self.hub.close();
        self.stopping.send_replace(true);
    }
}
