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
        // For programs.
        .merge(api::router())
        .layer(middleware::from_fn(api::problems))
        .with_state(site)
}
