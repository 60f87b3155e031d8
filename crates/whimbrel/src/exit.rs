//! Exit codes, which are stable, and how an error is told.

use std::process::ExitCode;

use serde_json::json;

use crate::ui;

/// How a command ended. The numbers are part of the interface; `docs/cli.md` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Ok,
    /// Every attempt ended, and none changed anything.
    NoChange,
    /// Something was changed, but no change may be offered: each breaks what worked.
    NothingToOffer,
    /// Every attempt failed before it could say anything about the task.
    AttemptsFailed,
    Cancelled,
    /// A merge that would be wrong was not made.
    MergeRefused,
    /// Something that `doctor` or a check looked at isn't as it should be.
    Unhealthy,
    /// A file isn't the evidence that was signed.
    Refused,
    /// What was typed can't be done as it stands; the words have been said.
    Usage,
    /// The status of the program that ran in a computer.
    Program(u8),
}

/// The operation failed. The error says why and what to do.
const FAILED: u8 = 1;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Usage => 2,
            Exit::NoChange => 3,
            Exit::NothingToOffer => 4,
            Exit::AttemptsFailed => 5,
            Exit::Cancelled => 6,
            Exit::MergeRefused => 7,
            Exit::Unhealthy => 8,
            Exit::Refused => 9,
            Exit::Program(code) => code,
        })
    }
}

/// Tells of wrong usage (or prints the help that was asked for). Nobody knows yet whether JSON is
/// wanted, so it is looked for among the words before the program of `computer run`.
pub fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().skip(1).take_while(|word| word != "--").any(|w| w == "--json");
    if json && error.use_stderr() {
        let text = error.render().to_string();
        let mut lines = text.lines().map(|line| line.trim().trim_start_matches("error: "));
        let what = lines.next().unwrap_or_default();
        let more: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        ui::json(&json!({ "error": what, "causes": more }));
    } else {
        // Where nobody can be told, nothing is left to do.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED))
}

/// Tells an error: what failed, then why, one cause a line.
pub fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let causes: Vec<String> = error.chain().map(|cause| ui::safe(&cause.to_string())).collect();
    if json {
        ui::json(&json!({ "error": causes[0], "causes": causes[1..] }));
    } else {
        ui::err(&format!("{} {}", ui::Paint::stderr().red("error:"), causes[0]));
        for cause in &causes[1..] {
            ui::err(&format!("  because: {cause}"));
        }
    }
    let refused =
        matches!(error.downcast_ref::<engine::Error>(), Some(engine::Error::MergeRefused { .. }));
    if refused { Exit::MergeRefused.into() } else { ExitCode::from(FAILED) }
}
