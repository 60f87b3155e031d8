//! The tool that ends the work.

use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

pub(super) const NAME: &str = "finish";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Finish {
    pub title: String,
    pub summary: String,
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
                        what changed and why, how it was checked, what is left. Follows the \
                        project's template if there is one.",
                },
                "not_done": {
                    "type": "string",
                    "description": "Only if the task can't or needn't be done: why.",
                },
            },
            "required": ["title", "summary"],
        }),
    }
}

/// A pull request needs a title.
pub(super) fn check(finish: Finish) -> Result<Finish, String> {
    let not_done = finish.not_done.filter(|why| !why.trim().is_empty());
    if finish.title.trim().is_empty() && not_done.is_none() {
        return Err("finish needs a title: one line that says what changes.".into());
    }
    Ok(Finish { not_done, ..finish })
}
