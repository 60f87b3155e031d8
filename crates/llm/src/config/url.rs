//! Addresses as people write them, made whole. Knows no key and no disk.

use reqwest::Url;

use super::{ConfigError, Found};
use crate::wire::Wire;

/// Adds what people leave out: `http://` (as `OLLAMA_HOST` does) and the `/v1` after a host.
/// `azure` is for Azure's addresses, and has their version where there is one.
pub(super) fn normal(
    found: Found<String>,
    wire: Wire,
    azure: Option<Option<&str>>,
) -> Result<String, ConfigError> {
    let Found { value, origin } = found;
    let given = value.trim().trim_end_matches('/');
    let given = if given.contains("://") { given.to_owned() } else { format!("http://{given}") };
    let wrong = |why: &str| ConfigError::Url { origin: origin.clone(), why: why.to_owned() };
    let mut url = Url::parse(&given).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither http:// nor https://"));
    }
    // It would get into logs, and the key has its own place.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it has a user name or password in it; give the key as a key"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a ? or # in it"));
    }
    complete(&mut url, &origin);
    let path = url.path().trim_end_matches('/').to_owned();
    match azure {
        Some(version) => url.set_path(&azure_path(&path, version)),
        None if path.is_empty() => url.set_path(usual_path(wire)),
        None => {}
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn complete(url: &mut Url, origin: &str) {
    // A server's own address for "every interface" is no place to connect to. The port can't be
    // lost by it, and an address of numbers is always a valid host.
    if url.host_str() == Some("0.0.0.0") {
        let _always_valid = url.set_host(Some("127.0.0.1"));
    }
    if origin == "OLLAMA_HOST" && url.port().is_none() && url.scheme() == "http" {
        let _http_has_ports = url.set_port(Some(11434));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if origin == "ANTHROPIC_BASE_URL" && !path.ends_with("/v1") {
        url.set_path(&format!("{path}/v1"));
    }
}

fn usual_path(wire: Wire) -> &'static str {
    match wire {
        Wire::Responses | Wire::Chat | Wire::Messages => "/v1",
        Wire::Gemini => "/v1beta",
    }
}

/// Azure's resources have `/openai/v1` where no version is asked for or a nameless one is
/// (`preview`), and `/openai/deployments/…` where the version is a date.
fn azure_path(path: &str, version: Option<&str>) -> String {
    match path {
        "" | "/openai" if version.is_some_and(is_dated) => "/openai".into(),
        "" | "/openai" => "/openai/v1".into(),
        _ => path.to_owned(),
    }
}

/// Whether a version of Azure's is a date, as the older ones are.
pub(super) fn is_dated(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
}
