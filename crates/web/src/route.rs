//! The site map: every address that there is.

use axum::routing::get;
use axum::{Router, middleware};

use crate::{Shared, api, asset, views};

pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
        // Numbers.
        .route("/numbers", get(views::numbers::get))
        .route("/assets/{digest}/{name}", get(asset::get))
        // For programs.
        .merge(api::router())
        .layer(middleware::from_fn(api::problems))
        .with_state(site)
}
