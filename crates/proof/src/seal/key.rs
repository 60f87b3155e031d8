//! The key that evidence is signed with, and the public half that verifies it. A key's id is the
//! public key itself, so that it can be neither mistaken nor looked up wrongly.

use std::fmt;
use std::str::FromStr;

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

const PRIVATE_LABEL: &str = "PRIVATE KEY";
const PUBLIC_LABEL: &str = "PUBLIC KEY";
const ID_PREFIX: &str = "ed25519:";
const PUBLIC_BYTES: usize = 32;
/// What stands before an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, section 4).
const PUBLIC_DER_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the kernel gave no random bytes for a key")]
    Random,
    #[error("this is no Ed25519 private key in PKCS#8 PEM")]
    Private,
    #[error(
        "this is no Ed25519 public key: it is either PEM (BEGIN PUBLIC KEY), or ed25519: and 64 \
         hexadecimal digits"
    )]
    Public,
}

/// Signs. Never shows itself.
pub struct SigningKey(Ed25519KeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

impl SigningKey {
    /// A new one, as the PEM text to be kept.
    pub fn make() -> Result<String, KeyError> {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let der = made.map_err(|_unspecified| KeyError::Random)?;
        Ok(pem::encode(&pem::Pem::new(PRIVATE_LABEL, der.as_ref())))
    }

    pub fn read(text: &str) -> Result<Self, KeyError> {
        let pem = pem::parse(text).map_err(|_malformed| KeyError::Private)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pem.contents());
        match pair {
            Ok(pair) if pem.tag() == PRIVATE_LABEL => Ok(Self(pair)),
            Ok(_) | Err(_) => Err(KeyError::Private),
        }
    }

    pub fn public(&self) -> PublicKey {
        let bytes = self.0.public_key().as_ref();
        PublicKey(bytes.try_into().expect("an Ed25519 public key has 32 bytes"))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// Shown as its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; PUBLIC_BYTES]);

impl PublicKey {
    /// SubjectPublicKeyInfo in PEM, as other programs read it.
    pub fn pem(&self) -> String {
        let der = [&PUBLIC_DER_PREFIX[..], &self.0].concat();
        pem::encode(&pem::Pem::new(PUBLIC_LABEL, der))
    }

    pub(super) fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }

    fn of_id(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(ID_PREFIX)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() != 2 * PUBLIC_BYTES || !digits.bytes().all(is_digit) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok();
        let bytes: Option<Vec<u8>> = (0..PUBLIC_BYTES).map(byte).collect();
        bytes?.try_into().ok().map(Self)
    }

    fn of_pem(text: &str) -> Option<Self> {
        let pem = pem::parse(text).ok().filter(|pem| pem.tag() == PUBLIC_LABEL)?;
        let bytes = pem.contents().strip_prefix(&PUBLIC_DER_PREFIX)?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ID_PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// From its id, or from PEM.
impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        Self::of_id(text).or_else(|| Self::of_pem(text)).ok_or(KeyError::Public)
    }
}
