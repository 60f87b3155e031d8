//! How people name an image: as docker does, or by where its files are.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::Digest;

/// Where names without a host lead, as everybody is used to.
const DEFAULT_REGISTRY: &str = "docker.io";
const DEFAULT_TAG: &str = "latest";
const NAME_CHARS_MAX: usize = 255;
const TAG_CHARS_MAX: usize = 128;

/// What to pull from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Registry(Reference),
    /// `oci:/path`, `oci:/path:tag`, `oci:/path@sha256:…`: a folder in the OCI image layout.
    Layout {
        path: PathBuf,
        which: Which,
    },
    /// `tar:/path`: what `docker save` writes, or an OCI layout in an archive.
    Archive {
        path: PathBuf,
        which: Which,
    },
}

/// Of several images in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Only,
    Tag(String),
    Digest(Digest),
}

/// `docker.io/library/python:3.12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `host` or `host:port`.
    pub registry: String,
    pub repository: String,
    /// Only said where there is no digest.
    pub tag: String,
    /// Given, it is what counts.
    pub digest: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no image: {why}")]
pub struct Malformed {
    pub text: String,
    pub why: &'static str,
}

impl FromStr for Source {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(rest) = text.strip_prefix("oci:") {
            let (path, which) = in_file(text, rest)?;
            return Ok(Self::Layout { path, which });
        }
        if let Some(rest) = text.strip_prefix("tar:") {
            let (path, which) = in_file(text, rest)?;
            return Ok(Self::Archive { path, which });
        }
        text.parse().map(Self::Registry)
    }
}

fn in_file(text: &str, rest: &str) -> Result<(PathBuf, Which), Malformed> {
    let malformed = |why| Malformed { text: shown(text), why };
    let (path, which) = match rest.split_once('@') {
        Some((path, digest)) => {
            let digest = digest.parse().map_err(|_| malformed("after @ comes sha256:…"))?;
            (path, Which::Digest(digest))
        }
        None => match rest.rsplit_once(':').filter(|(_, tag)| is_tag(tag)) {
            Some((path, tag)) => (path, Which::Tag(tag.to_owned())),
            None => (rest, Which::Only),
        },
    };
    if path.is_empty() {
        return Err(malformed("after oci: or tar: comes a path"));
    }
    Ok((PathBuf::from(path), which))
}

impl FromStr for Reference {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = |why| Malformed { text: shown(text), why };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                (rest, Some(digest.parse().map_err(|_| malformed("after @ comes sha256:…"))?))
            }
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, tag),
            None => (rest, DEFAULT_TAG),
        };
        let (registry, repository) = split_registry(name);
        if !is_registry(&registry) {
            return Err(malformed("the registry is a host's name, maybe with a port"));
        }
        if !is_repository(&repository) {
            return Err(malformed(
                "names are lower-case letters, digits and . _ - between slashes",
            ));
        }
        if !is_tag(tag) {
            return Err(malformed("a tag has letters, digits and . _ -"));
        }
        Ok(Self { registry, repository, tag: tag.to_owned(), digest })
    }
}

/// A first part with a dot or a port, or `localhost`, is a host, as for docker.
fn split_registry(name: &str) -> (String, String) {
    let is_host = |first: &str| first.contains(['.', ':']) || first == "localhost";
    let (registry, repository) = match name.split_once('/').filter(|(first, _)| is_host(first)) {
        Some(("index.docker.io" | "registry-1.docker.io", rest)) => (DEFAULT_REGISTRY, rest),
        Some(both) => both,
        None => (DEFAULT_REGISTRY, name),
    };
    let is_official = registry == DEFAULT_REGISTRY && !repository.contains('/');
    let repository =
        if is_official { format!("library/{repository}") } else { repository.to_owned() };
    (registry.to_owned(), repository)
}

fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.rsplit_once(':').filter(|_| !registry.ends_with(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (registry, None),
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
    };
    is_host && !host.is_empty() && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_repository(repository: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        part.bytes().all(|byte| is_inner(byte) || b"._-".contains(&byte))
            && part.bytes().next().is_some_and(is_inner)
            && part.bytes().last().is_some_and(is_inner)
    };
    repository.len() <= NAME_CHARS_MAX && repository.split('/').all(is_part)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=TAG_CHARS_MAX).contains(&tag.len())
        && tag.bytes().all(|byte| is_word(byte) || b".-".contains(&byte))
        && tag.bytes().next().is_some_and(is_word)
}

fn shown(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}

impl Reference {
    /// The registry's own name for what is wanted: a digest or a tag.
    pub fn version(&self) -> String {
        self.digest.as_ref().map_or_else(|| self.tag.clone(), Digest::to_string)
    }

    /// Where docker.io is really.
    pub fn host(&self) -> &str {
        if self.registry == DEFAULT_REGISTRY { "registry-1.docker.io" } else { &self.registry }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => write!(f, ":{}", self.tag),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => Ok(()),
            Self::Tag(tag) => write!(f, ":{tag}"),
            Self::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => reference.fmt(f),
            Self::Layout { path, which } => write!(f, "oci:{}{which}", path.display()),
            Self::Archive { path, which } => write!(f, "tar:{}{which}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> String {
        text.parse::<Source>().map_or_else(|error| error.to_string(), |source| source.to_string())
    }

    #[test]
    fn short_names_are_docker_hubs() {
        assert_eq!(full("python"), "docker.io/library/python:latest");
        assert_eq!(full("python:3.12"), "docker.io/library/python:3.12");
        assert_eq!(full("someone/thing"), "docker.io/someone/thing:latest");
        assert_eq!(full("docker.io/debian"), "docker.io/library/debian:latest");
        assert_eq!(full("index.docker.io/library/debian"), "docker.io/library/debian:latest");
    }

    #[test]
    fn a_host_has_a_dot_or_a_port() {
        assert_eq!(full("localhost/a"), "localhost/a:latest");
        assert_eq!(full("host:5000/a/b-c:t"), "host:5000/a/b-c:t");
        assert_eq!(full("[::1]:5000/a"), "[::1]:5000/a:latest");
        assert_eq!(full("ghcr.io/o/r:v1"), "ghcr.io/o/r:v1");
    }

    #[test]
    fn a_digest_is_what_counts() {
        let digest = Digest::of(b"x");
        assert_eq!(full(&format!("a:tag@{digest}")), format!("docker.io/library/a@{digest}"));
        assert_eq!(full(&format!("oci:/x/y@{digest}")), format!("oci:/x/y@{digest}"));
    }

    #[test]
    fn files_have_a_path_and_maybe_a_tag() {
        assert_eq!(full("oci:/x/y:v1.2"), "oci:/x/y:v1.2");
        let only = Source::Archive { path: "/x:y/z".into(), which: Which::Only };
        assert_eq!("tar:/x:y/z".parse(), Ok(only));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        let bad = [
            "",
            "UPPER",
            "a/../b",
            "a//b",
            "-a",
            "a:",
            "a@sha256:12",
            "host.x:port/a",
            "oci:",
            "tar:@x",
            "exa mple.org/a",
            "evil.org#/a",
            "a?b",
            "host.x/",
        ];
        for text in bad {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }
}
