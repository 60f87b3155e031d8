//! What a command prints, kept up to a limit, and how it is told to the model: cut in the middle,
//! with all that was kept in a file inside the computer.

use std::collections::VecDeque;
use std::path::Path;

use computer::{Computer, HOME};

use super::{ANSWER_BYTES_MAX, observed};
use crate::native::plain::plain;

/// Kept of one command's output from its beginning, and as much from its end.
const END_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Where whole outputs are kept inside; a later run finds them there too.
const FOLDER: &str = ".whimbrel/output";
const FILE_MODE: u32 = 0o644;

/// The beginning and the end of a stream of any length.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped_bytes: u64,
}

impl Kept {
    pub(super) fn push(&mut self, piece: &[u8]) {
        let room = END_BYTES_MAX.saturating_sub(self.head.len()).min(piece.len());
        let (head, tail) = piece.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(tail);
        let surplus = self.tail.len().saturating_sub(END_BYTES_MAX);
        self.tail.drain(..surplus);
        self.dropped_bytes += surplus as u64;
    }

    /// What came after it.
    pub(super) fn append(&mut self, later: Self) {
        self.push(&later.head);
        self.dropped_bytes += later.dropped_bytes;
        self.push(&later.tail.into_iter().collect::<Vec<u8>>());
    }

    /// All that came, kept or not.
    pub(super) fn printed_bytes(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + self.dropped_bytes
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        if self.dropped_bytes > 0 {
            bytes.extend(format!("\n[… {} bytes dropped …]\n", self.dropped_bytes).into_bytes());
        }
        bytes.extend(self.tail.iter());
        bytes
    }

    /// For the model, as lines, so that what follows begins one; what doesn't fit is in `file`.
    pub(super) async fn show(
        &self,
        computer: &dyn Computer,
        file: &str,
    ) -> Result<String, computer::Error> {
        let bytes = self.bytes();
        let text = plain(&String::from_utf8_lossy(&bytes));
        if text.len() <= ANSWER_BYTES_MAX {
            return Ok(as_lines(text));
        }
        let path = Path::new(HOME).join(FOLDER).join(file);
        let written = observed(computer.write(&path, &bytes, FILE_MODE).await)?;
        let whole = match written {
            Ok(()) => format!("[the whole output is in {}]", path.display()),
            Err(failure) => format!("[the whole output could not be kept: {}]", failure.text),
        };
        Ok(format!("{}{whole}\n", as_lines(stdx::cut::middle(&text, ANSWER_BYTES_MAX))))
    }
}

fn as_lines(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_at_the_border_of_head_and_tail() {
        let mut kept = Kept::default();
        for _ in 0..END_BYTES_MAX / 4 {
            kept.push(b"abcdefgh");
        }
        assert_eq!(kept.bytes(), b"abcdefgh".repeat(END_BYTES_MAX / 4));
        kept.push(b"ijk");
        let text = String::from_utf8(kept.bytes()).unwrap();
        assert!(text.ends_with("defghijk") && text.contains("gh\n[… 3 bytes dropped …]\ndef"));
        assert_eq!(kept.printed_bytes(), 2 * END_BYTES_MAX as u64 + 3);
    }
}
