//! The site map: every address that there is.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::guard::{self, BODY_BYTES_MAX};
use crate::{Shared, api, asset, films, health, login, metrics, views};

/// Everything is behind the guard, which lets strangers see what `guard::OPEN` names and nothing
/// else.
pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
        // Numbers.
        .route("/numbers", get(views::numbers::get))
        .route("/assets/{digest}/{name}", get(asset::get))
        // Coming in, and who may.
        .route("/enter", get(login::get).post(login::post))
        .route("/logout", post(login::leave))
        // For whatever watches over it.
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::get))
        // An attempt's film, its captions and its poster.
        .route("/films/{name}", get(films::get))
        // For programs.
        .merge(api::router())
        .layer(from_fn(api::problems))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&site), guard::guard))
        .with_state(site)
}
