//! Whether the process lives, and whether it can do its work: for whatever watches over it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::Shared;

/// `GET /healthz`: whoever answers lives.
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 503 with reasons where work would fail. The reasons name no paths: anybody may ask.
pub async fn ready(State(site): State<Shared>) -> Response {
    let mut reasons = Vec::new();
    if store::check::writable(&site.engine.store).await.is_err() {
        reasons.push("the store can't be written");
    }
    let leads = engine::serve::leader(&site.engine).ok().flatten();
    if leads.is_none_or(|leader| leader.process != std::process::id()) {
        reasons.push("this server's engine doesn't lead the home");
    }
    if site.engine.lacks_space().is_some() {
        reasons.push("the disk is full");
    }
    if reasons.is_empty() {
        return axum::Json(json!({ "ready": true })).into_response();
    }
    let told = axum::Json(json!({ "ready": false, "reasons": reasons }));
    (StatusCode::SERVICE_UNAVAILABLE, told).into_response()
}
