//! Bytes between a program inside and a host outside, once it is known that they may talk; and
//! the look at the first of them that tells which host is really meant.

use std::io::{self, Cursor};
use std::sync::Arc;

use domain::network::{Access, Host};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, join, split};
use tokio_rustls::TlsAcceptor;

use super::connect::{self, Boxed};
use super::doors::{HTTP_PORT, TLS_PORT};
use super::event::Account;
use super::gate::{Gate, Place};
use super::hello::{self, Beginning, HELLO_BYTES_MAX, Hello};
use super::meter::Metered;
use super::{Refusal, http};

/// An alert that access is denied (RFC 8446, section 6.2), before anything is encrypted.
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// What is to become of a connection to an allowed place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Its bytes go on as they are.
    Pass,
    /// Each of its requests is looked at.
    Read,
}

pub fn treatment(gate: &Gate, place: &Place, access: &Access) -> Treatment {
    let plain_http = gate.is_strict() && place.port == HTTP_PORT;
    if plain_http || gate.reads(place, access) { Treatment::Read } else { Treatment::Pass }
}

/// Serves what a program says to the one host that it named before.
pub async fn read(gate: &Arc<Gate>, place: Place, client: Boxed, account: Account) {
    let (mut reader, writer) = split(client);
    let Ok((bytes, beginning)) = sniff(&mut reader).await else { return };
    match beginning {
        Beginning::Hello(hello) => {
            let checked = check(&place, &Beginning::Hello(hello));
            match checked {
                Ok(()) => open(gate, place, (bytes, reader, writer), account).await,
                Err(refusal) => refuse(&account, &refusal, writer).await,
            }
        }
        Beginning::Other | Beginning::Incomplete => {
            account.forget();
            let client = rejoined(bytes, reader, writer);
            http::serve_only(gate, place, false, client).await;
        }
    }
}

/// What was read of a connection, and its halves.
type Begun = (Vec<u8>, ReadHalf<Boxed>, WriteHalf<Boxed>);

fn rejoined(bytes: Vec<u8>, reader: ReadHalf<Boxed>, writer: WriteHalf<Boxed>) -> Boxed {
    Box::new(join(Cursor::new(bytes).chain(reader), writer))
}

/// Plays the server, with a certificate that is trusted inside.
async fn open(gate: &Arc<Gate>, place: Place, begun: Begun, account: Account) {
    let (bytes, reader, writer) = begun;
    if !gate.reads(&place, &gate.access(&place)) {
        // TLS on a port where requests are expected; the name fits, so it may pass.
        return go_on(gate, place, (bytes, reader, writer), account).await;
    }
    let failed = |source| Refusal::Tls { place: place.clone(), source };
    let Some(server) = gate.authority().map(|authority| authority.server(&place.host)) else {
        return;
    };
    let server = match server.map_err(failed) {
        Ok(server) => server,
        Err(refusal) => return refuse(&account, &refusal, writer).await,
    };
    let client = rejoined(bytes, reader, writer);
    match TlsAcceptor::from(server).accept(client).await.map_err(failed) {
        Ok(client) => {
            account.forget();
            http::serve_only(gate, place, true, Box::new(client)).await;
        }
        Err(refusal) => account.refuse(&refusal),
    }
}

async fn go_on(gate: &Gate, place: Place, (bytes, reader, writer): Begun, account: Account) {
    match connect::tunnel(gate, &place, true).await {
        Ok(server) => pass(gate, &place, (rejoined(bytes, reader, writer), server), account).await,
        Err(refusal) => refuse(&account, &refusal, writer).await,
    }
}

async fn refuse(account: &Account, refusal: &Refusal, mut client: WriteHalf<Boxed>) {
    account.refuse(refusal);
    let _gone = client.write_all(&ALERT).await;
    let _gone = client.shutdown().await;
}

/// A connection to [`TLS_PORT`] of a host that only its greeting names.
pub async fn by_name(gate: &Arc<Gate>, client: Boxed) {
    let (mut reader, writer) = split(client);
    let Ok((bytes, beginning)) = sniff(&mut reader).await else { return };
    let said = match &beginning {
        Beginning::Hello(Hello { name: Some(name), .. }) => name.clone(),
        Beginning::Hello(_) | Beginning::Incomplete | Beginning::Other => String::new(),
    };
    let account = Account::new(gate.sink(), "TLS", &said, TLS_PORT);
    match admit(gate, &said, &beginning) {
        Ok((place, Treatment::Pass)) => {
            go_on(gate, place, (bytes, reader, writer), account).await;
        }
        Ok((place, Treatment::Read)) => open(gate, place, (bytes, reader, writer), account).await,
        Err(refusal) => refuse(&account, &refusal, writer).await,
    }
}

fn admit(gate: &Gate, said: &str, hello: &Beginning) -> Result<(Place, Treatment), Refusal> {
    let malformed = Refusal::Malformed("its TLS greeting doesn't name a host");
    let Ok(host @ Host::Name(_)) = said.parse() else { return Err(malformed) };
    let place = Place { host, port: TLS_PORT };
    let access = gate.access(&place);
    if let Access::Denied(denial) = access {
        return Err(gate.denied(&place, None, denial));
    }
    if gate.is_strict() {
        check(&place, hello)?;
    }
    let treatment = treatment(gate, &place, &access);
    Ok((place, treatment))
}

/// Copies both ways until both are done. With a list, the client's first bytes must fit.
pub async fn pass(gate: &Gate, place: &Place, (client, server): (Boxed, Boxed), account: Account) {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(Metered::new(server, account.meter()));
    let strict = gate.is_strict();
    let out = async {
        if strict {
            let (bytes, beginning) = sniff(&mut from_client).await.map_err(broken)?;
            check(place, &beginning).map_err(Stop::Refused)?;
            to_server.write_all(&bytes).await.map_err(broken)?;
        }
        tokio::io::copy(&mut from_client, &mut to_server).await.map_err(broken)?;
        to_server.shutdown().await.map_err(broken)
    };
    let back = async {
        tokio::io::copy(&mut from_server, &mut to_client).await.map_err(broken)?;
        to_client.shutdown().await.map_err(broken)
    };
    match tokio::try_join!(out, back) {
        Err(Stop::Refused(refusal)) => refuse(&account, &refusal, to_client).await,
        // Whoever hangs up in the middle may do so.
        Ok(_) | Err(Stop::Broken) => {}
    }
}

/// Why copying ended before both sides were done.
enum Stop {
    Refused(Refusal),
    Broken,
}

fn broken(_how: io::Error) -> Stop {
    Stop::Broken
}

/// Reads until it is clear what is spoken. Gives what was read.
async fn sniff(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<(Vec<u8>, Beginning)> {
    let mut bytes = Vec::new();
    loop {
        match hello::read(&bytes) {
            Beginning::Incomplete if bytes.len() < HELLO_BYTES_MAX => {}
            told => return Ok((bytes, told)),
        }
        let room = (HELLO_BYTES_MAX - bytes.len()) as u64;
        if reader.take(room).read_buf(&mut bytes).await? == 0 {
            return Ok((bytes, Beginning::Other));
        }
    }
}

/// Whether a connection's first bytes are for the host that was named, as far as they tell. On
/// [`TLS_PORT`] they must tell; on another, which a rule names, anything may be spoken.
fn check(place: &Place, beginning: &Beginning) -> Result<(), Refusal> {
    let Beginning::Hello(hello) = beginning else {
        let anything = place.port != TLS_PORT;
        return if anything { Ok(()) } else { Err(Refusal::NotTls(place.clone())) };
    };
    if hello.encrypted {
        return Err(Refusal::EncryptedName(place.clone()));
    }
    let Some(said) = &hello.name else {
        let needs_none = matches!(place.host, Host::Address(_)) || place.port != TLS_PORT;
        return if needs_none { Ok(()) } else { Err(Refusal::Nameless(place.clone())) };
    };
    if said.parse().is_ok_and(|host: Host| host == place.host) {
        return Ok(());
    }
    Err(Refusal::OtherName { place: place.clone(), said: said.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_host_is_spoken_to() {
        let place = |text: &str, port| Place { host: text.parse().unwrap(), port };
        let hello = |name: Option<&str>, encrypted| {
            Beginning::Hello(Hello { name: name.map(str::to_owned), encrypted })
        };
        let good = [
            (place("a.test", 443), hello(Some("A.test."), false)),
            (place("192.0.2.1", 443), hello(None, false)),
            (place("a.test", 22), Beginning::Other),
            (place("a.test", 8443), hello(None, false)),
        ];
        for (place, beginning) in good {
            assert!(check(&place, &beginning).is_ok(), "{place} {beginning:?}");
        }
        let bad = [
            (place("a.test", 443), hello(Some("b.test"), false)),
            (place("a.test", 8443), hello(Some("b.test"), false)),
            (place("a.test", 443), hello(Some("a.test"), true)),
            (place("a.test", 443), hello(None, false)),
            (place("a.test", 443), Beginning::Other),
            (place("192.0.2.1", 443), hello(Some("a.test"), false)),
        ];
        for (place, beginning) in bad {
            assert!(check(&place, &beginning).is_err(), "{place} {beginning:?}");
        }
    }
}
