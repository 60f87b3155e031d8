//! What tells changes apart, whatever they were made on: a digest of what a patch adds and removes,
//! without the places and the object names that another base gives it.

use domain::ProjectId;
use sha2::{Digest, Sha256};
use store::card::Known;

use crate::{Engine, Error};

/// Of each patch, what is compared.
const PATCH_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Makes the digest of the change, and keeps it.
pub(super) async fn tell_apart(
    engine: &Engine,
    project: &ProjectId,
    known: &Known,
) -> Result<String, Error> {
    let mirror = super::mirror(engine, project).await?;
    let diff = mirror.diff(&known.change.base, &known.change.head, PATCH_BYTES_MAX).await?;
    let digest = digest(&diff.bytes);
    store::card::put_patch(&engine.store, &known.attempt, &digest).await?;
    Ok(digest)
}

pub(super) fn digest(diff: &[u8]) -> String {
    let mut digest = Sha256::new();
    let mut names: &[u8] = b"";
    for line in diff.split_inclusive(|byte| *byte == b'\n') {
        match line {
            [b'i', b'n', b'd', b'e', b'x', b' ', ..] => names = line,
            [b'@', b'@', ..] | [b' ', ..] => {}
            // Nothing else says what is in a binary file.
            [b'B', b'i', b'n', b'a', b'r', b'y', b' ', ..] => {
                digest.update(names);
                digest.update(line);
            }
            line => digest.update(line),
        }
    }
    stdx::hex::of(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "diff --git a/x b/x\nindex 1111..2222 100644\n--- a/x\n+++ b/x\n\
        @@ -1,2 +1,2 @@\n a\n-b\n+c\n";

    #[test]
    fn the_same_change_elsewhere_is_the_same_and_another_isnt() {
        let of = |patch: &str| digest(patch.as_bytes());
        let moved = PATCH.replace("1111..2222", "3333..4444").replace("-1,2 +1,2", "-9,2 +9,2");
        assert_eq!(of(PATCH), of(&moved.replace("\n a\n", "\n z\n")));
        assert_ne!(of(PATCH), of(&PATCH.replace("+c", "+d")));
        assert_ne!(of(PATCH), of(&PATCH.replace("/x", "/y")));
    }

    #[test]
    fn binary_files_are_told_apart_by_their_objects() {
        let binary = "diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n";
        let other = binary.replace("1..2", "1..3");
        assert_ne!(digest(binary.as_bytes()), digest(other.as_bytes()));
    }
}
