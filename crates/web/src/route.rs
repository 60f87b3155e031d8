//! The site map: every address that there is.

use axum::Router;
use axum::routing::get;

use crate::{Shared, asset, views};

pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
        // Numbers.
        .route("/numbers", get(views::numbers::get))
        .route("/assets/{digest}/{name}", get(asset::get))
        .with_state(site)
}
