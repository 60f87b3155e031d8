//! The site map: every address that there is.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::guard::{self, BODY_BYTES_MAX};
use crate::{Shared, api, asset, films, health, login, metrics, views};

/// Everything is behind the guard, which lets strangers see what `guard::OPEN` names and nothing
/// else.
pub fn router(site: Shared) -> Router {
    Router::new()
        // The board, tasks and attempts.
        .route("/", get(views::board::get))
        .route("/tasks", post(views::board::post))
        .route("/tasks/{id}", get(views::task::get))
        .route("/tasks/{id}/cancel", post(views::task::cancel))
        .route("/tasks/{id}/compare", get(views::compare::get))
        .route("/attempts/{id}", get(views::attempt::get))
        .route("/attempts/{id}/events/{seq}", get(views::attempt::get_output))
        .route("/attempts/{id}/steer", post(views::attempt::steer))
        .route("/attempts/{id}/plan", post(views::attempt::approve_plan))
        .route("/attempts/{id}/go-on", post(views::attempt::go_on))
        // Projects, their environments, and secrets.
        .route("/projects", get(views::projects::get))
        .route("/projects/{id}", get(views::projects::one))
        .route("/projects/{id}/settings", post(views::projects::choose))
        .route("/projects/{id}/refresh", post(views::projects::refresh))
        .route("/projects/{id}/logs/{key}", get(views::projects::log))
        .route("/secrets", get(views::secrets::get).post(views::secrets::set))
        .route("/secrets/remove", post(views::secrets::remove))
        // Numbers.
        .route("/numbers", get(views::numbers::get))
        .route("/assets/{digest}/{name}", get(asset::get))
        // Deciding: the feed, and what its forms and every page's send.
        .route("/feed", get(views::feed::get))
        .route("/worker.js", get(views::feed::worker))
        .route("/manifest.webmanifest", get(views::feed::manifest))
        .route("/attempts/{id}/verdict", post(views::verdict::post))
        .route("/verdicts/{id}", get(views::verdict::get))
        .route("/verdicts/{id}/withdraw", post(views::verdict::withdraw))
        // Changes and what is said of them.
        .route("/attempts/{id}/diff", get(views::diff::get))
        .route("/tasks/{id}/diff", get(views::diff::between))
        .route("/attempts/{id}/comments", post(views::diff::comment))
        .route("/attempts/{id}/comments/send", post(views::diff::send))
        .route("/comments/{id}", post(views::diff::edit))
        .route("/comments/{id}/remove", post(views::diff::remove))
        // Evidence and its logs.
        .route("/attempts/{id}/evidence", get(views::evidence::get))
        .route("/attempts/{id}/evidence.json", get(views::evidence::download))
        .route("/attempts/{id}/logs/{name}", get(views::log::get))
        // An attempt's film, its captions and its poster.
        .route("/films/{name}", get(films::get))
        // For programs.
        .merge(api::router())
        // Coming in, and who may.
        .route("/enter", get(login::get).post(login::post))
        .route("/logout", post(login::leave))
        .route("/access", get(views::access::get))
        .route("/access/links", post(views::access::make_link))
        .route("/access/tokens", post(views::access::make_token))
        .route("/access/tokens/{token}/revoke", post(views::access::revoke))
        .route("/access/sessions/{session}/end", post(views::access::end))
        // For whatever watches over it.
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::get))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&site), guard::guard))
        .layer(compression())
        .with_state(site)
}

/// Quickly rather than tightly: it is for phones, and the server has others to answer. Pages hold no
/// secret whose length somebody could find out by what compresses with it. Films and fonts are
/// compressed already, and streams must not wait for more to compress.
fn compression() -> CompressionLayer<impl Predicate> {
    let what = DefaultPredicate::new()
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("font/"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(what)
}
