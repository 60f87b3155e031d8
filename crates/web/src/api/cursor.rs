//! Where a page ended, as an opaque text. It is bound to what was asked: with another filter it
//! would skip or repeat, so it is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::refusal::{Kind, Refusal};

/// Bytes of the digest in front: enough that none is made up by chance.
const CHECK_BYTES: usize = 8;
pub const CHARS_MAX: usize = 512;

/// `filter` is everything else that the list depends on.
pub fn write<P: Serialize>(filter: &str, position: &P) -> String {
    let position = serde_json::to_vec(position).expect("a position can be written as JSON");
    let mut bytes = check(filter, &position).to_vec();
    bytes.extend(position);
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn read<P: DeserializeOwned>(filter: &str, text: &str) -> Result<P, Refusal> {
    let refused = || {
        let words = "it isn't one that this list gave, with this filter; begin without a cursor";
        Refusal::field(Kind::BadRequest, "cursor", words)
    };
    if text.len() > CHARS_MAX {
        return Err(refused());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
    let (given, position) = bytes.split_at_checked(CHECK_BYTES).ok_or_else(refused)?;
    if given != check(filter, position) {
        return Err(refused());
    }
    serde_json::from_slice(position).map_err(|_| refused())
}

fn check(filter: &str, position: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hash = Sha256::new();
    hash.update(filter);
    hash.update([0]);
    hash.update(position);
    let digest = hash.finalize();
    let (first, _) = digest.split_at(CHECK_BYTES);
    first.try_into().expect("it is as long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_taken_with_its_own_filter_alone() {
        let cursor = write("tasks state=open", &(7, "k3v9x2ab"));
        let read_at = |filter| read::<(i64, String)>(filter, &cursor);
        assert_eq!(read_at("tasks state=open").unwrap(), (7, "k3v9x2ab".to_owned()));
        assert_eq!(read_at("tasks state=merged").unwrap_err().kind, Kind::BadRequest);
        for text in ["", "AAAA", "!", &cursor[1..], &format!("{cursor}A"), &"A".repeat(9999)] {
            assert!(read::<(i64, String)>("tasks state=open", text).is_err(), "{text}");
        }
    }
}
