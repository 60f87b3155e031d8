//! Why something can't be answered as asked, as a problem (RFC 9457): all that goes wrong under
//! `/api`, also what no route, no method and no guard let through.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::wire::Problem;
use super::wire::problem::{FieldError, MEDIA_TYPE};
use crate::failure::Failure;

/// The kinds of problems. Each has a status, a name that stays, a title and an advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    /// The same key is being answered now.
    InFlight,
    TooLarge,
    UnsupportedMediaType,
    Misdirected,
    Unprocessable,
    /// Another request under the same key.
    KeyReused,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Kind {
    pub const ALL: [Self; 15] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::InFlight,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Misdirected,
        Self::Unprocessable,
        Self::KeyReused,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::InFlight => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Unprocessable | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The last part of its URN.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::InFlight => "in-flight",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::Misdirected => "misdirected",
            Self::Unprocessable => "unprocessable",
            Self::KeyReused => "key-reused",
            Self::TooManyRequests => "too-many-requests",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request can't be read",
            Self::Unauthorized => "Nobody known asks",
            Self::Forbidden => "You may not do this",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "This address doesn't do that",
            Self::Conflict => "It isn't in a state for this",
            Self::InFlight => "The same request is being answered",
            Self::TooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body isn't JSON",
            Self::Misdirected => "This server isn't called so",
            Self::Unprocessable => "What is asked for can't be",
            Self::KeyReused => "The idempotency key is another request's",
            Self::TooManyRequests => "Too many requests",
            Self::Internal => "The server failed",
            Self::Unavailable => "The server can't do it now",
        }
    }

    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::BadRequest => "Compare the request with /api/v1/openapi.json.",
            Self::Unauthorized => {
                "Send `Authorization: Bearer TOKEN`; `whimbrel token create` makes one."
            }
            Self::Forbidden => "Ask with a token that has the scope, or ask who administers.",
            Self::NotFound => "Look at the list that it should be in.",
            Self::MethodNotAllowed => "Use a method that the header Allow names.",
            Self::Conflict => "Read it again, and decide anew.",
            Self::InFlight => "Ask again with the same key after Retry-After.",
            Self::TooLarge => "Send less.",
            Self::UnsupportedMediaType => "Send JSON with `Content-Type: application/json`.",
            Self::Misdirected => "Use the name that the server is to be reached by.",
            Self::Unprocessable => "Change what the detail names, and ask again.",
            Self::KeyReused => "Use a new key for a new request.",
            Self::TooManyRequests => "Ask again after Retry-After.",
            Self::Internal => "Ask again; if it stays so, the server's log says more.",
            Self::Unavailable => "Ask again after Retry-After.",
        }
    }

    fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::InFlight | Self::TooManyRequests => Some(1),
            Self::Unavailable => Some(5),
            Self::BadRequest
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Conflict
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::Misdirected
            | Self::Unprocessable
            | Self::KeyReused
            | Self::Internal => None,
        }
    }

    fn of_status(status: StatusCode) -> Self {
        let same = |kind: &Self| kind.status() == status;
        let other = if status.is_client_error() { Self::BadRequest } else { Self::Internal };
        Self::ALL.into_iter().find(same).unwrap_or(other)
    }
}

/// A problem on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: Kind,
    pub words: String,
    pub errors: Vec<FieldError>,
}

impl Refusal {
    pub fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into(), errors: Vec::new() }
    }

    pub fn missing(what: impl std::fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("There is no {what}."))
    }

    /// Something in one field can't be.
    pub fn field(kind: Kind, field: impl Into<String>, words: impl Into<String>) -> Self {
        let (field, words) = (field.into(), words.into());
        let detail = match field.is_empty() {
            true => words.clone(),
            false => format!("{field}: {words}"),
        };
        Self { kind, words: detail, errors: vec![FieldError { field, words }] }
    }

    pub fn problem(&self, instance: &str) -> Problem {
        Problem {
            kind: format!("urn:whimbrel:problem:{}", self.kind.name()),
            title: self.kind.title().into(),
            status: self.kind.status().as_u16(),
            detail: self.words.clone(),
            instance: instance.to_owned(),
            what_to_do: self.kind.what_to_do().into(),
            errors: self.errors.clone(),
        }
    }

    pub fn response(&self, instance: &str) -> Response {
        let mut response = (self.kind.status(), Json(self.problem(instance))).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.kind.retry_after_s() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::new(Kind::of_status(failure.status), failure.words)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::new(of_store(&error), engine::words(&error))
    }
}

fn of_store(error: &store::Error) -> Kind {
    match error {
        store::Error::Missing { .. } => Kind::NotFound,
        store::Error::Conflict { .. } => Kind::Conflict,
        store::Error::Full { .. } | store::Error::Locked { .. } => Kind::Unavailable,
        _ours => Kind::Internal,
    }
}

impl From<engine::Error> for Refusal {
    fn from(error: engine::Error) -> Self {
        let kind = match error {
            engine::Error::Store(ref error) => of_store(error),
            engine::Error::State(_) | engine::Error::MergeRefused { .. } => Kind::Conflict,
            engine::Error::Unusable(_)
            | engine::Error::Environment(_)
            | engine::Error::Model(_)
            | engine::Error::Image(_)
            | engine::Error::Step(_)
            | engine::Error::SecretLeft { .. }
            | engine::Error::Config { .. } => Kind::Unprocessable,
            engine::Error::Forge(ref error) => of_forge(error),
            ref _ours => Kind::Internal,
        };
        Self::new(kind, engine::words(&error))
    }
}

impl From<forge::Error> for Refusal {
    fn from(error: forge::Error) -> Self {
        Self::new(of_forge(&error), engine::words(&error))
    }
}

/// What git can't do is mostly the repository's: it isn't there, it has no such branch.
fn of_forge(error: &forge::Error) -> Kind {
    match error {
        forge::Error::Full { .. } | forge::Error::Busy { .. } => Kind::Unavailable,
        forge::Error::NoGit | forge::Error::Start { .. } | forge::Error::Answer { .. } => {
            Kind::Internal
        }
        _of_the_repository => Kind::Unprocessable,
    }
}
