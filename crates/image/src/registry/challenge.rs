//! How a registry asks who we are, and what we answer. Pure, but for building requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;

use crate::Credential;

/// Of a registry's header; its values are addresses and names.
const HEADER_CHARS_MAX: usize = 4096;

#[derive(Debug, PartialEq, Eq)]
pub enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Challenge {
    pub fn parse(header: &str) -> Option<Self> {
        let header = header.get(..header.len().min(HEADER_CHARS_MAX))?.trim();
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameters = parameters(rest);
        let get = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        Some(Self::Bearer { realm: get("realm")?, service: get("service"), scope: get("scope") })
    }
}

/// `a="b,c",d=e`: a comma between quotes is part of the value.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((key.trim_matches([',', ' ']).to_owned(), value.trim().to_owned()));
        rest = after;
    }
    found
}

pub fn basic(credential: &Credential) -> Option<HeaderValue> {
    match credential {
        Credential::Password { user, password } => {
            secret(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
        }
        Credential::IdentityToken(_) => None,
    }
}

fn secret(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A password is shown as such, an identity token is exchanged.
pub fn token_request<'a>(
    client: &Client,
    realm: &str,
    about: impl Iterator<Item = (&'static str, &'a str)>,
    credential: &Option<Credential>,
) -> RequestBuilder {
    let about: Vec<_> = about.collect();
    match credential {
        Some(Credential::IdentityToken(token)) => {
            let fixed = [
                ("grant_type", "refresh_token"),
                ("client_id", "whimbrel"),
                ("refresh_token", token),
            ];
            let body = encoded(about.into_iter().chain(fixed));
            let kind = "application/x-www-form-urlencoded";
            client.post(realm).header(reqwest::header::CONTENT_TYPE, kind).body(body)
        }
        Some(Credential::Password { user, password }) => client
            .get(with_query(realm, &encoded(about.into_iter())))
            .basic_auth(user, Some(password)),
        None => client.get(with_query(realm, &encoded(about.into_iter()))),
    }
}

fn with_query(realm: &str, query: &str) -> String {
    let sign = if realm.contains('?') { '&' } else { '?' };
    format!("{realm}{sign}{query}")
}

/// As forms and queries are written.
fn encoded<'a>(pairs: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// From a token server's answer.
pub fn bearer(answer: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Token {
        token: Option<String>,
        access_token: Option<String>,
    }
    let answer: Token = serde_json::from_slice(answer).ok()?;
    secret(format!("Bearer {}", answer.token.or(answer.access_token)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_taken_apart() {
        let header =
            r#"Bearer realm="https://auth.x/token",service="x,y", scope=repository:a:pull"#;
        let expected = Challenge::Bearer {
            realm: "https://auth.x/token".into(),
            service: Some("x,y".into()),
            scope: Some("repository:a:pull".into()),
        };
        assert_eq!(Challenge::parse(header), Some(expected));
        assert_eq!(Challenge::parse("basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(Challenge::parse("Basic"), Some(Challenge::Basic));
        for odd in ["", "Negotiate", "Bearer", "Bearer realm", "Bearer service=x", "ö"] {
            assert_eq!(Challenge::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn values_cant_become_other_parameters() {
        let about = [("scope", "repository:a/b:pull&x=y")];
        assert_eq!(encoded(about.into_iter()), "scope=repository%3Aa%2Fb%3Apull%26x%3Dy");
        assert_eq!(with_query("https://x/t?a=b", "c=d"), "https://x/t?a=b&c=d");
    }

    #[test]
    fn either_name_of_a_token_will_do_and_none_is_shown() {
        for answer in [r#"{"token":"abc"}"#, r#"{"access_token":"abc"}"#] {
            let header = bearer(answer.as_bytes()).unwrap();
            assert_eq!(header.to_str().unwrap(), "Bearer abc");
            assert!(!format!("{header:?}").contains("abc"));
        }
        assert_eq!(bearer(b"{}"), None);
        assert_eq!(bearer(br#"{"token":"a\nb"}"#), None);
    }
}
