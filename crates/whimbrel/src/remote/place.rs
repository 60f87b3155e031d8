//! Where a server is, and whether a token may travel there.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use reqwest::Url;

/// A server's address, without anything that doesn't belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Url);

impl Place {
    /// An address of its API.
    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// On this machine, so that nobody between can listen.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    pub fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// A file's name that no other server has.
    pub fn file_name(&self) -> String {
        let text = self.0.as_str().trim_end_matches('/');
        let escaped = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => char::from(byte).to_string(),
            other => format!("_{other:02x}"),
        });
        escaped.collect()
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self> {
        // Not shown where it can't be read: it may hold a password.
        let url = Url::parse(typed)
            .context("the server's address can't be read; write it like https://host:4747")?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            bail!("a server's address begins with https://, or with http:// on this machine");
        }
        if !url.username().is_empty() || url.password().is_some() {
            bail!("a server's address has no name or password in it: use `whimbrel login`");
        }
        if url.query().is_some() || url.fragment().is_some() {
            bail!("a server's address ends before `?` and `#`");
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_may_have_a_path_and_nothing_after_it() {
        let api = |text: &str| place(text).api("/tasks");
        assert_eq!(api("http://127.0.0.1:4747"), "http://127.0.0.1:4747/api/v1/tasks");
        assert_eq!(api("https://x.example/whimbrel/"), "https://x.example/whimbrel/api/v1/tasks");
        for wrong in ["x.example", "ftp://x", "https://a:b@x/", "https://x/?t=1", "https://x/#t"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_only_looks_so() {
        for ours in ["http://localhost:1", "http://127.0.0.1", "http://[::1]:4", "http://127.9.9.9"]
        {
            assert!(place(ours).is_loopback(), "{ours}");
        }
        for other in ["http://127.0.0.1.example.org", "http://localhost.example", "http://10.0.0.1"]
        {
            assert!(!place(other).is_loopback(), "{other}");
        }
    }

    #[test]
    fn each_server_has_a_file_name_of_its_own() {
        let names = ["https://a.example", "http://a.example", "https://a.example/b", "https://a_b"];
        let names: Vec<String> = names.iter().map(|text| place(text).file_name()).collect();
        assert!(names.iter().all(|name| !name.contains(['/', ':'])), "{names:?}");
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
    }
}
