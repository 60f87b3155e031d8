//! What is asked, read with care: who asks, the path, the query and the body. Whatever can't be
//! read is a problem that names the field.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use domain::{AttemptId, CommentId, ProjectId, PullRequestId, TaskId, VerdictId};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::once::Once;
use super::refusal::{Kind, Refusal};
use crate::{Person, Shared};

/// The largest body. A text of 64 KiB, with each of its characters escaped, fits in.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Neither query nor body.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// One request, as a handler gets it.
pub struct Call<Q = Nothing, B = Nothing> {
    pub site: Shared,
    pub person: Person,
    pub query: Q,
    pub body: B,
    pub path: Places,
    /// Set where it has an idempotency key.
    pub once: Option<Once>,
    /// `Last-Event-ID`.
    pub last_event: Option<String>,
}

impl<Q, B> Call<Q, B> {
    /// The engine, in the person's name.
    pub fn engine(&self) -> engine::Engine {
        self.person.engine(&self.site)
    }

    pub fn store(&self) -> &store::Store {
        &self.site.engine.store
    }
}

/// What stands in the path, by name.
#[derive(Debug, Default)]
pub struct Places(Vec<(String, String)>);

impl Places {
    pub async fn read(parts: &mut Parts, site: &Shared) -> Result<Self, Refusal> {
        let read = RawPathParams::from_request_parts(parts, site).await;
        let read = read.map_err(|error| Refusal::new(Kind::BadRequest, error.body_text()))?;
        let place = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self(read.iter().map(place).collect()))
    }

    /// # Panics
    /// If the operation's path has no such place: a typing error of ours that its first call finds.
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("the path has no {{{name}}}")).1
    }

    /// Something that can't be an id names nothing.
    fn id<T: std::str::FromStr>(&self, name: &str, noun: &str) -> Result<T, Refusal> {
        let text = self.text(name);
        text.parse().map_err(|_| Refusal::missing(format!("{noun} {}", stdx::cut::line(text, 80))))
    }

    pub fn project(&self) -> Result<ProjectId, Refusal> {
        self.id("project", "project")
    }

    pub fn task(&self) -> Result<TaskId, Refusal> {
        self.id("task", "task")
    }

    pub fn attempt(&self) -> Result<AttemptId, Refusal> {
        self.id("attempt", "attempt")
    }

    pub fn comment(&self) -> Result<CommentId, Refusal> {
        self.id("comment", "comment")
    }

    pub fn verdict(&self) -> Result<VerdictId, Refusal> {
        self.id("verdict", "verdict")
    }

    pub fn pull_request(&self) -> Result<PullRequestId, Refusal> {
        self.id("pull_request", "pull request")
    }
}

pub fn query<Q: DeserializeOwned>(parts: &Parts) -> Result<Q, Refusal> {
    let read = Query::<Q>::try_from_uri(&parts.uri);
    let Query(query) = read.map_err(|error| {
        let words = std::error::Error::source(&error)
            .map_or_else(|| error.body_text(), ToString::to_string);
        Refusal::new(Kind::BadRequest, format!("The query can't be read: {words}."))
    })?;
    Ok(query)
}

/// All of the body, if it is JSON or nothing.
pub async fn bytes(parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let long = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit"));
        match long {
            true => Refusal::new(
                Kind::TooLarge,
                format!("A body may have {BODY_BYTES_MAX} bytes; this one has more."),
            ),
            false => Refusal::new(Kind::BadRequest, "The body ended in the middle."),
        }
    })?;
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    });
    // A header without a body, or nothing at all, is nothing.
    if !bytes.is_empty() && !is_json {
        let kind = stdx::cut::line(kind.unwrap_or("nothing"), 80);
        let words = format!("The body is to be application/json, and says that it is {kind}.");
        return Err(Refusal::new(Kind::UnsupportedMediaType, words));
    }
    Ok(bytes)
}

/// No body is an empty object.
pub fn body<B: DeserializeOwned>(bytes: &[u8]) -> Result<B, Refusal> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = match error.path().to_string() {
            whole if whole == "." => String::new(),
            field => field,
        };
        refused(field, error.inner())
    })?;
    reader.end().map_err(|error| refused(String::new(), &error))?;
    Ok(read)
}

fn refused(field: String, error: &serde_json::Error) -> Refusal {
    let kind = match error.classify() {
        serde_json::error::Category::Data => Kind::Unprocessable,
        serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof
        | serde_json::error::Category::Io => Kind::BadRequest,
    };
    let field = match field.is_empty() {
        true => named(&error.to_string()).unwrap_or(field),
        false => field,
    };
    Refusal::field(kind, field, error.to_string())
}

/// The field that serde's words name: "unknown field `atempts`, …", "missing field `text`".
fn named(words: &str) -> Option<String> {
    let (_, after) = words.split_once("field `")?;
    Some(after.split_once('`')?.0.to_owned())
}
