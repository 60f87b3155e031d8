//! What opens something: 256 random bits, written so that a search for leaked secrets finds them,
//! and so that a slip of the pen is told from a wrong one without asking the store.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::Error;
use crate::runner::random;

/// As in ids: Crockford's base 32, lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 256 bits, five to a character.
const SECRET_CHARS: usize = 52;
/// 30 bits of the digest of what stands before it.
const CHECK_CHARS: usize = 6;
const ID_CHARS: usize = 8;

/// What it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An API token.
    Token,
    /// A link that works once.
    Link,
    /// A browser's cookie.
    Session,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Token => "whim_",
            Self::Link => "whiml_",
            Self::Session => "whims_",
        }
    }
}

/// Never in a log: it is shown by [`Code::reveal`] and by nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Code {
    pub fn new(kind: Kind) -> Result<Self, Error> {
        let mut bytes = [0_u8; 32];
        for part in bytes.chunks_exact_mut(8) {
            part.copy_from_slice(&random()?.to_ne_bytes());
        }
        let secret = format!("{}{}", kind.prefix(), base32(&bytes, SECRET_CHARS));
        let check = check(&secret);
        Ok(Self(secret + &check))
    }

    /// None where it can't be one of that kind.
    pub fn read(kind: Kind, text: &str) -> Option<Self> {
        let text = text.trim();
        let chars = text.strip_prefix(kind.prefix())?;
        let known = chars.len() == SECRET_CHARS + CHECK_CHARS
            && chars.bytes().all(|byte| ALPHABET.contains(&byte));
        if !known {
            return None;
        }
        let (secret, written) = text.split_at(text.len() - CHECK_CHARS);
        (check(secret) == written).then(|| Self(text.to_owned()))
    }

    /// The text itself, for whom it was made.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256, in hexadecimal: what is kept. What has 256 random bits needs no salt and no delay.
    pub fn digest(&self) -> String {
        stdx::hex::of(&Sha256::digest(self.0.as_bytes()))
    }
}

/// For people and logs; opens nothing.
pub(super) fn new_id() -> Result<String, Error> {
    Ok(base32(&random()?.to_ne_bytes(), ID_CHARS))
}

fn check(secret: &str) -> String {
    base32(&Sha256::digest(secret.as_bytes()), CHECK_CHARS)
}

/// The first `chars` times five bits; zeros where there are no more.
fn base32(bytes: &[u8], chars: usize) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    let character = |at: usize| {
        let index = (0..5).fold(0, |value, offset| value << 1 | bit(at * 5 + offset));
        char::from(ALPHABET[index])
    };
    (0..chars).map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_what_it_is_and_as_nothing_else() {
        let code = Code::new(Kind::Token).unwrap();
        let text = code.reveal();
        assert_eq!(text.len(), "whim_".len() + 58);
        assert_eq!(Code::read(Kind::Token, &format!(" {text}\n")), Some(code.clone()));
        assert_eq!(Code::read(Kind::Session, text), None);
        let slipped = format!("{}{}", &text[..10], text[10..].replace('0', "1").replace('a', "b"));
        assert_eq!(Code::read(Kind::Token, &slipped).is_some(), slipped == text);
        for wrong in ["", "whim_", "whim_ü", &text[1..], &format!("{text}0")] {
            assert_eq!(Code::read(Kind::Token, wrong), None, "{wrong}");
        }
        assert_ne!(Code::new(Kind::Token).unwrap(), code);
        assert_eq!(format!("{code:?}"), "Code(…)");
        assert_eq!(code.digest().len(), 64);
    }

    #[test]
    fn base_32_is_of_the_bits_in_order() {
        assert_eq!(base32(&[0xff, 0x00, 0xf8], 4), "zw0f");
        assert_eq!(base32(&[0x00; 32], SECRET_CHARS), "0".repeat(52));
    }
}
