//! The cookie of a session: for this server alone, out of scripts' reach, and sent along where a
//! link leads here, but not with what another site posts.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::Shared;

/// A browser has one jar for all ports of a machine, so servers beside each other have a name each.
/// Encrypted, it has the prefix that keeps others (a name below or above ours) from setting it.
pub(crate) fn name(site: &Shared, secure: bool) -> String {
    if secure {
        return "__Host-whimbrel".to_owned();
    }
    format!("whimbrel-{}", site.options.listening.port())
}

/// What was sent under that name; none where it was sent twice, and so by two.
pub(crate) fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter();
    let pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// Lives as long as a session that nobody uses; an empty one is gone at once.
///
/// `Lax`, not `Strict`: a link in a pull request or a chat leads to the page and not to a sign-in.
/// What changes something is guarded by where it comes from, not by this.
pub(crate) fn put(site: &Shared, secure: bool, value: &str) -> HeaderValue {
    let age_s = if value.is_empty() { 0 } else { engine::access::SESSION_MS / 1_000 };
    let (name, secure) = (name(site, secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_s}{secure}");
    HeaderValue::try_from(text).expect("a code is letters and digits")
}
