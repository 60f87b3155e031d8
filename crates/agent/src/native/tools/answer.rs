//! The tool that ends the work with an answer, whose sources must be there.

use computer::Computer;
use domain::attempt::Source;
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, observed, resolve};
use crate::native::plain::plain;

pub(super) const NAME: &str = "answer";

const TEXT_BYTES_MAX: usize = 64 * 1024;
const SOURCES_MAX: usize = 50;
/// A file that is larger isn't source code.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Conclusion {
    pub text: String,
    #[serde(default)]
    pub sources: Vec<Source>,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/answer.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "text": { "type": "string", "description": "The answer, in Markdown." },
                "sources": {
                    "type": "array",
                    "description": "What the answer rests on.",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": {
                                "type": "string",
                                "description": "From the root of the repository.",
                            },
                            "first_line": { "type": "integer" },
                            "last_line": { "type": "integer", "description": "Included." },
                        },
                        "required": ["path", "first_line", "last_line"],
                    },
                },
            },
            "required": ["text", "sources"],
        }),
    }
}

pub(super) fn check(conclusion: Conclusion) -> Result<Conclusion, String> {
    let text = stdx::cut::middle(plain(&conclusion.text).trim(), TEXT_BYTES_MAX);
    if text.is_empty() {
        return Err("The answer is empty.".into());
    }
    if conclusion.sources.len() > SOURCES_MAX {
        return Err(format!("An answer has at most {SOURCES_MAX} sources."));
    }
    Ok(Conclusion { text, ..conclusion })
}

impl Conclusion {
    /// Good where every source is there; else what is wrong with which.
    pub(super) async fn check(&self, computer: &dyn Computer) -> Result<Answer, computer::Error> {
        let mut wrong = String::new();
        for source in &self.sources {
            if let Err(why) = is_there(computer, source).await? {
                wrong.push_str(&format!("\n- {}: {why}", plain(&source.path)));
            }
        }
        Ok(match wrong.is_empty() {
            true => Answer::good("Every source is there."),
            false => Answer::bad(format!("These sources are not as you give them:{wrong}")),
        })
    }
}

async fn is_there(
    computer: &dyn Computer,
    source: &Source,
) -> Result<Result<(), String>, computer::Error> {
    let Source { path, first_line, last_line } = source;
    let path = match resolve(path) {
        Ok(path) if path.starts_with(computer::WORKSPACE) => path,
        Ok(_) => return Ok(Err("it is outside of the repository".into())),
        Err(wrong) => return Ok(Err(wrong)),
    };
    if *first_line == 0 || last_line < first_line {
        return Ok(Err(format!("lines {first_line} to {last_line} are no range, from 1")));
    }
    Ok(match observed(computer.read(&path, FILE_BYTES_MAX).await)? {
        Err(observation) if observation.absent => Err("there is no such file".into()),
        Err(observation) => Err(observation.text),
        Ok(bytes) => match String::from_utf8_lossy(&bytes).lines().count() {
            lines if lines < *last_line as usize => Err(format!("it has {lines} lines")),
            _ => Ok(()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::computer_with;
    use super::*;

    #[tokio::test]
    async fn sources_must_be_there() {
        let computer = computer_with(&[("a.py", "one\ntwo\n")]).await;
        let source =
            |path: &str, first_line, last_line| Source { path: path.into(), first_line, last_line };
        let conclusion = |sources| Conclusion { text: "It is so.".into(), sources };
        let good = conclusion(vec![source("a.py", 1, 2), source("/workspace/a.py", 2, 2)]);
        assert!(good.check(computer.as_ref()).await.unwrap().ok);
        let bad = conclusion(vec![
            source("a.py", 2, 3),
            source("a.py", 2, 1),
            source("no.py", 1, 1),
            source("/etc/passwd", 1, 1),
            source("../a.py", 1, 1),
        ]);
        let answer = bad.check(computer.as_ref()).await.unwrap();
        assert!(!answer.ok);
        for why in ["it has 2 lines", "are no range", "no such file", "outside", "without .."] {
            assert!(answer.text.contains(why), "{}", answer.text);
        }
    }
}
