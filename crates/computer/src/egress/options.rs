//! What the operator of whimbrel says about computers' network. A repository says only its
//! [`domain::network::Policy`]: nothing here may ever be read from one.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::network::{Host, Pattern, Rule};
use hyper::header::{self, HeaderName, HeaderValue};

use super::address::Network;
use super::event::Sink;
use super::headers::is_hop_by_hop;

/// All of it is the operator's, none a repository's.
#[derive(Clone, Default)]
pub struct Options {
    /// Allowed to every computer that has any network, beyond its policy.
    pub allow: Vec<Rule>,
    /// These may be at private addresses, where a policy or [`Self::allow`] lets them be reached.
    pub private_hosts: Vec<Pattern>,
    /// Any host may be there, where it is allowed: a network whose resolver leads the whole
    /// internet through a gateway of its own needs that.
    pub private_networks: Vec<Network>,
    /// Added to requests outside, so that they are never inside.
    pub credentials: Vec<Credential>,
    /// Certificate authorities that are trusted beyond the machine's own, in PEM.
    pub roots: Option<String>,
    pub upstream: Upstream,
    /// The machine's own where none is given.
    pub resolver: Option<Arc<dyn Resolve>>,
    pub events: Option<Sink>,
    /// Only for the words of a refusal.
    pub written: Written,
}

/// Where a computer's policy was written, and so where more can be allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Written {
    /// In `[environment]` of `whimbrel.toml`: for a setup and a maintenance.
    Environment,
    /// In `[agent]`: for the agents' work and the checks.
    #[default]
    Agent,
    /// As an option of a command.
    Option,
}

/// How whimbrel itself gets out.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Upstream {
    /// As the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` of this process say.
    #[default]
    Environment,
    Direct,
    /// `http://user:password@host:port` or `https://…`.
    Proxy(String),
}

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolve: Send + Sync {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The machine's own resolver.
#[derive(Debug)]
pub struct System;

#[async_trait]
impl Resolve for System {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.collect())
    }
}

/// A header that is added to requests for one host, over TLS only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub host: Host,
    header: HeaderName,
    value: HeaderValue,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCredential {
    #[error("{0:?} can't be a credential's header")]
    Header(String),
    /// The value isn't told.
    #[error("the credential for {0} has characters that no header may have")]
    Value(Host),
}

impl Credential {
    /// `header` is mostly `authorization`, and `value` then `Bearer …` or `Basic …`.
    pub fn new(host: Host, header: &str, value: &str) -> Result<Self, MalformedCredential> {
        let malformed = || MalformedCredential::Header(header.to_owned());
        let header = header.parse::<HeaderName>().map_err(|_| malformed())?;
        if is_hop_by_hop(&header) || [header::HOST, header::CONTENT_LENGTH].contains(&header) {
            return Err(malformed());
        }
        let value = HeaderValue::from_str(value);
        let mut value = value.map_err(|_| MalformedCredential::Value(host.clone()))?;
        value.set_sensitive(true);
        Ok(Self { host, header, value })
    }

    pub(super) fn header(&self) -> (HeaderName, HeaderValue) {
        (self.header.clone(), self.value.clone())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Credential");
        shown.field("host", &self.host).field("header", &self.header).finish_non_exhaustive()
    }
}

/// A proxy's address may have a password in it.
impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Direct => "Direct",
            Self::Proxy(_) => "Proxy",
        })
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("allow", &self.allow)
            .field("private_hosts", &self.private_hosts)
            .field("private_networks", &self.private_networks)
            .field("credentials", &self.credentials)
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_printed() {
        let host: Host = "a.test".parse().unwrap();
        let credential = Credential::new(host.clone(), "Authorization", "Bearer s3cret").unwrap();
        let upstream = Upstream::Proxy("http://me:s3cret@proxy.test".into());
        let options = Options { credentials: vec![credential], upstream, ..Options::default() };
        let printed = format!("{options:?} {:?} {:?}", options.credentials, options.upstream);
        assert!(printed.contains("a.test") && !printed.contains("s3cret"), "{printed}");
        let error = Credential::new(host, "authorization", "s3\ncret").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3"));
    }

    #[test]
    fn what_frames_a_message_is_no_credential() {
        for header in ["Host", "content-length", "transfer-encoding", "connection", "a b", ""] {
            let host = "a.test".parse().unwrap();
            let malformed = MalformedCredential::Header(header.into());
            assert_eq!(Credential::new(host, header, "x"), Err(malformed));
        }
    }
}
