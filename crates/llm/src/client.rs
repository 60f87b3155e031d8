//! A [`Model`] over HTTP: one request a try, as many tries as the policy and the deadline allow.
//!
//! Redirects are not followed, so the key goes nowhere but to the configured address.

use std::future::Future;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::Clock;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode, Url, redirect};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::config::Config;
use crate::error::{Action, Asked, Error, words};
use crate::message::{Reply, Request};
use crate::retry::{RetryPolicy, chance, retry_after};
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
            connect: Duration::from_secs(20),
            idle: Duration::from_secs(300),
            seed: 0,
        }
    }
}

pub struct Client {
    http: reqwest::Client,
    config: Config,
    options: Options,
    clock: Box<dyn Clock>,
    /// How many waits there were: the second half of the jitter's source.
    waits: AtomicU64,
}

impl Client {
    /// Fails only where encrypted connections can't be had.
    pub fn new(config: Config, options: Options) -> Result<Self, Error> {
        Self::with_clock(config, options, Box::new(domain::SystemClock))
    }

    /// `clock` is what a Retry-After with a date is compared to.
    pub fn with_clock(
        config: Config,
        options: Options,
        clock: Box<dyn Clock>,
    ) -> Result<Self, Error> {
        let http = http_client(&config, &options).map_err(|source| Error::Tls { source })?;
        Ok(Self { http, config, options, clock, waits: AtomicU64::new(0) })
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
        let settings = Settings {
            model: &self.config.model,
            output_tokens_max: self.config.output_tokens_max,
        };
        let body = self.config.wire.body(request, settings);
        let mut failures = 0;
        loop {
            let asked = self.ask(&body, request.messages.len(), watch);
            let answer = timeout_at(request.deadline, asked).await.unwrap_or(Err(Error::Deadline));
            let error = match answer {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            failures += 1;
            self.wait(error, failures, request.deadline, watch).await?;
        }
    }
}

impl Client {
    /// Waits before the next try, or says why there is none: also that there were enough.
    async fn wait(
        &self,
        error: Error,
        failures: u32,
        deadline: Instant,
        watch: &mut dyn Watch,
    ) -> Result<(), Error> {
        let Action::Retry { after } = error.action() else { return Err(error) };
        let left = deadline.saturating_duration_since(Instant::now());
        let wait = after.unwrap_or_else(|| self.backoff(failures));
        let source = Box::new(error);
        if after.is_some() && wait >= left {
            let (wait_s, left_s) = (wait.as_secs(), left.as_secs());
            return Err(Error::QuotaTooFar { wait_s, left_s, source });
        }
        if failures >= self.options.retry.attempts_max || wait >= left {
            return Err(Error::Exhausted { attempts: failures, source });
        }
        if watch.retried(&words(&source), wait).await.is_break() {
            return Err(Error::Stopped);
        }
        sleep(wait).await;
        Ok(())
    }

    fn backoff(&self, failures: u32) -> Duration {
        let waits = self.waits.fetch_add(1, Ordering::Relaxed);
        self.options.retry.backoff(failures, chance(self.options.seed, waits))
    }

    async fn ask(&self, body: &Value, turn: usize, watch: &mut dyn Watch) -> Result<Reply, Error> {
        let response = self.send(body).await?;
        if response.status() != StatusCode::OK {
            return Err(self.refused(response).await);
        }
        let mut decoder = self.config.wire.decoder(turn);
        self.read(response, decoder.as_mut(), watch).await?;
        decoder.finish().ok_or_else(|| self.cut(None))
    }

    async fn send(&self, body: &Value) -> Result<Response, Error> {
        let url = format!("{}{}", self.config.base_url, self.config.wire.path());
        let request = self.http.post(url).headers(self.headers()).body(body.to_string());
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
            self.decode(events, decoder, watch).await?;
        }
        self.decode(parser.finish().into_iter().collect(), decoder, watch).await
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
    ) -> Result<(), Error> {
        for data in events {
            if decoder.is_over() {
                break;
            }
            let piece = decoder.event(&data).map_err(|fault| self.fault(fault))?;
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
        let after = retry_after(|name| header(response.headers(), name), self.clock.now());
        let text = self.beginning(response).await;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let mut refusal = wire::refusal(Some(status.as_u16()), &body);
        if refusal.message.is_empty() {
            refusal.message = status.canonical_reason().unwrap_or("no reason given").to_owned();
        }
        refusal.after = after;
        self.refusal(refusal)
    }

    fn refusal(&self, mut refusal: crate::error::Refusal) -> Error {
        refusal.message = self.redact(&refusal.message);
        let (address, remedy) = (self.address(), self.config.key_remedy());
        let asked = Asked { address: &address, model: &self.config.model, remedy: &remedy };
        refusal.into_error(&asked)
    }

    fn redact(&self, text: &str) -> String {
        self.config.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
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
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let anthropic = self.config.wire == Wire::Messages;
        if anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        if let Some(key) = &self.config.key {
            let (name, prefix) =
                if anthropic { ("x-api-key", "") } else { ("authorization", "Bearer ") };
            let value = HeaderValue::from_str(&format!("{prefix}{}", key.expose()));
            let mut value = value.expect("a key is visible ASCII");
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers
    }
}

#[cfg(test)]
mod tests;
