//! The site map: every address that there is.

use axum::Router;
use axum::routing::{get, post};

use crate::{Shared, asset, views};

pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
        .route("/assets/{digest}/{name}", get(asset::get))
        // Deciding: the feed, and what its forms and every page's send.
        .route("/feed", get(views::feed::get))
        .route("/worker.js", get(views::feed::worker))
        .route("/manifest.webmanifest", get(views::feed::manifest))
        .route("/attempts/{id}/verdict", post(views::verdict::post))
        .route("/verdicts/{id}", get(views::verdict::get))
        .route("/verdicts/{id}/withdraw", post(views::verdict::withdraw))
        .with_state(site)
}
