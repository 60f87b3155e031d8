//! What goes wrong, as an answer: a page for people, a problem (RFC 9457) for programs.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::api::Refusal;
use crate::api::wire::problem::Problem;

/// A request that can't be answered as asked.
#[derive(Debug, Clone)]
pub struct Failure {
    pub status: StatusCode,
    /// What failed, why, and what to do, in words for whoever asked.
    pub words: String,
}

impl Failure {
    pub fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: words.into() }
    }

    pub fn missing(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no {what} here."))
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let status = match &error {
            store::Error::Missing { .. } => StatusCode::NOT_FOUND,
            store::Error::Conflict { .. } => StatusCode::CONFLICT,
            _ours => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, engine::words(&error))
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Store(error) => error.into(),
            engine::Error::Unusable(words) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, words),
            other => Self::new(StatusCode::INTERNAL_SERVER_ERROR, engine::words(&other)),
        }
    }
}

impl Failure {
    /// As programs are told it.
    pub fn problem(&self, path: &str) -> Problem {
        let problem = Refusal::from(self.clone()).problem(path);
        // Some statuses are only the guard's, and have no kind of their own.
        Problem { status: self.status.as_u16(), ..problem }
    }
}

/// Only what is to be told. How it is told, the guard knows, which saw what was asked for.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
