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

/// One table says what each error is to whoever asked: the API's.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.kind.status(), refusal.words)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Refusal::from(error).into()
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        Refusal::from(error).into()
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
