//! The site map: every address that there is.

use axum::Router;
use axum::routing::get;

use crate::{Shared, asset, films, views};

pub fn router(site: Shared) -> Router {
    Router::new()
        .route("/", get(views::board::get))
        .route("/assets/{digest}/{name}", get(asset::get))
        // An attempt's film, its captions and its poster.
        .route("/films/{name}", get(films::get))
        .with_state(site)
}
