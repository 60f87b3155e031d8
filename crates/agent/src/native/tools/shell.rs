//! The tool that runs a command in the computer.

use std::collections::VecDeque;
use std::time::Duration;

use computer::{Computer, Exec, Output, Status};
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::Answer;

pub(super) const NAME: &str = "shell";

const TIMEOUT_DEFAULT_S: u64 = 120;
const TIMEOUT_MAX_S: u64 = 1_800;
/// Kept of a command's output: half of it from the beginning, half from the end, where test
/// runners put their summaries.
const OUTPUT_BYTES_MAX: usize = 24 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Shell {
    command: String,
    #[serde(default)]
    timeout_seconds: Option<u64>,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/shell.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "command": { "type": "string" },
                "timeout_seconds": {
                    "type": "integer",
                    "description": format!("{TIMEOUT_DEFAULT_S} if not given."),
                },
            },
            "required": ["command"],
        }),
    }
}

impl Shell {
    pub(super) async fn run(
        &self,
        computer: &dyn Computer,
        left: Duration,
    ) -> Result<Answer, computer::Error> {
        if self.command.contains('\0') {
            return Ok(Answer::bad("A command can't contain a NUL character."));
        }
        let timeout = self.timeout().min(left);
        let mut execution = computer.exec(self.exec().timeout(timeout)).await?;
        let mut ends = Ends::default();
        while let Some(Output::Stdout(piece) | Output::Stderr(piece)) = execution.next().await {
            ends.push(&piece);
        }
        let status = execution.wait().await?.status;
        let text = format!("{}[{}]", ends.text(), words(status, timeout));
        Ok(Answer { ok: status.is_success(), text, changed: false })
    }

    /// Both streams go into one pipe, so that errors stand where they happened.
    fn exec(&self) -> Exec {
        Exec::new(["/bin/sh", "-c", r#"exec /bin/sh -c "$1" 2>&1"#, "sh", &self.command])
    }

    fn timeout(&self) -> Duration {
        let seconds = self.timeout_seconds.unwrap_or(TIMEOUT_DEFAULT_S);
        Duration::from_secs(seconds.clamp(1, TIMEOUT_MAX_S))
    }
}

fn words(status: Status, timeout: Duration) -> String {
    match status {
        Status::Exited(code) => format!("exit status {code}"),
        Status::Signalled(signal) => format!("killed by signal {signal}"),
        Status::OutOfTime => format!("killed after {} s", timeout.as_secs()),
        Status::OutOfMemory => "killed: out of memory".into(),
        Status::OutOfDisk => "killed: no space left on the computer's disk".into(),
    }
}

/// The beginning and the end of a stream of any length.
#[derive(Debug, Default)]
struct Ends {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped_bytes: usize,
}

impl Ends {
    fn push(&mut self, piece: &[u8]) {
        let room = (OUTPUT_BYTES_MAX / 2).saturating_sub(self.head.len()).min(piece.len());
        let (head, tail) = piece.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(tail);
        let surplus = self.tail.len().saturating_sub(OUTPUT_BYTES_MAX / 2);
        self.tail.drain(..surplus);
        self.dropped_bytes += surplus;
    }

    /// As lines, so that what follows begins one.
    fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let mut text = if self.dropped_bytes == 0 {
            String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned()
        } else {
            let (head, tail) =
                (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&tail));
            format!("{head}\n[… {} bytes cut …]\n{tail}", self.dropped_bytes)
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests;
