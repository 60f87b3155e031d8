//! What goes wrong, as an answer: a page for people, a problem (RFC 9457) for programs.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::views;

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

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let page = views::failure::page_of(self.status, &self.words);
        let mut response = (self.status, Html(page.into_string())).into_response();
        // Under `/api` a problem is made of it.
        response.extensions_mut().insert(self);
        response
    }
}
