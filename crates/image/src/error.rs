//! What can go wrong with an image. Nothing in a message comes from a registry unquoted.

use std::io;
use std::path::PathBuf;

use crate::Digest;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't use {path} as a store of images")]
    Store { path: PathBuf, source: io::Error },
    #[error("can't reach the registry {registry}")]
    Reach { registry: String, source: reqwest::Error },
    #[error("the registry {registry} wants to know who asks; log in with: docker login {registry}")]
    Unauthorized { registry: String },
    #[error("the registry {registry} knows no image {name}, or doesn't show it without a login")]
    NoImage { registry: String, name: String },
    /// The registry's own words are cut and quoted.
    #[error("the registry {registry} answers {status} to {what}: {words:?}")]
    Answer { registry: String, status: u16, what: String, words: String },
    #[error("the registry {registry} sends its clients to {to:?}, which has no TLS")]
    Insecure { registry: String, to: String },
    #[error("can't get credentials from docker-credential-{helper}: {words:?}")]
    Helper { helper: String, words: String },
    #[error("can't read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("can't read {path}: {what}")]
    Malformed { path: PathBuf, what: String },
    #[error("the {what} of the image is no good: {why}")]
    Document { what: &'static str, why: String },
    #[error("the image is not for {platform}, but for {found}")]
    Platform { platform: String, found: String },
    #[error("the image has more than {most} {what}")]
    TooMuch { what: &'static str, most: u64 },
    #[error("the blob {digest} isn't what its name says: its bytes have the digest {found}")]
    Mismatch { digest: Digest, found: Digest },
    #[error("the blob {digest} has not the {bytes} bytes that it should have")]
    Size { digest: Digest, bytes: u64 },
    #[error("can't keep the blob {digest}")]
    Keep { digest: Digest, source: io::Error },
    #[error("the blob {digest} isn't in {path}")]
    Missing { digest: Digest, path: PathBuf },
    #[error("the download of {digest} was cut off {times} times")]
    CutOff { digest: Digest, times: u32, source: Option<reqwest::Error> },
    /// The runtime ends.
    #[error("the pull was stopped")]
    Stopped,
}
