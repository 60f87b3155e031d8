//! Evidence, signed: an in-toto statement about the head commit, in a DSSE envelope, with an
//! Ed25519 signature. Whoever has the envelope can verify it without whimbrel's home and without a
//! network; [`verify`] refuses a file in which a single byte is another one.
//!
//! Formats: in-toto Statement v1 (github.com/in-toto/attestation, `spec/v1/statement.md`), DSSE v1
//! (github.com/secure-systems-lab/dsse, `envelope.md` and `protocol.md`), Ed25519 (RFC 8032), keys
//! as PKCS#8 and SubjectPublicKeyInfo (RFC 8410). Knows no files but the logs that it is shown.

mod envelope;
mod json;
mod key;
mod logs;
mod refusal;
mod statement;

pub use envelope::{Verified, seal, verify};
pub use key::{KeyError, PublicKey, SigningKey};
pub use logs::check_logs;
pub use refusal::Refusal;
pub use statement::{Facts, PREDICATE_TYPE, Predicate, Resource, Statement};

#[cfg(test)]
mod tests;
