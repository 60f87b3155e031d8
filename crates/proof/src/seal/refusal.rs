//! Why a file isn't accepted as signed evidence. Each is a different thing that somebody may have
//! done to it.

use std::io;
use std::path::PathBuf;

use super::PublicKey;

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the file is larger than any evidence ({bytes} bytes)")]
    TooLarge { bytes: usize },
    #[error("the file is no DSSE envelope: {why}")]
    NoEnvelope { why: String },
    /// Another spelling of the same envelope: spaces, escapes, fields that mean nothing.
    #[error("the file isn't byte for byte what whimbrel wrote: somebody wrote it anew")]
    Rewritten,
    #[error("the envelope holds {found:?}, not an in-toto statement")]
    PayloadType { found: String },
    #[error("the envelope has {found} signatures; whimbrel's have one")]
    Signatures { found: usize },
    #[error("the envelope names a key that is none: {found:?}")]
    KeyId { found: String },
    #[error("it is signed with another key: {found}, not {wanted}")]
    OtherKey { found: PublicKey, wanted: PublicKey },
    #[error("the envelope's {field} is no base64")]
    Base64 { field: &'static str },
    #[error(
        "the signature doesn't fit: the statement, the signature or the key's id was changed after \
         it was signed"
    )]
    Signature,
    #[error("what is signed is no statement of evidence: {why}")]
    NoStatement { why: String },
    #[error("what is signed contradicts itself: {why}")]
    Contradiction { why: String },
    #[error("the signed name of a log is no file's name: {name:?}")]
    LogName { name: String },
    #[error("the log {name} isn't there: {path} can't be read")]
    LogMissing { name: String, path: PathBuf, source: io::Error },
    #[error("the log {name} isn't the one that was signed: its SHA-256 is another one")]
    LogChanged { name: String },
}

impl Refusal {
    /// For programs; stable.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NoEnvelope { .. } => "no_envelope",
            Self::Rewritten => "rewritten",
            Self::PayloadType { .. } => "payload_type",
            Self::Signatures { .. } => "signatures",
            Self::KeyId { .. } => "key_id",
            Self::OtherKey { .. } => "other_key",
            Self::Base64 { .. } => "base64",
            Self::Signature => "signature",
            Self::NoStatement { .. } => "no_statement",
            Self::Contradiction { .. } => "contradiction",
            Self::LogName { .. } => "log_name",
            Self::LogMissing { .. } => "log_missing",
            Self::LogChanged { .. } => "log_changed",
        }
    }
}
