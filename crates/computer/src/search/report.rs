//! What is found in one file, as text. Kept until the file's end, since it may turn out binary.

use std::fmt::Write;
use std::io;
use std::path::Path;

use grep_matcher::Matcher;
use grep_regex::RegexMatcher;
use grep_searcher::{Searcher, Sink, SinkContext, SinkMatch};

/// Of one line.
const LINE_CHARS_MAX: usize = 500;
/// Shown before a match that is far along a long line.
const LEAD_BYTES: usize = 100;

pub struct FileSink<'a> {
    matcher: &'a RegexMatcher,
    name: &'a str,
    files_only: bool,
    /// That may still be told, and of bytes.
    matches_left: u64,
    room: usize,
    found: InFile,
}

#[derive(Debug, Default)]
pub struct InFile {
    pub text: Vec<u8>,
    pub matches: u64,
    pub binary: bool,
    /// There is more than could be told.
    pub cut: bool,
}

impl<'a> FileSink<'a> {
    pub fn new(
        matcher: &'a RegexMatcher,
        name: &'a str,
        files_only: bool,
        matches_left: u64,
        room: usize,
    ) -> Self {
        Self { matcher, name, files_only, matches_left, room, found: InFile::default() }
    }

    pub fn end(self) -> InFile {
        self.found
    }

    /// False where there is no room for it.
    fn push(&mut self, line: &str) -> bool {
        let fits = self.found.text.len() + line.len() < self.room;
        if fits {
            self.found.text.extend_from_slice(line.as_bytes());
            self.found.text.push(b'\n');
        } else {
            self.found.cut = true;
        }
        fits
    }

    fn line(&self, mark: char, number: Option<u64>, bytes: &[u8], from: usize) -> String {
        let text = shown_line(bytes, from);
        format!("{}{mark}{}{mark}{text}", self.name, number.unwrap_or(0))
    }
}

impl Sink for FileSink<'_> {
    type Error = io::Error;

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        if self.found.matches >= self.matches_left {
            self.found.cut = true;
            return Ok(false);
        }
        let told = if self.files_only {
            self.push(self.name)
        } else {
            let at = self.matcher.find(found.bytes()).ok().flatten();
            let from = at.map_or(0, |at| at.start());
            self.push(&self.line(':', found.line_number(), found.bytes(), from))
        };
        self.found.matches += u64::from(told);
        Ok(told && !self.files_only)
    }

    fn context(&mut self, _searcher: &Searcher, line: &SinkContext<'_>) -> io::Result<bool> {
        Ok(self.push(&self.line('-', line.line_number(), line.bytes(), 0)))
    }

    fn context_break(&mut self, _searcher: &Searcher) -> io::Result<bool> {
        Ok(self.push("--"))
    }

    fn binary_data(&mut self, _searcher: &Searcher, _offset: u64) -> io::Result<bool> {
        self.found.binary = true;
        Ok(false)
    }
}

/// A line without its end; of a long one what is around `from`.
fn shown_line(bytes: &[u8], from: usize) -> String {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    // A char has four bytes at most, so this decides for nearly all.
    if bytes.len() <= LINE_CHARS_MAX {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let begin = if from > LINE_CHARS_MAX - LEAD_BYTES { from - LEAD_BYTES } else { 0 };
    let end = bytes.len().min(begin + 4 * LINE_CHARS_MAX);
    let piece = String::from_utf8_lossy(&bytes[begin..end]);
    let shown: String = piece.chars().take(LINE_CHARS_MAX).collect();
    let is_all = begin == 0 && end == bytes.len() && shown.len() == piece.len();
    if is_all {
        return shown;
    }
    let lead = if begin > 0 { "[…] " } else { "" };
    format!("{lead}{shown} […] ({} bytes)", bytes.len())
}

/// A path that is one line and tells a terminal nothing. The root itself has its name.
pub fn shown(relative: &Path, whole: &Path) -> String {
    let path = match whole.file_name() {
        Some(name) if relative.as_os_str().is_empty() => Path::new(name),
        _ => relative,
    };
    let mut text = String::new();
    for c in path.to_string_lossy().chars() {
        if c.is_control() {
            let _to_memory = write!(text, "{}", c.escape_default());
        } else {
            text.push(c);
        }
    }
    text
}
