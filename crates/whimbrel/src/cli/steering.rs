//! Speaking to attempts, as it is typed.

use std::path::PathBuf;

use clap::Args;

/// Ask a question about a repository. Nothing is changed.
///
/// An agent looks for the answer on a computer of its own, and names the files and lines that it
/// rests on; whimbrel checks that they are there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel ask \"Where are expired sessions removed?\"\n  \
    whimbrel ask --repo ~/src/app --model anthropic/claude-sonnet-4-5 \"Why two caches?\"")]
pub struct AskArgs {
    /// The question; `-` reads it from standard input.
    pub text: String,
    /// The git repository: a folder, or an http, ssh or file URL.
    #[arg(long, default_value = ".", value_name = "DIR|URL")]
    pub repo: String,
    /// The branch to look at [default: the current one].
    #[arg(long, value_name = "BRANCH")]
    pub base: Option<String>,
    /// The model, as `provider/model` or an alias.
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<String>,
    /// Wall time of the work, in minutes [default: 30].
    #[arg(long, value_name = "N", value_parser = super::parse_minutes)]
    pub minutes: Option<u64>,
    /// What the models may cost, in US dollars.
    #[arg(long, value_name = "USD", value_parser = super::parse_usd)]
    pub usd: Option<u64>,
    /// Look at your uncommitted work too.
    #[arg(long, conflicts_with = "base")]
    pub with_changes: bool,
    /// Don't wait for the answer; `whimbrel show` prints it later.
    #[arg(short, long)]
    pub detach: bool,
}

/// Say something to an agent at work, or to one that has ended.
///
/// An agent at work reads it before its model is asked next. One that has ended goes on from
/// there, on the same computer, as a new attempt of the same task; an open pull request gets its
/// change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel steer k3v9x2ab.1 \"Don't touch the public interface\"\n  \
    whimbrel steer k3v9 \"Good, but also cover the empty list\"")]
pub struct SteerArgs {
    /// An attempt's or a task's id; of a task the chosen, or only, attempt is meant.
    pub id: String,
    /// The message; `-` reads it from standard input.
    pub text: String,
    /// Stay until the task is offered or has ended.
    #[arg(short, long)]
    pub wait: bool,
}

/// Follow an attempt live, and speak to it: each line that you type is a message.
///
/// Ctrl-D stops speaking, Ctrl-C stops following; the attempt goes on either way.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// An attempt's or a task's id.
    pub id: String,
}

/// Show an attempt's plan, and approve it, as it is or edited.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel plan k3v9x2ab.1\n  \
    whimbrel plan k3v9 --approve\n  \
    whimbrel plan k3v9 --edit\n  \
    whimbrel steer k3v9 \"Leave the parser alone\"   (a new plan)")]
pub struct PlanArgs {
    /// An attempt's or a task's id.
    pub id: String,
    /// Let the work begin by this plan.
    #[arg(long)]
    pub approve: bool,
    /// Edit the plan with $VISUAL or $EDITOR, then let the work begin by it.
    #[arg(long, conflicts_with_all = ["approve", "file"])]
    pub edit: bool,
    /// Let the work begin by the plan in this file; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "approve")]
    pub file: Option<PathBuf>,
}

/// Bring an attempt's change into a work tree of its own, to look at it or work on.
///
/// Your own work tree and its branch stay as they are. No hook and no filter runs.
#[derive(Debug, Args)]
pub struct CheckoutArgs {
    /// An attempt's or a task's id.
    pub id: String,
    /// The new folder [default: beside the repository].
    pub dir: Option<PathBuf>,
    /// The branch to make there [default: whimbrel/ATTEMPT].
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
}

/// Run an attempt again from its record, with no model, and say where it departs.
///
/// The recorded answers are given to the same agent on a new computer. Nothing is stored and
/// nothing offered.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// An attempt's id.
    pub id: String,
    /// Go on after the first difference, and count them.
    #[arg(long)]
    pub keep_going: bool,
}

/// Remove what old attempts left on the disk, as `[keep]` in config.toml has it.
///
/// A running engine does it by itself. A change that exists nowhere else is never removed.
#[derive(Debug, Args)]
pub struct GcArgs {
    /// Only say what would be removed, and what is kept though it is old.
    #[arg(long)]
    pub dry_run: bool,
    /// Whatever its age: everything of ended attempts that nobody needs.
    #[arg(long)]
    pub all: bool,
}
