//! The tool that ends the work.

use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use crate::native::plain::plain;

pub(super) const NAME: &str = "finish";

const TITLE_CHARS_MAX: usize = 120;
const TEXT_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Finish {
    #[serde(default)]
    pub title: String,
    pub summary: String,
    /// What was run and what it showed.
    #[serde(default)]
    pub how_tested: String,
    /// Why nothing was done, where nothing was.
    #[serde(default)]
    pub not_done: Option<String>,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/finish.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "title": {
                    "type": "string",
                    "description": "The pull request's title: one line, imperative, what changes.",
                },
                "summary": {
                    "type": "string",
                    "description": "The pull request's description in Markdown: what was wrong, \
                        what changed and why, what is left. Follows the project's template if \
                        there is one.",
                },
                "how_tested": {
                    "type": "string",
                    "description": "The commands that you ran and what they showed, failures \
                        included. Say so if you ran nothing.",
                },
                "not_done": {
                    "type": "string",
                    "description": "Only if the task can't or needn't be done: why.",
                },
            },
            "required": ["title", "summary", "how_tested"],
        }),
    }
}

impl Finish {
    /// The description of the pull request.
    pub(in crate::native) fn description(&self) -> String {
        match self.how_tested.as_str() {
            "" => self.summary.clone(),
            tested => format!("{}\n\n## How it was tested\n\n{tested}", self.summary),
        }
    }
}

/// A pull request needs a title.
pub(super) fn check(finish: Finish) -> Result<Finish, String> {
    let text = |text: &str| stdx::cut::middle(plain(text).trim(), TEXT_BYTES_MAX);
    let not_done = finish.not_done.map(|why| text(&why)).filter(|why| !why.is_empty());
    if finish.title.trim().is_empty() && not_done.is_none() {
        return Err("finish needs a title: one line that says what changes.".into());
    }
    let title = stdx::cut::line(&plain(&finish.title), TITLE_CHARS_MAX);
    let (summary, how_tested) = (text(&finish.summary), text(&finish.how_tested));
    Ok(Finish { title, summary, how_tested, not_done })
}
