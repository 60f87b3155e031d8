//! The tool that searches the repository's files, by ripgrep's rules.

use computer::{Computer, Found, WORKSPACE};
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::{ANSWER_BYTES_MAX, Answer, observed, resolve};
use crate::native::plain::plain;

pub(super) const NAME: &str = "search";

const MATCHES_DEFAULT: u32 = 100;
const MATCHES_MAX: u32 = 1_000;
const CONTEXT_MAX: u32 = 20;
const GLOBS_MAX: usize = 20;
const PATTERN_BYTES_MAX: usize = 4 * 1024;
/// Of one line that is found.
const LINE_BYTES_MAX: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Search {
    pattern: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    globs: Vec<String>,
    #[serde(default)]
    ignore_case: bool,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    context_lines: u32,
    #[serde(default)]
    files_only: bool,
    #[serde(default)]
    matches_max: Option<u32>,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/search.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "pattern": { "type": "string" },
                "path": { "type": "string", "description": "A file or folder; all if not given." },
                "globs": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "Such as *.py, or !tests/** to leave something out.",
                },
                "ignore_case": { "type": "boolean" },
                "hidden": { "type": "boolean", "description": "Hidden files too." },
                "context_lines": {
                    "type": "integer",
                    "description": "Lines that are shown before and after each match.",
                },
                "files_only": { "type": "boolean", "description": "Only the files' names." },
                "matches_max": {
                    "type": "integer",
                    "description": format!("{MATCHES_DEFAULT} if not given."),
                },
            },
            "required": ["pattern"],
        }),
    }
}

impl Search {
    pub(super) async fn run(&self, computer: &dyn Computer) -> Result<Answer, computer::Error> {
        let asked = match self.asked() {
            Ok(asked) => asked,
            Err(wrong) => return Ok(Answer::bad(wrong)),
        };
        Ok(match observed(computer.search(asked).await)? {
            Ok(found) => Answer::good(shown(&found)),
            Err(observation) => Answer::bad(plain(&observation.text)),
        })
    }

    fn asked(&self) -> Result<computer::Search, String> {
        if self.pattern.is_empty() || self.pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!("A pattern has 1 to {PATTERN_BYTES_MAX} bytes."));
        }
        if self.globs.len() > GLOBS_MAX {
            return Err(format!("There may be {GLOBS_MAX} globs at most."));
        }
        let context = self.context_lines.min(CONTEXT_MAX);
        Ok(computer::Search {
            pattern: self.pattern.clone(),
            root: self.path.as_deref().map_or(Ok(WORKSPACE.into()), resolve)?,
            globs: self.globs.clone(),
            ignore_case: self.ignore_case,
            hidden: self.hidden,
            before: context,
            after: context,
            matches_max: self.matches_max.unwrap_or(MATCHES_DEFAULT).clamp(1, MATCHES_MAX),
            bytes_max: ANSWER_BYTES_MAX as u64,
            files_only: self.files_only,
        })
    }
}

/// What was found, and how much of it is shown.
fn shown(found: &Found) -> String {
    if found.matches == 0 {
        return "[nothing matches]".into();
    }
    let text = plain(&found.text);
    let lines: String = text.lines().map(|line| format!("{}\n", short(line))).collect();
    let more = if found.truncated { "; there are more: narrow the search" } else { "" };
    let (matches, files) = (found.matches, found.files);
    format!("{lines}[matches: {matches}, in files: {files}{more}]")
}

fn short(line: &str) -> String {
    if line.len() <= LINE_BYTES_MAX {
        return line.to_owned();
    }
    format!("{} [… the line goes on …]", &line[..line.floor_char_boundary(LINE_BYTES_MAX)])
}

#[cfg(test)]
mod tests;
