//! Why a request didn't go through, in sentences for whoever made it and for the log.

use std::error::Error;
use std::io;
use std::net::IpAddr;

use domain::network::{Denial, Policy};
use hyper::StatusCode;

use super::gate::Place;
use super::options::Written;

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the network policy {policy} refuses {what}: {denial}; to allow it, {remedy}")]
    Policy { policy: &'static str, what: String, denial: Denial, remedy: String },
    #[error(
        "{place} is at {address}, which is no public address; only whoever operates whimbrel can \
         allow that, with private_hosts or private_networks in config.toml"
    )]
    Private { place: Place, address: IpAddr },
    #[error(
        "{0} is a private name; only whoever operates whimbrel can allow that, with private_hosts \
         in config.toml"
    )]
    PrivateName(Place),
    #[error("a TLS connection to {place} asks for {said:?}")]
    OtherName { place: Place, said: String },
    #[error("a TLS connection to {0} doesn't say its server's name")]
    Nameless(Place),
    #[error("a TLS connection to {0} encrypts its server's name")]
    EncryptedName(Place),
    #[error("what is spoken with {0} isn't TLS")]
    NotTls(Place),
    #[error("the request is malformed: {0}")]
    Malformed(&'static str),
    #[error("can't find {place}")]
    Resolve { place: Place, source: io::Error },
    #[error("can't connect to {place}")]
    Connect { place: Place, source: io::Error },
    #[error("can't get to {place} through the proxy {proxy}")]
    Upstream { place: Place, proxy: String, source: io::Error },
    #[error("no TLS connection with {place}")]
    Tls { place: Place, source: io::Error },
    #[error("no answer from {place}")]
    Request { place: Place, source: hyper::Error },
}

impl Refusal {
    /// `what` is the request in words.
    pub fn policy(
        (policy, written): (&Policy, Written),
        place: &Place,
        what: String,
        denial: Denial,
    ) -> Self {
        let remedy = remedy(policy, &rule(place, &denial), written);
        let policy = match policy {
            Policy::None => "\"none\"",
            Policy::Packages => "\"packages\"",
            Policy::All => "\"all\"",
            Policy::Only(_) => "(a list)",
        };
        Self::Policy { policy, what, denial, remedy }
    }

    /// With its sources.
    pub fn sentence(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        text
    }

    /// A few words, where there is room for no more.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Policy { .. } => "Refused by the network policy",
            Self::Private { .. } | Self::PrivateName(_) => "Refused since it is private",
            Self::OtherName { .. }
            | Self::Nameless(_)
            | Self::EncryptedName(_)
            | Self::NotTls(_) => "Refused for what is spoken",
            Self::Malformed(_) => "Malformed",
            Self::Resolve { .. } => "Host not found",
            Self::Connect { .. }
            | Self::Upstream { .. }
            | Self::Tls { .. }
            | Self::Request { .. } => "No connection",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Policy { .. }
            | Self::Private { .. }
            | Self::PrivateName(_)
            | Self::OtherName { .. }
            | Self::Nameless(_)
            | Self::EncryptedName(_)
            | Self::NotTls(_) => StatusCode::FORBIDDEN,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::Upstream { .. }
            | Self::Tls { .. }
            | Self::Request { .. } => StatusCode::BAD_GATEWAY,
        }
    }
}

fn remedy(policy: &Policy, rule: &str, written: Written) -> String {
    let line = policy.remedy(rule);
    match written {
        Written::Environment => format!("write {line} in [environment] of whimbrel.toml"),
        Written::Agent => format!("write {line} in [agent] of whimbrel.toml"),
        Written::Option => format!("say {}", policy.remedy_option(rule)),
    }
}

/// The narrowest rule that would allow it.
fn rule(place: &Place, denial: &Denial) -> String {
    let place = match place.port {
        80 | 443 => place.host.to_string(),
        _ => place.to_string(),
    };
    match denial {
        Denial::Method(Some(method)) => format!("{method} {place}"),
        Denial::Method(None) | Denial::NoNetwork | Denial::NotListed | Denial::Port(_) => place,
    }
}
