//! What is outside of a computer in these tests: servers on this machine, and names for them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use computer::egress::{Event, Events, Options, Resolve, Upstream, events};
use computer::{Backend, Computer, Spec};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::bench::{Bench, PATIENCE};

/// More than any of these tests makes.
const EVENTS_MAX: usize = 1000;

/// A server, plain or with TLS, that keeps the heads of what it was asked.
pub struct Server {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Server {
    pub async fn plain() -> Self {
        Self::start(None).await
    }

    /// With the authority that vouches for it, in PEM.
    pub async fn tls(name: &str) -> (Self, String) {
        let (acceptor, authority) = certified(name);
        (Self::start(Some(acceptor)).await, authority)
    }

    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, heads) = (listener.local_addr().unwrap(), Arc::default());
        let (mut serving, seen) = (JoinSet::new(), Arc::clone(&heads));
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _broken = match &tls {
                    None => answer(stream, &seen).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => answer(stream, &seen).await,
                        Err(error) => Err(error),
                    },
                };
            }
        });
        Self { address, heads, _serving: serving }
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// One request a connection. A path can ask for a redirect.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let to = head.split(' ').nth(1).and_then(|path| path.strip_prefix("/to/")).map(str::to_owned);
    seen.lock().unwrap().push(head);
    let answer = match to {
        Some(to) => format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0"),
        None => "200 OK\r\nContent-Length: 8".to_owned(),
    };
    let answer = format!("HTTP/1.1 {answer}\r\nConnection: close\r\n\r\noutside\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

fn certified(name: &str) -> (TlsAcceptor, String) {
    let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
    // Another name than the server's, or it would look as if that had signed itself.
    params.distinguished_name.push(DnType::CommonName, "an authority of a test's");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().pem();
    let (issuer, key) = (Issuer::new(params, key), KeyPair::generate().unwrap());
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap());
    (TlsAcceptor::from(Arc::new(config.unwrap())), authority)
}

/// Where names lead: each time to the next of the addresses, and then always to the last.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<String, Vec<SocketAddr>>>>);

impl Names {
    pub fn lead(&self, name: &str, to: impl Into<SocketAddr>) {
        self.0.lock().unwrap().entry(name.to_owned()).or_default().push(to.into());
    }
}

#[async_trait::async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str, _port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let mut known = self.0.lock().unwrap();
        let known =
            known.get_mut(name.trim_end_matches('.')).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(vec![if known.len() > 1 { known.remove(0) } else { known[0] }])
    }
}

/// An operator who opens one address of this machine to whatever a policy lists.
pub fn options(names: &Names) -> Options {
    Options {
        private_networks: vec![IpAddr::from(Ipv4Addr::LOCALHOST).into()],
        resolver: Some(Arc::new(names.clone())),
        upstream: Upstream::Direct,
        ..Options::default()
    }
}

/// A computer with a policy, which is JSON.
pub async fn computer(bench: &Bench, policy: &str, options: Options) -> (Box<dyn Computer>, Told) {
    let (sink, events) = events(EVENTS_MAX);
    let network = serde_json::from_str(policy).unwrap();
    let egress = Options { events: Some(sink), ..options };
    let spec = Spec { network, egress, ..Spec::default() };
    let computer = bench.backend.fork(&bench.backend.bare(), &spec).await.unwrap();
    (computer, Told(events))
}

pub struct Told(Events);

impl Told {
    /// The next event that is about `host`.
    pub async fn of(&mut self, host: &str) -> Event {
        let found = async {
            loop {
                let event = self.0.next().await.unwrap();
                if event.host == host {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("nothing was told of it")
    }
}
