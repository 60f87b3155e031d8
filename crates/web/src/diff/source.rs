//! A file's bytes as lines of text.

use std::ops::Range;

/// Bytes in which a NUL says that this is no text; git looks as far.
const BINARY_LOOK_BYTES: usize = 8000;

/// One version of a file.
#[derive(Debug, Default)]
pub struct Source {
    text: String,
    /// Each line without its end.
    lines: Vec<Range<usize>>,
    /// The last line has no line break.
    pub ends_open: bool,
    /// Something in it isn't valid UTF-8.
    pub is_lossy: bool,
}

impl Source {
    /// None where the bytes are no text.
    pub fn read(bytes: Vec<u8>) -> Option<Self> {
        if bytes[..bytes.len().min(BINARY_LOOK_BYTES)].contains(&0) {
            return None;
        }
        let (text, is_lossy) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        };
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.strip_suffix('\n').unwrap_or(line);
            lines.push(start..start + bare.len());
            start += line.len();
        }
        let ends_open = !text.is_empty() && !text.ends_with('\n');
        Some(Self { text, lines, ends_open, is_lossy })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line at `index`, counted from 0; with its carriage return, if it has one.
    pub fn line(&self, index: usize) -> &str {
        &self.text[self.lines[index].clone()]
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| &self.text[line.clone()])
    }

    /// Whether this is the last line and it has no line break.
    pub fn is_open_end(&self, index: usize) -> bool {
        self.ends_open && index + 1 == self.lines.len()
    }
}
