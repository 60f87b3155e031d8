//! Judges: may this be asked, and is the host really out there. Every door asks it first.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::network::{self, Access, Denial, Host, Policy, Verdict};
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use super::address::{is_public, unwrapped};
use super::authority::Authority;
use super::dns::Told;
use super::doors::Opening;
use super::event::Sink;
use super::options::{Options, Resolve, System, Upstream};
use super::{Refusal, trust};

const RESOLVING_MAX: Duration = Duration::from_secs(10);
/// At once, for one computer: each may hold a thread of ours.
const LOOKUPS_MAX: usize = 16;
/// Of one name that are tried.
const ADDRESSES_MAX: usize = 8;
/// Names that only mean something within a network (RFC 6761, 6762, 8375, 9476, and custom).
const PRIVATE_SUFFIXES: [&str; 10] = [
    ".internal",
    ".local",
    ".localhost",
    ".lan",
    ".home.arpa",
    ".corp",
    ".home",
    ".intranet",
    ".private",
    ".test",
];

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub host: Host,
    pub port: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Place {
    /// Without the port where it is the usual one.
    pub fn named(&self, usual: u16) -> String {
        if self.port == usual { self.host.to_string() } else { self.to_string() }
    }
}

/// What one computer may reach, and how.
pub struct Gate {
    policy: Policy,
    options: Options,
    resolver: Arc<dyn Resolve>,
    upstream: Matcher,
    /// Only where something has to be read that TLS hides.
    authority: Option<Authority>,
    connector: OnceLock<TlsConnector>,
    lookups: Semaphore,
    pub told: Told,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Gate {
    pub fn new(policy: &Policy, options: &Options) -> io::Result<Self> {
        let (policy, options) = (policy.clone(), options.clone());
        let authority = reads_inside(&policy, &options).then(Authority::new).transpose()?;
        Ok(Self {
            resolver: options.resolver.clone().unwrap_or_else(|| Arc::new(System)),
            upstream: matcher(&options.upstream),
            authority,
            connector: OnceLock::new(),
            lookups: Semaphore::new(LOOKUPS_MAX),
            told: Told::default(),
            policy,
            options,
        })
    }

    pub fn sink(&self) -> Option<&Sink> {
        self.options.events.as_ref()
    }

    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    pub fn opening(&self) -> Opening {
        if self.policy == Policy::None { Opening::Names } else { Opening::All }
    }

    /// What programs inside are to trust, where that is more than they do by themselves.
    pub fn bundle(&self) -> Option<String> {
        let needed = self.authority.is_some() || self.options.roots.is_some();
        if self.policy == Policy::None || !(needed || trust::was_told_of_more()) {
            return None;
        }
        let ours = self.authority.as_ref().map(Authority::certificate);
        let more: Vec<_> = ours.into_iter().chain(self.options.roots.as_deref()).collect();
        Some(trust::bundle(&more))
    }

    /// Whether names count: with a list, a connection must not slip to another host.
    pub fn is_strict(&self) -> bool {
        self.policy != Policy::All
    }

    pub fn names(&self, host: &Host) -> bool {
        self.policy.names(host)
            || (self.policy != Policy::None && network::names(&self.options.allow, host))
    }

    pub fn access(&self, place: &Place) -> Access {
        let access = self.policy.access(&place.host, place.port);
        if self.policy == Policy::None {
            return access;
        }
        access.or(network::access(&self.options.allow, &place.host, place.port))
    }

    /// Whether a request may be made; without a method it stands for all that could be said.
    pub fn judge(&self, place: &Place, method: Option<&str>) -> Result<(), Refusal> {
        match self.access(place).verdict(method) {
            Verdict::Allowed => Ok(()),
            Verdict::Denied(denial) => Err(self.denied(place, method, denial)),
        }
    }

    /// To list a private address would be of no use, so that is said first.
    pub fn denied(&self, place: &Place, method: Option<&str>, denial: Denial) -> Refusal {
        if let (Host::Address(address), Denial::NotListed) = (&place.host, &denial)
            && !self.may_be_at(place, &SocketAddr::new(*address, place.port))
        {
            return Refusal::Private { place: place.clone(), address: *address };
        }
        let what = method.map_or_else(|| place.to_string(), |method| format!("{method} {place}"));
        Refusal::policy((&self.policy, self.options.written), place, what, denial)
    }

    /// The refusal of a name that somebody asked for.
    pub fn unnamed(&self, place: &Place) -> Refusal {
        let denial = match self.access(place).verdict(None) {
            Verdict::Denied(denial @ (Denial::NoNetwork | Denial::NotListed)) => denial,
            Verdict::Denied(Denial::Port(_) | Denial::Method(_)) | Verdict::Allowed => {
                Denial::NotListed
            }
        };
        let web = Place { host: place.host.clone(), port: super::doors::TLS_PORT };
        let written = self.options.written;
        Refusal::policy((&self.policy, written), &web, place.host.to_string(), denial)
    }

    /// What is added to requests for `place`, over TLS only.
    pub fn credentials(&self, place: &Place) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let usual = place.port == super::doors::TLS_PORT;
        let fitting = self.options.credentials.iter();
        fitting.filter(move |held| usual && held.host == place.host).map(|held| held.header())
    }

    /// Whether requests to `place` have to be read one by one.
    pub fn reads(&self, place: &Place, access: &Access) -> bool {
        matches!(access, Access::Methods(_)) || self.credentials(place).next().is_some()
    }

    pub fn connector(&self) -> io::Result<&TlsConnector> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let connector = trust::connector(self.options.roots.as_deref())?;
        Ok(self.connector.get_or_init(|| connector))
    }

    /// The proxy that whimbrel itself has to use for `place`.
    pub fn upstream(&self, place: &Place, tls: bool) -> Option<Intercept> {
        let scheme = if tls { "https" } else { "http" };
        self.upstream.intercept(&format!("{scheme}://{place}").parse().ok()?)
    }

    /// Where `place` really is. Looked up once; whoever connects, connects there and nowhere else.
    pub async fn addresses(&self, place: &Place) -> Result<Vec<SocketAddr>, Refusal> {
        let found = match &place.host {
            Host::Address(address) => vec![SocketAddr::new(*address, place.port)],
            Host::Name(name) => self.resolve(place, name).await?,
        };
        let may_connect = |found: &SocketAddr| self.may_be_at(place, found);
        let fitting: Vec<_> =
            found.iter().copied().filter(may_connect).take(ADDRESSES_MAX).collect();
        match found.first() {
            None => Err(not_found(place, io::ErrorKind::NotFound.into())),
            Some(first) if fitting.is_empty() => {
                Err(Refusal::Private { place: place.clone(), address: first.ip() })
            }
            Some(_) => Ok(fitting),
        }
    }

    async fn resolve(&self, place: &Place, name: &str) -> Result<Vec<SocketAddr>, Refusal> {
        let lookup = async {
            let _turn = self.lookups.acquire().await.map_err(io::Error::other)?;
            // The dot keeps the machine's search domains out of it; its own list of hosts, in
            // which an operator may have put a private one, has none.
            let dot = if self.is_private_host(&place.host) { "" } else { "." };
            self.resolver.resolve(&format!("{name}{dot}"), place.port).await
        };
        let found = tokio::time::timeout(RESOLVING_MAX, lookup).await;
        found
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|source| not_found(place, source))
    }

    fn may_be_at(&self, place: &Place, found: &SocketAddr) -> bool {
        is_public(found.ip()) || self.is_opened(place, found)
    }

    /// Whether the operator said that `place` may be at this private address.
    pub fn is_opened(&self, place: &Place, found: &SocketAddr) -> bool {
        self.is_private_host(&place.host)
            || self.options.private_networks.iter().any(|net| net.contains(unwrapped(found.ip())))
    }

    fn is_private_host(&self, host: &Host) -> bool {
        self.options.private_hosts.iter().any(|pattern| pattern.matches(host))
    }

    /// Whether somebody else may resolve the name: what we can't look up, we can't check.
    pub fn check_unresolved(&self, place: &Place) -> Result<(), Refusal> {
        let Host::Name(name) = &place.host else { return Ok(()) };
        let private = !name.contains('.') || PRIVATE_SUFFIXES.iter().any(|end| name.ends_with(end));
        if private && !self.is_private_host(&place.host) {
            return Err(Refusal::PrivateName(place.clone()));
        }
        Ok(())
    }
}

/// Whether there are rules or credentials for which TLS has to be opened.
fn reads_inside(policy: &Policy, options: &Options) -> bool {
    let with_methods = options.allow.iter().any(|rule| !rule.methods.is_empty());
    *policy != Policy::None
        && (policy.has_methods() || with_methods || !options.credentials.is_empty())
}

fn matcher(upstream: &Upstream) -> Matcher {
    match upstream {
        Upstream::Environment => Matcher::from_env(),
        Upstream::Direct => Matcher::builder().build(),
        Upstream::Proxy(address) => Matcher::builder().all(address.clone()).build(),
    }
}

fn not_found(place: &Place, source: io::Error) -> Refusal {
    Refusal::Resolve { place: place.clone(), source }
}
