//! The site map: every address that there is.

use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::{Shared, api, asset, views};

pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
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
        // For programs.
        .merge(api::router())
        .layer(middleware::from_fn(api::problems))
        .with_state(site)
}
