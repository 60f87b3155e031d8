//! One model over HTTP: one request, one answer or one error. Who asks again, and who pays, is
//! the [`crate::gateway`]'s business; alone, a client is a [`Model`] that nobody keeps accounts of.
//!
//! Redirects are not followed, so the key goes nowhere but to the configured address.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use async_trait::async_trait;
use domain::Clock;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode, Url, redirect};
use serde_json::Value;
use tokio::time::timeout;

use crate::config::Config;
use crate::error::{Asked, Error};
use crate::gateway::{Asker, Unaccounted};
use crate::key::redact;
use crate::message::{Reply, Request, Usage};
use crate::models::HeaderValue as Hidden;
use crate::retry::{Quota, RetryPolicy, asked_wait, chance};
use crate::sse;
use crate::wire::{self, Decode, Fault, Settings, Wire};
use crate::{Model, Watch};

/// Everything that one stream may send.
const STREAM_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Of a refusal's body; its message is in the first few hundred.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;
/// The version of Anthropic's API that this speaks.
const ANTHROPIC_VERSION: &str = "2023-06-01";

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub retry: RetryPolicy,
    /// What to do when the provider wants more time than a turn has.
    pub quota: Quota,
    /// To a connection, TLS included.
    pub connect: Duration,
    /// Between two pieces of an answer, and up to its first. Large models think for minutes, but
    /// the services send pings meanwhile; a local model may load its weights first.
    pub idle: Duration,
    /// Where the jitter of waits comes from; different for each attempt.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            quota: Quota::default(),
            connect: Duration::from_secs(20),
            idle: Duration::from_secs(300),
            seed: 0,
        }
    }
}

pub struct Client {
    http: reqwest::Client,
    config: Config,
    /// `provider/model`.
    name: String,
    secrets: Vec<String>,
    options: Options,
    clock: Arc<dyn Clock>,
    /// Counts what was left to chance, from 1: the second half of its source.
    waits: AtomicU64,
    /// Who is asked for leave where no gateway is around.
    unaccounted: Unaccounted,
}

/// How far a request has come; what remains of it when it is cut off.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub stage: Stage,
    /// What the provider told of so far.
    pub usage: Usage,
    /// What the stream brought so far that the model wrote, about.
    pub written_bytes: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    #[default]
    NotSent,
    /// It may have arrived, and the model may be thinking.
    Sent,
    Refused,
    Answering,
}

impl Client {
    /// Fails only where encrypted connections can't be had.
    pub fn new(config: Config, options: Options) -> Result<Self, Error> {
        Self::with_clock(config, options, Arc::new(domain::SystemClock))
    }

    /// `clock` is what a Retry-After with a date is compared to.
    pub fn with_clock(
        config: Config,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let http = http_client(&config, &options).map_err(|source| Error::Tls { source })?;
        let (name, secrets) = (config.full_name(), config.secrets());
        let (waits, unaccounted) = (AtomicU64::new(1), Unaccounted::default());
        Ok(Self { http, config, name, secrets, options, clock, waits, unaccounted })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn full_name(&self) -> &str {
        &self.name
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The next of this client's random numbers.
    pub(crate) fn chance(&self) -> u64 {
        chance(self.options.seed, self.waits.fetch_add(1, Ordering::Relaxed))
    }
}

fn http_client(config: &Config, options: &Options) -> Result<reqwest::Client, reqwest::Error> {
    install_crypto();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("whimbrel/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect);
    let url = Url::parse(&config.base_url).ok();
    if url.as_ref().is_some_and(is_loopback) {
        builder = builder.no_proxy();
    }
    // Without TLS there is no need for the machine's certificates, which a bare one hasn't got.
    if url.is_some_and(|url| url.scheme() == "http") {
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// One for the process. An error says that somebody installed one before: as good.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _already_there = rustls::crypto::ring::default_provider().install_default();
    });
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[async_trait]
impl Model for Client {
    fn name(&self) -> &str {
        &self.config.model
    }

    async fn reply(&self, request: &Request<'_>, watch: &mut dyn Watch) -> Result<Reply, Error> {
        let asker =
            Asker { client: self, ledger: &self.unaccounted, recorder: None, is_last: true };
        asker.reply(request, watch).await
    }
}

impl Client {
    /// What is sent for a request, as often as it is tried.
    pub(crate) fn body(&self, request: &Request<'_>) -> String {
        let settings = Settings {
            model: &self.config.model,
            asked: &self.name,
            output_tokens_max: self.config.output_tokens_max,
            effort: self.config.effort,
            openai: matches!(self.config.provider.as_str(), "openai" | "openai-chat" | "azure"),
        };
        self.config.wire.body(request, settings).to_string()
    }

    /// One request. `turn` must differ from turn to turn of a conversation.
    pub(crate) async fn ask(
        &self,
        body: &str,
        turn: usize,
        watch: &mut dyn Watch,
        progress: &mut Progress,
    ) -> Result<Reply, Error> {
        progress.stage = Stage::Sent;
        let response = match self.send(body).await {
            Ok(response) => response,
            Err(error) => {
                if matches!(&error, Error::Connect { source, .. } if source.is_connect()) {
                    progress.stage = Stage::NotSent;
                }
                return Err(error);
            }
        };
        if response.status() != StatusCode::OK {
            progress.stage = Stage::Refused;
            return Err(self.refused(response).await);
        }
        progress.stage = Stage::Answering;
        let mut decoder = self.config.wire.decoder(turn);
        self.read(response, decoder.as_mut(), watch, progress).await?;
        let reply = decoder.finish().ok_or_else(|| self.cut(None))?;
        Ok(self.signed(reply))
    }

    /// What only this client may get back says so. A price in an answer is only believed of the
    /// one provider that defines it.
    fn signed(&self, mut reply: Reply) -> Reply {
        for carried in &mut reply.carried {
            carried["from"] = self.name.as_str().into();
        }
        let stated = reply.cost_micros.filter(|_| self.config.provider == "openrouter");
        let priced = || self.config.price.map(|price| price.cost_micros(&reply.usage));
        reply.cost_micros = stated.or_else(priced);
        reply.model.clone_from(&self.name);
        reply
    }

    async fn send(&self, body: &str) -> Result<Response, Error> {
        let request = self.http.post(self.url()).headers(self.headers()).body(body.to_owned());
        self.in_time(request.send()).await?.map_err(|source| Error::Connect {
            address: self.address(),
            source: source.without_url(),
        })
    }

    /// Every piece of the stream goes to the decoder, and the text in it to who watches.
    async fn read(
        &self,
        mut response: Response,
        decoder: &mut dyn Decode,
        watch: &mut dyn Watch,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let mut parser = sse::Parser::default();
        let mut received = 0;
        while !decoder.is_over() {
            let Some(bytes) = self.piece(&mut response).await? else { break };
            received += bytes.len();
            if received > STREAM_BYTES_MAX {
                return Err(self.too_large(STREAM_BYTES_MAX));
            }
            let events = parser.push(&bytes);
            let events = events.map_err(|_| self.too_large(sse::EVENT_BYTES_MAX))?;
            self.decode(events, decoder, watch, progress).await?;
        }
        self.decode(parser.finish().into_iter().collect(), decoder, watch, progress).await
    }

    async fn piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Error> {
        let chunk = self.in_time(response.chunk()).await?;
        chunk.map(|bytes| bytes.map(Vec::from)).map_err(|source| self.cut(Some(source)))
    }

    async fn decode(
        &self,
        events: Vec<String>,
        decoder: &mut dyn Decode,
        watch: &mut dyn Watch,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        for data in events {
            if decoder.is_over() {
                break;
            }
            let piece = decoder.event(&data).map_err(|fault| self.fault(fault))?;
            progress.usage = decoder.usage();
            progress.written_bytes += piece.as_ref().map_or(0, String::len);
            if let Some(piece) = piece {
                watch.text(&piece).await;
            }
        }
        Ok(())
    }

    async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Result<T, Error> {
        let idle = self.options.idle;
        let late = |_| Error::Idle { address: self.address(), seconds: idle.as_secs() };
        timeout(idle, answer).await.map_err(late)
    }
}

/// What is said of failures.
impl Client {
    fn address(&self) -> String {
        self.config.base_url.clone()
    }

    fn cut(&self, source: Option<reqwest::Error>) -> Error {
        let source = source.map(reqwest::Error::without_url);
        Error::Cut { address: self.address(), source }
    }

    fn too_large(&self, bytes_max: usize) -> Error {
        Error::TooLarge { address: self.address(), bytes_max }
    }

    fn fault(&self, fault: Fault) -> Error {
        match fault {
            Fault::Unreadable(detail) => {
                Error::Unreadable { address: self.address(), detail: self.redact(&detail) }
            }
            Fault::Refused(refusal) => self.refusal(refusal),
        }
    }

    async fn refused(&self, response: Response) -> Error {
        let status = response.status();
        let after = asked_wait(|name| header(response.headers(), name), self.clock.now());
        let text = self.beginning(response).await;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let mut refusal = wire::refusal(Some(status.as_u16()), &body);
        if refusal.message.is_empty() {
            refusal.message = status.canonical_reason().unwrap_or("no reason given").to_owned();
        }
        refusal.after = after.or(refusal.after);
        self.refusal(refusal)
    }

    fn refusal(&self, mut refusal: crate::error::Refusal) -> Error {
        refusal.message = self.redact(&refusal.message);
        refusal.code = self.redact(&refusal.code);
        let (address, remedy) = (self.address(), self.config.key_remedy.as_str());
        let asked = Asked { address: &address, model: &self.config.model, remedy };
        refusal.into_error(&asked)
    }

    fn redact(&self, text: &str) -> String {
        redact(text, &self.secrets)
    }

    /// As much of a refusal's body as comes; that it breaks off changes nothing.
    async fn beginning(&self, mut response: Response) -> String {
        let mut body = Vec::new();
        while let Ok(Some(bytes)) = self.piece(&mut response).await {
            body.extend_from_slice(&bytes);
            if body.len() >= REFUSAL_BYTES_MAX {
                break;
            }
        }
        body.truncate(REFUSAL_BYTES_MAX);
        String::from_utf8_lossy(&body).into_owned()
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

impl Client {
    fn url(&self) -> String {
        let Config { base_url, wire, model, api_version, .. } = &self.config;
        let dated = api_version
            .as_deref()
            .is_some_and(|version| !base_url.ends_with("/v1") && !version.is_empty());
        let deployment = match wire {
            Wire::Chat if dated => format!("/deployments/{model}"),
            Wire::Responses | Wire::Chat | Wire::Messages | Wire::Gemini => String::new(),
        };
        let query = match (wire, api_version) {
            (Wire::Gemini, _) => "?alt=sse".to_owned(),
            (_, Some(version)) => format!("?api-version={version}"),
            (_, None) => String::new(),
        };
        format!("{base_url}{deployment}{}{query}", wire.path(model))
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if self.config.wire == Wire::Messages {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        if let Some(key) = &self.config.key {
            let (name, prefix) = self.config.auth.header();
            headers.insert(name, secret(&format!("{prefix}{}", key.expose())));
        }
        for (name, Hidden(value)) in &self.config.headers {
            let name: HeaderName = name.parse().expect("models.toml was checked");
            headers.insert(name, secret(value));
        }
        headers
    }
}

/// A key is visible ASCII, and headers of `models.toml` were checked.
fn secret(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).expect("it was checked where it was read");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests;
