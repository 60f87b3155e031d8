//! Requests to a server's API: with the token, with limits, again where that is safe, and with what
//! it refuses in our words.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use web::api::wire::{Page, Problem};

use super::place::Place;

const CONNECT_MAX: Duration = Duration::from_secs(10);
/// For an answer. Delegating fetches a repository first.
const ANSWER_MAX: Duration = Duration::from_secs(600);
/// Between two pieces of an answer. An event stream says at least that it lives more often.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long a server that can't answer is asked again.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where somebody waits for something that takes its time.
const PATIENCE_OF_WAITING: Duration = Duration::from_secs(600);
const WAIT_MIN: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(5);
/// The longest answer: a diff of 64 MiB, and then some.
const ANSWER_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Of lists that are read to their end.
const PAGES_MAX: usize = 10_000;

#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    place: Place,
    patience: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{}", words(.0))]
    Refused(Box<Problem>),
    #[error("the server {place} can't be reached")]
    Unreachable { place: Place, source: reqwest::Error },
}

impl Failure {
    /// The status of what was refused.
    pub fn status(error: &anyhow::Error) -> Option<u16> {
        match error.downcast_ref::<Self>()? {
            Self::Refused(problem) => Some(problem.status),
            Self::Unreachable { .. } => None,
        }
    }
}

fn words(problem: &Problem) -> String {
    let mut text = problem.detail.clone();
    for error in &problem.errors {
        text.push_str(&format!("\n{}: {}", error.field, error.words));
    }
    if text.is_empty() {
        text.clone_from(&problem.title);
    }
    if !problem.what_to_do.is_empty() {
        text.push_str(&format!("\n{}", problem.what_to_do));
    }
    text
}

impl Client {
    pub fn new(place: &Place, token: Option<String>) -> Result<Self> {
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut value = value.context("the token can't be sent")?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("whimbrel/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            // Elsewhere nobody is to get the token.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_MAX)
            .read_timeout(SILENCE_MAX);
        if place.is_loopback() {
            builder = builder.no_proxy();
        }
        if place.is_plain() {
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().context("can't make requests")?;
        Ok(Self { http, place: place.clone(), patience: PATIENCE })
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The same, which goes on asking a server that is away for minutes.
    pub fn patient(&self) -> Self {
        Self { patience: PATIENCE_OF_WAITING, ..self.clone() }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(&self.get_bytes(path).await?)
    }

    /// None where there is no such thing.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let found = self.find_bytes(path).await?;
        found.map(|bytes| self.read(&bytes)).transpose()
    }

    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let request = self.http.get(self.place.api(path)).timeout(ANSWER_MAX);
        body(self.ask(&request).await?).await
    }

    pub async fn find_bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.get_bytes(path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if Failure::status(&error) == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All items of a list, as far as there are so many. `path` has a query already.
    pub async fn list<T: DeserializeOwned>(&self, path: &str, items_max: usize) -> Result<Vec<T>> {
        let mut items: Vec<T> = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let page: Page<T> = self.get(&format!("{path}{cursor}")).await?;
            items.extend(page.items);
            let Some(next) = page.next.filter(|_| items.len() < items_max) else { break };
            cursor = format!("&cursor={next}");
        }
        items.truncate(items_max);
        Ok(items)
    }

    /// The same key with every try: what was done already isn't done again.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, asked: &impl Serialize) -> Result<T> {
        let key = stdx::random::random_u64().context("can't make a key for the request")?;
        let request = self.http.post(self.place.api(path)).json(asked);
        let request = request.header("Idempotency-Key", format!("cli-{key:016x}"));
        self.read(&body(self.ask(&request.timeout(ANSWER_MAX)).await?).await?)
    }

    /// A stream of events after that one, once.
    pub async fn stream(&self, path: &str, after: u64) -> Result<Response> {
        let request = self.http.get(self.place.api(path)).header("Accept", "text/event-stream");
        let request = request.header("Last-Event-ID", after.to_string());
        accepted(self.send(&request).await?).await
    }

    /// Asks until there is an answer that isn't "later".
    async fn ask(&self, request: &RequestBuilder) -> Result<Response> {
        let end = Instant::now() + self.patience;
        let mut wait = WAIT_MIN;
        loop {
            let answer = self.send(request).await;
            let said = match &answer {
                Ok(response) if is_later(response) => response.headers().get(RETRY_AFTER),
                Ok(_) => return accepted(answer?).await,
                Err(_) => None,
            };
            let seconds = said.and_then(|value| value.to_str().ok()?.parse().ok());
            let next = seconds.map_or(wait, Duration::from_secs).clamp(WAIT_MIN, WAIT_MAX);
            if Instant::now() + next > end {
                return accepted(answer?).await;
            }
            tokio::time::sleep(next).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    async fn send(&self, request: &RequestBuilder) -> Result<Response> {
        let request = request.try_clone().context("a request that can't be made again")?;
        let sent = request.send().await.map_err(reqwest::Error::without_url);
        let place = || self.place.clone();
        Ok(sent.map_err(|source| Failure::Unreachable { place: place(), source })?)
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T> {
        let bytes = if bytes.is_empty() { b"null" } else { bytes };
        serde_json::from_slice(bytes).with_context(|| {
            format!("{} answers what this version of whimbrel doesn't understand", self.place)
        })
    }
}

/// It would do it, but not now; also a proxy before it that doesn't reach it.
fn is_later(response: &Response) -> bool {
    matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    ) || (response.status() == StatusCode::CONFLICT && response.headers().contains_key(RETRY_AFTER))
}

/// What it refused, as an error.
async fn accepted(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let bytes = body(response).await.unwrap_or_default();
    let problem = serde_json::from_slice::<Problem>(&bytes);
    let problem = problem.unwrap_or_else(|_| Problem {
        status: status.as_u16(),
        detail: format!("the server answers {status}, and not as whimbrel does"),
        ..Problem::default()
    });
    Err(Failure::Refused(Box::new(problem)).into())
}

async fn body(mut response: Response) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.context("the answer was cut off")? {
        bytes.extend_from_slice(&chunk);
        anyhow::ensure!(bytes.len() <= ANSWER_BYTES_MAX, "the answer is too long");
    }
    Ok(bytes)
}
