//! The registry's protocol, as far as pulling goes: documents and blobs by name, over HTTP.
//!
//! What it sends is only passed on; whoever calls checks digests. A blob that is cut off is gone
//! on with where it was.

mod challenge;

use std::sync::Once;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_RANGE, HeaderValue, RANGE, WWW_AUTHENTICATE};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::sync::Mutex;

use self::challenge::Challenge;
use crate::blobs::Partial;
use crate::manifest::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::{Credential, DOCUMENT_BYTES_MAX, Digest, Error, Options, Progress, Reference};

const CONNECT_MAX: Duration = Duration::from_secs(20);
/// Between two pieces of an answer.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Registries send to a store of blobs, and that maybe to one nearby.
const REDIRECTS_MAX: usize = 5;
/// Of one blob or document, before we give up.
const TRIES_MAX: u32 = 8;
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Of a registry's words about an error.
const WORDS_BYTES_MAX: u64 = 4096;
const WORDS_CHARS_MAX: usize = 300;

/// One repository of a registry.
pub struct Repository<'a> {
    client: Client,
    /// `https://host/v2/name`.
    base: String,
    reference: &'a Reference,
    credential: Option<Credential>,
    authorization: Mutex<Option<HeaderValue>>,
    options: &'a Options,
}

impl<'a> Repository<'a> {
    pub fn new(
        reference: &'a Reference,
        credential: Option<Credential>,
        options: &'a Options,
    ) -> Result<Self, Error> {
        let host = reference.host();
        let local = is_loopback(host);
        let plain = local || options.insecure.iter().any(|listed| listed == host);
        let client = client(local, plain).map_err(reach(reference))?;
        let scheme = if plain { "http" } else { "https" };
        let base = format!("{scheme}://{host}/v2/{}", reference.repository);
        let authorization = Mutex::new(None);
        Ok(Self { client, base, reference, credential, authorization, options })
    }

    /// A manifest or a list, by tag or digest.
    pub async fn document(&self, version: &str) -> Result<Vec<u8>, Error> {
        let mut tries = Tries::default();
        loop {
            let read = async {
                let response = self.get(&format!("manifests/{version}"), None).await?;
                read(response, DOCUMENT_BYTES_MAX).await.map_err(reach(self.reference))
            };
            match read.await {
                Ok(Some(bytes)) => return Ok(bytes),
                Ok(None) => {
                    return Err(Error::TooMuch { what: "bytes", most: DOCUMENT_BYTES_MAX });
                }
                Err(error) => tries.again(error).await?,
            }
        }
    }

    /// All that is missing of a blob.
    pub async fn blob(
        &self,
        digest: &Digest,
        bytes: u64,
        partial: &mut Partial,
    ) -> Result<(), Error> {
        let mut tries = Tries::default();
        if partial.bytes > bytes {
            partial.restart()?;
        }
        while partial.bytes < bytes {
            if let Err(error) = self.more(digest, bytes, partial).await {
                let reason = told(&error);
                tries.again(error).await?;
                self.options.tell(Progress::Retried { digest: digest.clone(), reason });
            }
        }
        Ok(())
    }

    /// One request for the rest. Pieces are written where they come: each is small, and a page in
    /// the kernel's cache takes no longer than a message to a thread.
    async fn more(&self, digest: &Digest, bytes: u64, partial: &mut Partial) -> Result<(), Error> {
        let range = (partial.bytes > 0).then(|| format!("bytes={}-", partial.bytes));
        let mut response = self.get(&format!("blobs/{digest}"), range).await?;
        if !goes_on_at(&response, partial.bytes) {
            partial.restart()?;
        }
        while let Some(piece) = response.chunk().await.map_err(reach(self.reference))? {
            if partial.bytes + piece.len() as u64 > bytes {
                return Err(Error::Size { digest: digest.clone(), bytes });
            }
            partial.push(&piece)?;
            let (digest, done) = (digest.clone(), partial.bytes);
            self.options.tell(Progress::Layer { digest, done, bytes });
        }
        if partial.bytes < bytes {
            return Err(Error::CutOff { digest: digest.clone(), times: 1, source: None });
        }
        Ok(())
    }

    /// Logs in when asked to, once.
    async fn get(&self, what: &str, range: Option<String>) -> Result<Response, Error> {
        let response = self.send(what, range.as_deref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.accept(what, response).await;
        }
        let header = response.headers().get(WWW_AUTHENTICATE).and_then(|v| v.to_str().ok());
        let challenge = header.and_then(Challenge::parse);
        drop(response);
        let answered = match challenge {
            Some(challenge) => self.answer(&challenge).await?,
            None => None,
        };
        let unauthorized = || Error::Unauthorized { registry: self.reference.registry.clone() };
        *self.authorization.lock().await = Some(answered.ok_or_else(unauthorized)?);
        let response = self.send(what, range.as_deref()).await?;
        self.accept(what, response).await
    }

    async fn send(&self, what: &str, range: Option<&str>) -> Result<Response, Error> {
        let mut request = self.client.get(format!("{}/{what}", self.base));
        for kind in [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST] {
            if what.starts_with("manifests/") {
                request = request.header(ACCEPT, kind);
            }
        }
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        if let Some(authorization) = self.authorization.lock().await.clone() {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.send().await.map_err(reach(self.reference))
    }

    async fn accept(&self, what: &str, response: Response) -> Result<Response, Error> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let registry = self.reference.registry.clone();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Error::Unauthorized { registry });
        }
        if status == StatusCode::NOT_FOUND && what.starts_with("manifests/") {
            let name = self.reference.to_string();
            return Err(Error::NoImage { registry, name });
        }
        let words = read(response, WORDS_BYTES_MAX).await.ok().flatten().unwrap_or_default();
        let words = String::from_utf8_lossy(&words).chars().take(WORDS_CHARS_MAX).collect();
        Err(Error::Answer { registry, status: status.as_u16(), what: what.to_owned(), words })
    }

    /// What to say from now on; `None` where we have nothing to say.
    async fn answer(&self, challenge: &Challenge) -> Result<Option<HeaderValue>, Error> {
        match challenge {
            Challenge::Basic => Ok(self.credential.as_ref().and_then(challenge::basic)),
            Challenge::Bearer { realm, service, scope } => {
                let has_tls = realm.starts_with("https://");
                if !has_tls && self.base.starts_with("https://") {
                    let (registry, to) = (self.reference.registry.clone(), realm.clone());
                    return Err(Error::Insecure { registry, to });
                }
                self.token(realm, service.as_deref(), scope.as_deref()).await
            }
        }
    }

    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
    ) -> Result<Option<HeaderValue>, Error> {
        let pull = format!("repository:{}:pull", self.reference.repository);
        let about = [("service", service), ("scope", Some(scope.unwrap_or(&pull)))];
        let about = about.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let request = challenge::token_request(&self.client, realm, about, &self.credential);
        let response = request.send().await.map_err(reach(self.reference))?;
        if !response.status().is_success() {
            return Ok(None);
        }
        let bytes = read(response, DOCUMENT_BYTES_MAX).await.map_err(reach(self.reference))?;
        Ok(bytes.and_then(|bytes| challenge::bearer(&bytes)))
    }
}

/// Up to a limit; `None` beyond it.
async fn read(mut response: Response, bytes_max: u64) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if (bytes.len() + piece.len()) as u64 > bytes_max {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

/// Whether the answer is the rest that was asked for; some servers send everything instead.
fn goes_on_at(response: &Response, at: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let begins = range
        .and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse::<u64>().ok());
    response.status() == StatusCode::PARTIAL_CONTENT && begins == Some(at)
}

fn reach(reference: &Reference) -> impl Fn(reqwest::Error) -> Error {
    let registry = reference.registry.clone();
    // Addresses of blob stores have signatures in them.
    move |source| Error::Reach { registry: registry.clone(), source: source.without_url() }
}

fn told(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// Counts what failed, and waits longer each time.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    async fn again(&mut self, error: Error) -> Result<(), Error> {
        self.0 += 1;
        if !is_passing(&error) || self.0 >= TRIES_MAX {
            return Err(self.last(error));
        }
        let pause = PAUSE_MIN.saturating_mul(1 << self.0.min(16)).min(PAUSE_MAX);
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn last(&self, error: Error) -> Error {
        match error {
            Error::CutOff { digest, source, .. } => Error::CutOff { digest, times: self.0, source },
            other => other,
        }
    }
}

/// Whether asking again may help.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Reach { source, .. } => !source.is_builder() && !source.is_redirect(),
        Error::CutOff { .. } => true,
        Error::Answer { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        _ => false,
    }
}

/// Proxies are those of the environment, but for a registry on this machine.
fn client(local: bool, plain: bool) -> Result<Client, reqwest::Error> {
    install_crypto();
    let mut builder = Client::builder()
        .user_agent(concat!("whimbrel/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_MAX)
        .read_timeout(SILENCE_MAX)
        .redirect(redirect::Policy::custom(move |attempt| follow(attempt, plain)));
    if local {
        builder = builder.no_proxy();
    }
    // Without TLS there is no need for the machine's certificates, which a bare one hasn't got.
    if local && plain {
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// To another host the client itself leaves the credentials out.
fn follow(attempt: redirect::Attempt, plain: bool) -> redirect::Action {
    if attempt.previous().len() > REDIRECTS_MAX {
        attempt.error("it sends us on too often")
    } else if !plain && attempt.url().scheme() != "https" {
        attempt.error("it sends us to an address without TLS")
    } else {
        attempt.follow()
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':').filter(|_| !host.ends_with(']')) {
        Some((name, _port)) => name,
        None => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// One for the process. An error says that somebody installed one before: as good.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _already_there = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_needs_no_tls() {
        for host in
            ["localhost", "localhost:5000", "127.0.0.1:1", "127.9.9.9", "[::1]:5000", "[::1]"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.org", "128.0.0.1", "[::2]:1", "10.0.0.1:5000"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
