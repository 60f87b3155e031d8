//! Was it us who was meant? A page elsewhere can let its own name lead to this machine (DNS
//! rebinding) and then speak to us as if it were ours; but it can't say another name than its own.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header, uri::Authority};

use super::Came;
use crate::Shared;
use crate::failure::Failure;
use crate::site::Options;

/// Where a request came from, as its connection has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What this server is called.
#[derive(Debug)]
pub(crate) struct Hosts {
    /// Lower case, without ports.
    names: Vec<String>,
    address: IpAddr,
}

impl Hosts {
    pub fn of(options: &Options) -> Self {
        let of_url = options.url.as_deref().and_then(|url| {
            let rest = url.split_once("://")?.1;
            rest.split(['/', '?', '#']).next()?.parse::<Authority>().ok()
        });
        let of_url = of_url.map(|authority| authority.host().to_owned());
        let names = options.hosts.iter().cloned().chain(of_url);
        let names = names.map(|name| plain(&name)).collect();
        Self { names, address: options.listening.ip() }
    }

    /// A port says nothing: tunnels and proxies have their own.
    fn include(&self, host: &str) -> bool {
        let host = plain(host);
        if self.names.contains(&host) || host == "localhost" {
            return true;
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        // A name is what can be made to lead elsewhere; an address is where it leads.
        address
            .is_ok_and(|ip| ip.is_loopback() || ip == self.address || self.address.is_unspecified())
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// # Errors
/// 400 where no host is named, or several; 421 where it isn't us.
pub(crate) fn came(site: &Shared, request: &Request) -> Result<Came, Failure> {
    let (headers, proxied) = (request.headers(), site.options.behind_proxy);
    let named = only(headers, &header::HOST)?;
    let forwarded = if proxied { first(headers, &FORWARDED_HOST) } else { None };
    let Some(host) = forwarded.or(named) else { return Err(bad("The request names no host.")) };
    let authority: Authority = host.parse().map_err(|_| bad("That is no host's name."))?;
    if authority.as_str().contains('@') {
        return Err(bad("That is no host's name."));
    }
    let absolute = request.uri().authority();
    if absolute.is_some_and(|other| !proxied && other.as_str() != host) {
        return Err(bad("The request names two hosts."));
    }
    if !site.hosts.include(authority.host()) {
        let words = format!(
            "This server isn't called {}. If it should be, start it with --host NAME, or write \
             `hosts` under [server] in config.toml.",
            stdx::cut::line(authority.host(), 100)
        );
        return Err(Failure::new(StatusCode::MISDIRECTED_REQUEST, words));
    }
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |p| p.0.ip());
    Ok(Came {
        host: host.to_ascii_lowercase(),
        secure: secure(site, headers),
        peer: behind(site, headers, peer),
    })
}

fn secure(site: &Shared, headers: &HeaderMap) -> bool {
    let options = &site.options;
    if !options.behind_proxy || options.tls {
        return options.tls;
    }
    match first(headers, &FORWARDED_PROTO) {
        Some(scheme) => scheme.eq_ignore_ascii_case("https"),
        None => options.url.as_deref().is_some_and(|url| url.starts_with("https:")),
    }
}

/// The proxy adds where it was asked from to the end of the list; what stands before that is
/// whatever somebody claims.
fn behind(site: &Shared, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    if !site.options.behind_proxy {
        return peer;
    }
    let told = headers.get_all(FORWARDED_FOR).iter().next_back();
    let last = told.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Failure> {
    let mut all = headers.get_all(name).iter();
    let (first, second) = (all.next(), all.next());
    if second.is_some() {
        return Err(bad("The request names two hosts."));
    }
    let text = first.map(|value| value.to_str().map_err(|_| bad("That is no host's name.")));
    text.transpose()
}

fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim)
}

fn bad(words: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, words)
}
