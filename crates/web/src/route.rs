//! The site map: every address that there is.

use axum::Router;
use axum::routing::{get, post};

use crate::{Shared, asset, views};

pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
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
        .with_state(site)
}
