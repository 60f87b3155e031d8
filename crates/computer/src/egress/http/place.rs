//! Which host and port a request is for. A request that says so twice must say the same. Pure.

use domain::network::Host;
use hyper::header::HOST;
use hyper::http::uri::Authority;
use hyper::{Method, Request};

use super::Mode;
use crate::egress::Refusal;
use crate::egress::doors::{HTTP_PORT, TLS_PORT};
use crate::egress::gate::Place;

pub fn of<B>(request: &Request<B>, mode: &Mode) -> Result<Place, Refusal> {
    let in_header = in_header(request)?;
    let in_target = request.uri().authority().map(|said| named(said.as_str())).transpose()?;
    match mode {
        Mode::Proxy if request.method() == Method::CONNECT => {
            let Some((host, Some(port))) = in_target else {
                return Err(Refusal::Malformed("CONNECT needs a host and a port"));
            };
            agree(Place { host, port }, in_header, port)
        }
        Mode::Proxy => {
            let Some((host, port)) = in_target else {
                return Err(Refusal::Malformed("this is a proxy; the target needs a host"));
            };
            if request.uri().scheme_str() != Some("http") {
                return Err(Refusal::Malformed("only http:// goes without CONNECT"));
            }
            agree(Place { host, port: port.unwrap_or(HTTP_PORT) }, in_header, HTTP_PORT)
        }
        Mode::ByHost => on(request.method(), (in_target, in_header), HTTP_PORT),
        Mode::Only { place, tls } => {
            let usual = if *tls { TLS_PORT } else { HTTP_PORT };
            let said = on(request.method(), (in_target, in_header), usual)?;
            if said == *place {
                return Ok(said);
            }
            Err(Refusal::Malformed("it is for another host than its connection"))
        }
    }
}

type Named = (Host, Option<u16>);

/// What a request on a connection to a server is for.
fn on(
    method: &Method,
    (in_target, in_header): (Option<Named>, Option<Named>),
    usual: u16,
) -> Result<Place, Refusal> {
    if method == Method::CONNECT {
        return Err(Refusal::Malformed("CONNECT is for the proxy's port"));
    }
    let said = in_target.or_else(|| in_header.clone());
    let Some((host, port)) = said else { return Err(Refusal::Malformed("it names no host")) };
    let place = agree(Place { host, port: port.unwrap_or(usual) }, in_header, usual)?;
    Ok(place)
}

fn agree(place: Place, in_header: Option<Named>, usual: u16) -> Result<Place, Refusal> {
    match in_header {
        Some((host, port)) if host != place.host || port.unwrap_or(usual) != place.port => {
            Err(Refusal::Malformed("its target and its Host header differ"))
        }
        Some(_) | None => Ok(place),
    }
}

fn in_header<B>(request: &Request<B>) -> Result<Option<Named>, Refusal> {
    let mut said = request.headers().get_all(HOST).iter();
    let (Some(host), another) = (said.next(), said.next()) else { return Ok(None) };
    if another.is_some() {
        return Err(Refusal::Malformed("it has two Host headers"));
    }
    let text = host.to_str().map_err(|_| Refusal::Malformed("its Host header"))?;
    named(text).map(Some)
}

fn named(text: &str) -> Result<Named, Refusal> {
    let malformed = || Refusal::Malformed("what it names is no host");
    // The parser of addresses knows where a port begins; it lets a user through, and no port
    // after a colon.
    let authority: Authority = text.parse().map_err(|_| malformed())?;
    if text.contains('@') || text.ends_with(':') {
        return Err(malformed());
    }
    let port = match authority.port() {
        Some(_) => Some(authority.port_u16().filter(|&port| port > 0).ok_or_else(malformed)?),
        None => None,
    };
    Ok((authority.host().parse().map_err(|_| malformed())?, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(mode: &Mode, method: &str, target: &str, hosts: &[&str]) -> Result<String, String> {
        let mut request = Request::builder().method(method).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let found = of(&request.body(()).unwrap(), mode);
        found.map(|place| place.to_string()).map_err(|refusal| refusal.to_string())
    }

    fn only(text: &str, tls: bool) -> Mode {
        let (host, port) = text.rsplit_once(':').unwrap();
        let place = Place { host: host.parse().unwrap(), port: port.parse().unwrap() };
        Mode::Only { place, tls }
    }

    #[test]
    fn a_request_is_for_one_place() {
        let by_host = &Mode::ByHost;
        let table = [
            (&Mode::Proxy, "GET", "http://A.test/x", &["a.test"][..], "a.test:80"),
            (&Mode::Proxy, "GET", "http://a.test:8080/x", &["a.test:8080"], "a.test:8080"),
            (&Mode::Proxy, "GET", "http://a.test", &[], "a.test:80"),
            (&Mode::Proxy, "GET", "http://[2001:db8::1]:81/", &[], "[2001:db8::1]:81"),
            (&Mode::Proxy, "CONNECT", "a.test:443", &["a.test:443"], "a.test:443"),
            (by_host, "GET", "/x", &["a.test."], "a.test:80"),
            (by_host, "GET", "http://a.test/x", &["a.test:80"], "a.test:80"),
            (&only("a.test:443", true), "GET", "/", &["a.test"], "a.test:443"),
            (&only("a.test:8443", true), "GET", "/", &["a.test:8443"], "a.test:8443"),
        ];
        for (mode, method, target, hosts, expected) in table {
            assert_eq!(place(mode, method, target, hosts).as_deref(), Ok(expected), "{target}");
        }
    }

    #[test]
    fn what_could_be_for_two_is_refused() {
        let table = [
            (Mode::Proxy, "GET", "http://a.test/", &["b.test"][..]),
            (Mode::Proxy, "GET", "http://a.test/", &["a.test:81"]),
            (Mode::Proxy, "GET", "http://a.test/", &["a.test", "a.test"]),
            (Mode::Proxy, "GET", "http://b.test@a.test/", &["a.test"]),
            (Mode::Proxy, "GET", "http://a.test:/", &[]),
            (Mode::Proxy, "GET", "http://127.1/", &[]),
            (Mode::Proxy, "GET", "https://a.test/", &["a.test"]),
            (Mode::Proxy, "GET", "/", &["a.test"]),
            (Mode::Proxy, "CONNECT", "a.test:443", &["b.test:443"]),
            (Mode::Proxy, "CONNECT", "a.test", &["a.test"]),
            (Mode::Proxy, "CONNECT", "a.test:0", &[]),
            (Mode::ByHost, "GET", "http://b.test/", &["a.test"]),
            (Mode::ByHost, "GET", "/", &[]),
            (Mode::ByHost, "GET", "/", &["a.test, b.test"]),
            (Mode::ByHost, "CONNECT", "a.test:80", &["a.test"]),
            (only("a.test:443", true), "GET", "/", &["b.test"]),
            (only("a.test:443", true), "GET", "/", &["a.test:80"]),
            (only("a.test:443", true), "GET", "http://b.test/", &["a.test"]),
        ];
        for (mode, method, target, hosts) in table {
            assert!(place(&mode, method, target, hosts).is_err(), "{method} {target} {hosts:?}");
        }
    }
}
