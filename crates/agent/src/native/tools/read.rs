//! The tool that reads: a text's lines with their numbers, a picture, a folder's list.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use computer::{Computer, Exec};
use domain::event::Picture;
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::{ANSWER_BYTES_MAX, Answer, observed, resolve};
use crate::native::plain::plain;

pub(super) const NAME: &str = "read";

/// A file that is larger is for the shell's tools.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A picture of 5 MB in base64, which is the most that every provider takes.
const PICTURE_BYTES_MAX: usize = 3_750_000;
/// Of one answer.
const LINES_MAX: usize = 1_000;
/// Of one line; minified files have endless ones.
const LINE_BYTES_MAX: usize = 2_000;
/// Of a folder.
const ENTRIES_MAX: usize = 500;
const LIST_BYTES_MAX: u64 = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Read {
    path: String,
    #[serde(default)]
    first_line: Option<usize>,
    #[serde(default)]
    last_line: Option<usize>,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/read.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "From the root of the repository." },
                "first_line": { "type": "integer", "description": "Counted from 1." },
                "last_line": { "type": "integer", "description": "Included." },
            },
            "required": ["path"],
        }),
    }
}

impl Read {
    pub(super) async fn run(&self, computer: &dyn Computer) -> Result<Answer, computer::Error> {
        let path = match resolve(&self.path) {
            Ok(path) => path,
            Err(wrong) => return Ok(Answer::bad(wrong)),
        };
        Ok(match observed(computer.read(&path, FILE_BYTES_MAX).await)? {
            Ok(bytes) => self.show(&bytes),
            Err(observation) => match list(computer, &path.to_string_lossy()).await? {
                Some(list) => Answer::good(list),
                None => Answer::bad(observation.text),
            },
        })
    }

    fn show(&self, bytes: &[u8]) -> Answer {
        if let Some(media_type) = media_type(bytes) {
            return self.picture(bytes, media_type);
        }
        if bytes.contains(&0) {
            return Answer::bad(format!("{} is no text file ({} bytes)", self.path, bytes.len()));
        }
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.lines().collect();
        let first = self.first_line.unwrap_or(1).max(1);
        let last = self.last_line.unwrap_or(lines.len()).min(lines.len());
        if lines.is_empty() {
            return Answer::good(format!("{} is empty", self.path));
        }
        if first > last {
            return Answer::bad(format!("{} has {} lines", self.path, lines.len()));
        }
        Answer::good(numbered(&lines, first, last))
    }

    fn picture(&self, bytes: &[u8], media_type: &str) -> Answer {
        if bytes.len() > PICTURE_BYTES_MAX {
            return Answer::bad(format!(
                "{} is a picture of {} bytes; at most {PICTURE_BYTES_MAX} can be shown: make it \
                 smaller first",
                self.path,
                bytes.len()
            ));
        }
        let text = format!("{} ({media_type}, {} bytes)", self.path, bytes.len());
        let picture = Picture { media_type: media_type.to_owned(), base64: STANDARD.encode(bytes) };
        Answer { images: vec![picture], ..Answer::good(text) }
    }
}

/// By what a file begins with, not by its name.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ => webp.then_some("image/webp"),
    }
}

/// Of a folder; none for anything else.
async fn list(computer: &dyn Computer, path: &str) -> Result<Option<String>, computer::Error> {
    let list = Exec::new(["ls", "-1Ap", "--", &format!("{path}/.")]);
    let told = computer.run(list.output_bytes_max(LIST_BYTES_MAX)).await?;
    if !told.status.is_success() {
        return Ok(None);
    }
    let text = plain(&told.stdout.text());
    let entries: Vec<&str> = text.lines().take(ENTRIES_MAX).collect();
    let more = text.lines().count() - entries.len();
    Ok(Some(match (entries.is_empty(), more) {
        (true, _) => "[an empty folder]".into(),
        (false, 0) => entries.join("\n"),
        (false, more) => format!("{}\n[… {more} more entries …]", entries.join("\n")),
    }))
}

/// Lines `first` to `last`, as many as there is room for, and a note of what is left.
fn numbered(lines: &[&str], first: usize, last: usize) -> String {
    let mut shown = String::new();
    for number in first..=last {
        if number - first >= LINES_MAX || shown.len() + LINE_BYTES_MAX >= ANSWER_BYTES_MAX {
            let left = last + 1 - number;
            return format!("{shown}[… {left} more lines: go on from first_line {number} …]\n");
        }
        let line = plain(lines[number - 1]);
        let cut = &line[..line.floor_char_boundary(LINE_BYTES_MAX)];
        let more = if cut.len() < line.len() { " [… the line goes on …]" } else { "" };
        shown.push_str(&format!("{number:>6}\t{cut}{more}\n"));
    }
    shown
}

#[cfg(test)]
mod tests;
