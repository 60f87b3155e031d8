//! Does what changes something come from a page of ours? A browser says from where a request comes,
//! and no page can make it say otherwise; so forms need no secret fields.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use super::Came;
use crate::failure::Failure;
use crate::login::cookie;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// # Errors
/// 403 where another site is behind it, or where nobody says who is and a browser's cookie is sent.
pub(crate) fn check(headers: &HeaderMap, came: &Came, cookie: &str) -> Result<(), Failure> {
    // No other site can make a browser send this without asking us first, and we don't answer.
    if headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    let text = |name: &HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    let (site, origin) = (text(&FETCH_SITE), text(&header::ORIGIN));
    // `none` is a person's own doing, as from a bookmark. `same-site` may be another port's page.
    let site_fits = site.is_none_or(|site| site == "same-origin" || site == "none");
    let scheme = if came.secure { "https" } else { "http" };
    let ours = format!("{scheme}://{}", came.host);
    let origin_fits = origin.is_none_or(|origin| is_same(origin, &ours));
    let nobody_says = site.is_none() && origin.is_none();
    if site_fits && origin_fits && !(nobody_says && cookie::sent(headers, cookie).is_some()) {
        return Ok(());
    }
    let words = "This didn't come from a page of this server, so nothing was done. Open the page \
                 here and try again; a program sends a token instead of a cookie.";
    Err(Failure::new(StatusCode::FORBIDDEN, words))
}

/// A scheme's own port may be left out.
fn is_same(origin: &str, ours: &str) -> bool {
    without_port(&origin.to_ascii_lowercase()) == without_port(ours)
}

fn without_port(origin: &str) -> &str {
    let port = if origin.starts_with("https:") { ":443" } else { ":80" };
    origin.strip_suffix(port).unwrap_or(origin)
}
