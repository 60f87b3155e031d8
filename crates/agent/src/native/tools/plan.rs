//! The tool that writes down the plan. What it says is a fact of the log and changes nothing.

use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use crate::native::plain::plain;

pub(super) const NAME: &str = "plan";

const STEPS_MAX: usize = 50;
const STEP_CHARS_MAX: usize = 500;
const TEXT_BYTES_MAX: usize = 32 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Plan {
    #[serde(default)]
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Step {
    step: String,
    #[serde(default)]
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    #[default]
    Pending,
    InProgress,
    Done,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/plan.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "text": {
                    "type": "string",
                    "description": "What there is to say beside the steps, in Markdown.",
                },
                "steps": {
                    "type": "array",
                    "description": "All of them, in their order.",
                    "items": {
                        "type": "object",
                        "properties": {
                            "step": { "type": "string" },
                            "state": { "enum": ["pending", "in_progress", "done"] },
                        },
                        "required": ["step", "state"],
                    },
                },
            },
            "required": ["steps"],
        }),
    }
}

impl Plan {
    /// In Markdown.
    pub(in crate::native) fn markdown(&self) -> String {
        let steps: String = self.steps.iter().map(Step::markdown).collect();
        let parts = [self.text.as_str(), steps.trim_end()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n\n")
    }
}

impl Step {
    fn markdown(&self) -> String {
        let (mark, note) = match self.state {
            State::Pending => (' ', ""),
            State::InProgress => (' ', " (in progress)"),
            State::Done => ('x', ""),
        };
        format!("- [{mark}] {}{note}\n", self.step)
    }
}

pub(super) fn check(plan: Plan) -> Result<Plan, String> {
    let text = stdx::cut::middle(plain(&plan.text).trim(), TEXT_BYTES_MAX);
    if plan.steps.len() > STEPS_MAX {
        return Err(format!("A plan has at most {STEPS_MAX} steps."));
    }
    let line = |step: Step| {
        let words = plain(&step.step).split_whitespace().collect::<Vec<_>>().join(" ");
        Step { step: stdx::cut::line(&words, STEP_CHARS_MAX), ..step }
    };
    let plan = Plan { text, steps: plan.steps.into_iter().map(line).collect() };
    if plan.markdown().is_empty() { Err("The plan is empty.".into()) } else { Ok(plan) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_markdown() {
        let arguments = r#"{"text": "Why.\u0007", "steps": [{"step": "Look\nhere", "state": "done"},
            {"step": "Mend", "state": "in_progress"}, {"step": "Test"}]}"#;
        let plan = check(serde_json::from_str(arguments).unwrap()).unwrap();
        let expected = "Why.\n\n- [x] Look here\n- [ ] Mend (in progress)\n- [ ] Test";
        assert_eq!(plan.markdown(), expected);
        assert!(check(Plan { text: " ".into(), steps: Vec::new() }).is_err());
    }
}
