//! What lies below everything else in a computer, as a recipe names it. Only its shape is looked
//! at here: whether there is such an image, who may name it and how it is got is for others.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Longer than any registry, repository, tag and digest together, or than a path may be.
const CHARS_MAX: usize = 1_024;

/// The base of a computer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Image {
    /// This machine's own tools, read-only.
    #[default]
    Host,
    /// As docker writes it: `python:3.12`, `docker.io/library/python@sha256:…`.
    Registry(String),
    /// A folder on this machine with an OCI image layout, maybe with `:tag` or `@digest`.
    Oci(String),
    /// An archive on this machine, as `docker save` or `podman save` writes it.
    Tar(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no image; write \"host\", a name like \"docker.io/library/python:3.12\", \
     \"oci:/absolute/folder\" or \"tar:/absolute/file\""
)]
pub struct MalformedImage(pub String);

impl FromStr for Image {
    type Err = MalformedImage;

    fn from_str(text: &str) -> Result<Self, MalformedImage> {
        let malformed = || MalformedImage(text.chars().take(CHARS_MAX).collect());
        let plain = |c: char| !c.is_control() && !c.is_whitespace();
        if text.chars().count() > CHARS_MAX || !text.chars().all(plain) {
            return Err(malformed());
        }
        match text.split_once(':') {
            _ if text == "host" => Ok(Self::Host),
            Some(("oci", path)) => absolute(path).map(Self::Oci).ok_or_else(malformed),
            Some(("tar", path)) => absolute(path).map(Self::Tar).ok_or_else(malformed),
            _ => reference(text).map(Self::Registry).ok_or_else(malformed),
        }
    }
}

/// A repository's settings are read where no folder is current, so a path has to be whole; `..`
/// would make what it lies in hard to see.
fn absolute(path: &str) -> Option<String> {
    let goes_up = path.split('/').any(|part| part == "..");
    (path.starts_with('/') && !goes_up).then(|| path.to_owned())
}

fn reference(text: &str) -> Option<String> {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let ends_well = text.ends_with(|c: char| c.is_ascii_alphanumeric());
    (starts_well && ends_well && text.chars().all(of_a_name)).then(|| text.to_owned())
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("host"),
            Self::Registry(name) => f.write_str(name),
            Self::Oci(path) => write!(f, "oci:{path}"),
            Self::Tar(path) => write!(f, "tar:{path}"),
        }
    }
}

impl Serialize for Image {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_the_host_a_name_or_a_path() {
        let read = |text: &str| text.parse::<Image>();
        assert_eq!(read("host"), Ok(Image::Host));
        for name in ["python:3.12", "ghcr.io/a/b@sha256:0a", "localhost:5000/x"] {
            assert_eq!(read(name), Ok(Image::Registry(name.into())));
        }
        assert_eq!(read("oci:/srv/i:v1"), Ok(Image::Oci("/srv/i:v1".into())));
        assert_eq!(read("tar:/srv/i.tar").unwrap().to_string(), "tar:/srv/i.tar");
        let wrong = ["", "a b", "oci:relative", "tar:/a/../b", "-x", "x:", "a;b", "a\n", "$(x)"];
        for text in wrong {
            assert_eq!(read(text), Err(MalformedImage(text.into())));
        }
    }
}
