//! Styles, scripts, fonts and pictures, embedded in the program. A file's address holds the digest
//! of what is in it, so that browsers may keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $media_type:literal,)*) => {
        &[$(Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../assets/", $name)),
        },)*]
    };
}

/// In the order of their names; one line each.
const ASSETS: &[Asset] = assets! {
    "base.css": "text/css; charset=utf-8",
};

/// Digests of the assets, in their order: the first 12 hexadecimal digits are enough to tell two
/// versions of one file from each other.
static DIGESTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let digest = |asset: &Asset| {
        Sha256::digest(asset.bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    };
    ASSETS.iter().map(digest).collect()
});

/// Where the browser gets it.
///
/// # Panics
/// If there is no asset of that name: a typing error of ours that every rendering finds.
pub fn url(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    let at = at.unwrap_or_else(|| panic!("there is no asset {name:?}"));
    format!("/assets/{}/{name}", DIGESTS[at])
}

/// `GET /assets/{digest}/{name}`. Another version's address is answered with this one's file, which
/// then isn't kept.
pub async fn get(Path((digest, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    let at = at.ok_or_else(|| Failure::missing("such file"))?;
    let keep = match digest == DIGESTS[at] {
        true => "public, max-age=31536000, immutable",
        false => "no-store",
    };
    let headers = [(header::CONTENT_TYPE, ASSETS[at].media_type), (header::CACHE_CONTROL, keep)];
    Ok((headers, ASSETS[at].bytes).into_response())
}
