//! What every answer tells the browser to keep to.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Only what is ours, nothing within the page itself, nothing around it.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// The feed hears what is said to it; nothing else of the device is wanted.
const PERMISSIONS: &str = "microphone=(self), camera=(), geolocation=(), payment=(), usb=(), \
    serial=(), hid=(), midi=(), display-capture=(), browsing-topics=()";

/// With `same-origin` a form's origin is told; with `no-referrer` some browsers would say `null`.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// A year, in seconds. Not for the names below ours: they are others' business.
const HSTS: &str = "max-age=31536000";

pub(crate) fn put(headers: &mut HeaderMap, secure: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is about the home stays in no cache, unless whoever answers says otherwise.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
