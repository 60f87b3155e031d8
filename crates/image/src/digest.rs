//! Digests: SHA-256 in lower-case hexadecimal, so that one is a safe name for a file.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

const PREFIX: &str = "sha256:";
const HEX_CHARS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no digest; one is sha256: and 64 digits")]
pub struct Malformed(pub String);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Hasher::new_with(bytes).finish()
    }

    /// The digits alone.
    pub fn hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl FromStr for Digest {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        text.strip_prefix(PREFIX)
            .filter(|hex| hex.len() == HEX_CHARS && hex.bytes().all(is_digit))
            .map(|hex| Self(hex.to_owned()))
            .ok_or_else(|| Malformed(text.chars().take(HEX_CHARS * 2).collect()))
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Takes bytes as they come.
#[derive(Clone)]
pub struct Hasher(Sha256);

impl Hasher {
    pub fn new() -> Self {
        Self(Sha256::new())
    }

    fn new_with(bytes: &[u8]) -> Self {
        let mut hasher = Self::new();
        hasher.update(bytes);
        hasher
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Digest {
        Digest(stdx::hex::of(&self.0.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_a_safe_name() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_string().parse(), Ok(digest.clone()));
        assert!(digest.hex().starts_with("e3b0c44298fc1c14"));
        let hex = digest.hex();
        let upper = hex.to_uppercase();
        for bad in [hex, "sha256:", "sha512:00", &format!("sha256:{upper}"), "sha256:../../etc"] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
