//! Styles, scripts, fonts and pictures, embedded in the program. A file's address holds the digest
//! of what is in it, so that browsers may keep it for ever.
//!
//! Where a style or a script names another asset, as `"./inter.woff2"`, it is sent with that one's
//! address: so the digest of what names is another one when what is named is.

use std::borrow::Cow;
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
    "access.css": "text/css; charset=utf-8",
    "base.css": "text/css; charset=utf-8",
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "charts.css": "text/css; charset=utf-8",
    "diff.css": "text/css; charset=utf-8",
    "diff.js": "text/javascript; charset=utf-8",
    "enter.js": "text/javascript; charset=utf-8",
    "evidence.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "feed-film.js": "text/javascript; charset=utf-8",
    "feed-outbox.js": "text/javascript; charset=utf-8",
    "feed-sheet.js": "text/javascript; charset=utf-8",
    "feed-swipe.js": "text/javascript; charset=utf-8",
    "feed-worker.js": "text/javascript; charset=utf-8",
    "feed.css": "text/css; charset=utf-8",
    "feed.js": "text/javascript; charset=utf-8",
    "house.css": "text/css; charset=utf-8",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "icon-maskable-512.png": "image/png",
    "inter.woff2": "font/woff2",
    "jetbrains-mono.woff2": "font/woff2",
    "live.js": "text/javascript; charset=utf-8",
    "mask.svg": "image/svg+xml",
    "task.css": "text/css; charset=utf-8",
    "task.js": "text/javascript; charset=utf-8",
};

/// How far a script may import one that imports another.
const DEPTH_MAX: usize = 8;

/// As it is sent.
struct Sent {
    bytes: Cow<'static, [u8]>,
    digest: String,
}

static SENT: LazyLock<Vec<Sent>> =
    LazyLock::new(|| ASSETS.iter().map(|asset| sent(asset, DEPTH_MAX)).collect());

fn sent(asset: &Asset, depth: usize) -> Sent {
    let bytes = match asset.media_type {
        "text/css; charset=utf-8" | "text/javascript; charset=utf-8" => resolved(asset, depth),
        _names_nothing => Cow::Borrowed(asset.bytes),
    };
    // The first 12 hexadecimal digits are enough to tell two versions of one file from each other.
    let digest = Sha256::digest(&bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Sent { bytes, digest }
}

/// With the addresses of what it names.
fn resolved(asset: &Asset, depth: usize) -> Cow<'static, [u8]> {
    let mut text = String::from_utf8_lossy(asset.bytes).into_owned();
    for other in ASSETS {
        let name = format!("\"./{}\"", other.name);
        if text.contains(&name) {
            assert!(depth > 0, "{} is imported in a circle", asset.name);
            let digest = sent(other, depth - 1).digest;
            text = text.replace(&name, &format!("\"{}\"", address(&digest, other.name)));
        }
    }
    Cow::Owned(text.into_bytes())
}

fn address(digest: &str, name: &str) -> String {
    format!("/assets/{digest}/{name}")
}

/// Where the browser gets it.
///
/// # Panics
/// If there is no asset of that name: a typing error of ours that every rendering finds.
pub fn url(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    let at = at.unwrap_or_else(|| panic!("there is no asset {name:?}"));
    address(&SENT[at].digest, name)
}

/// `GET /assets/{digest}/{name}`. Another version's address is answered with this one's file, which
/// then isn't kept.
pub async fn get(Path((digest, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    let at = at.ok_or_else(|| Failure::missing("such file"))?;
    let sent = &SENT[at];
    let keep = match digest == sent.digest {
        true => "public, max-age=31536000, immutable",
        false => "no-store",
    };
    let headers = [(header::CONTENT_TYPE, ASSETS[at].media_type), (header::CACHE_CONTROL, keep)];
    Ok((headers, sent.bytes.as_ref()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_in_the_order_of_their_names_and_name_only_each_other() {
        assert!(ASSETS.is_sorted_by_key(|asset| asset.name));
        for (asset, sent) in ASSETS.iter().zip(SENT.iter()) {
            let text = String::from_utf8_lossy(&sent.bytes);
            assert!(!text.contains("\"./"), "{} names what isn't there", asset.name);
        }
    }

    #[test]
    fn a_style_is_sent_with_the_addresses_of_its_fonts() {
        let at = ASSETS.iter().position(|asset| asset.name == "base.css").unwrap();
        let text = String::from_utf8(SENT[at].bytes.to_vec()).unwrap();
        assert!(text.contains(&url("inter.woff2")), "{}", &text[..200]);
    }
}
