//! The tool that reads a text file, with line numbers.

use computer::Computer;
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, observed, resolve};

pub(super) const NAME: &str = "read";

/// A file that is larger is for the shell's tools.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Of one answer.
const LINES_MAX: usize = 1_000;
const ANSWER_BYTES_MAX: usize = 48 * 1024;
/// Of one line; minified files have endless ones.
const LINE_BYTES_MAX: usize = 2_000;

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
            Err(observation) => Answer::bad(observation.text),
        })
    }

    fn show(&self, bytes: &[u8]) -> Answer {
        if bytes.contains(&0) {
            return Answer::bad(format!("{} is no text file ({} bytes)", self.path, bytes.len()));
        }
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.lines().collect();
        let first = self.first_line.unwrap_or(1).max(1);
        let last = self.last_line.unwrap_or(lines.len()).min(lines.len());
        if first > last {
            return Answer::bad(format!("{} has {} lines", self.path, lines.len()));
        }
        Answer::good(numbered(&lines, first, last))
    }
}

/// Lines `first` to `last`, as many as there is room for, and a note of what is left.
fn numbered(lines: &[&str], first: usize, last: usize) -> String {
    let mut shown = String::new();
    for number in first..=last {
        if number - first >= LINES_MAX || shown.len() >= ANSWER_BYTES_MAX {
            let left = last + 1 - number;
            return format!("{shown}[… {left} more lines: go on from first_line {number} …]\n");
        }
        let line = lines[number - 1];
        let cut = &line[..line.floor_char_boundary(LINE_BYTES_MAX)];
        let more = if cut.len() < line.len() { " [… the line goes on …]" } else { "" };
        shown.push_str(&format!("{number:>6}\t{cut}{more}\n"));
    }
    shown
}

#[cfg(test)]
mod tests;
