//! A request's body has a length and a time; whoever sends it by drops is cut off.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use tokio::time::Instant;

use super::{BODY_BYTES_MAX, is_safe};
use crate::failure::Failure;

/// # Errors
/// 413 where it says itself that it is too long. One that doesn't say is cut where it is read.
pub(crate) fn check_length(headers: &HeaderMap) -> Result<(), Failure> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let told: u64 = told.and_then(|text| text.parse().ok()).unwrap_or(0);
    if told <= BODY_BYTES_MAX as u64 {
        return Ok(());
    }
    let words = format!("What was sent is longer than {} MiB.", BODY_BYTES_MAX >> 20);
    Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words))
}

#[derive(Debug, thiserror::Error)]
#[error("the request's body wasn't there in time")]
struct TooSlow;

/// The same request, whose body fails if it isn't there in time: one that merely ended could be
/// taken for all of it.
pub(crate) fn in_time(request: Request, limit: Duration) -> Request {
    if is_safe(request.method()) {
        return request;
    }
    let until = Instant::now() + limit;
    request.map(|body| {
        let parts = body.into_data_stream();
        let timed = futures::stream::unfold(Some(parts), move |parts| async move {
            let mut parts = parts?;
            match tokio::time::timeout_at(until, parts.next()).await {
                Ok(Some(Ok(part))) => Some((Ok(part), Some(parts))),
                Ok(Some(Err(error))) => Some((Err(axum::BoxError::from(error)), None)),
                Ok(None) => None,
                Err(_elapsed) => Some((Err(TooSlow.into()), None)),
            }
        });
        Body::from_stream(timed)
    })
}
