//! What went wrong is told as it was wanted: as a page to a browser, as a problem (RFC 9457) to a
//! program.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::Person;
use crate::api::Refusal;
use crate::failure::Failure;
use crate::views;

/// Of an answer that isn't ours, as that a field is missing, in bytes.
const WORDS_BYTES_MAX: usize = 8 * 1024;

/// What is needed of a request to tell how its answer is wanted.
#[derive(Debug)]
pub(crate) struct Asked {
    path: String,
    page: bool,
    head: bool,
}

impl Asked {
    pub fn of(request: &Request) -> Self {
        let path = request.uri().path().to_owned();
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let page = accept.is_some_and(|accept| accept.contains("text/html"));
        let page = page && !path.starts_with("/api/");
        Self { path, page, head: request.method() == Method::HEAD }
    }
}

pub(crate) async fn as_wanted(
    mut response: Response,
    asked: &Asked,
    person: Option<&Person>,
) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let failure = match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure,
        None if is_bare(&response) => read(&mut response).await,
        None => return response,
    };
    let told = if asked.page {
        Html(page(&failure, person).into_string()).into_response()
    } else {
        Refusal::from(failure).response(&asked.path)
    };
    let (parts, body) = told.into_parts();
    response.headers_mut().extend(parts.headers);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    if status == StatusCode::UNAUTHORIZED {
        let bearer = header::HeaderValue::from_static("Bearer realm=\"whimbrel\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
    }
    *response.body_mut() = if asked.head { Body::empty() } else { body };
    response
}

/// Whether it has no form but plain words: the router's own, as for a wrong method.
fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

async fn read(response: &mut Response) -> Failure {
    let body = std::mem::take(response.body_mut());
    let bytes = to_bytes(body, WORDS_BYTES_MAX).await.unwrap_or_default();
    let words = String::from_utf8_lossy(&bytes).into_owned();
    let status = response.status();
    let known = match status {
        StatusCode::NOT_FOUND if words.is_empty() => "There is nothing at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address doesn't take that method.",
        _ => return Failure::new(status, words),
    };
    Failure::new(status, known)
}

fn page(failure: &Failure, person: Option<&Person>) -> maud::Markup {
    match person {
        None if failure.status == StatusCode::UNAUTHORIZED => views::login::ask(None),
        _ => views::failure::page_of(failure.status, &failure.words),
    }
}
