//! Deciding about changes, as it is typed.

use clap::Args;

/// Approve an attempt's change: what follows is the project's choice, a merge after proving it again
/// where the base has moved, or a pull request.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel approve k3v9x2ab.2\n  \
    whimbrel approve k3v9")]
pub struct ApproveArgs {
    /// An attempt's or a task's id; of a task the chosen attempt is meant.
    pub id: String,
    /// Stay until it is carried out.
    #[arg(short, long)]
    pub wait: bool,
}

/// Reject an attempt's change: its pull request is closed, and the same isn't shown again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel reject k3v9 --reason too-big\n  \
    whimbrel reject k3v9 --reason wrong \"It still overshoots at 60 Hz\"")]
pub struct RejectArgs {
    /// An attempt's or a task's id; of a task the chosen attempt is meant.
    pub id: String,
    /// `wrong` (it doesn't do it), `unwanted` (nobody wants it), `too-big`, `style`, `unproven`, `other`.
    #[arg(long, value_name = "REASON", default_value = "other", value_parser = parse_reason)]
    pub reason: domain::verdict::Reason,
    /// More about it, in words.
    #[arg(default_value = "")]
    pub words: String,
    /// Stay until it is carried out.
    #[arg(short, long)]
    pub wait: bool,
}

/// Say what is to be different: a new attempt goes on from this one, and comes back with what changed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  whimbrel feedback k3v9 \"Good, but also cover the empty list\""
)]
pub struct FeedbackArgs {
    /// An attempt's or a task's id; of a task the chosen attempt is meant.
    pub id: String,
    /// What to change; `-` reads it from standard input.
    pub text: String,
    /// Stay until the new attempt is begun.
    #[arg(short, long)]
    pub wait: bool,
}

#[derive(Debug, Args)]
pub struct DecideArgs {
    pub verdict: domain::VerdictId,
}

fn parse_reason(text: &str) -> Result<domain::verdict::Reason, String> {
    let reasons = domain::verdict::Reason::ALL;
    let found = reasons.into_iter().find(|reason| reason.name().replace('_', "-") == text);
    found.ok_or_else(|| {
        let names: Vec<String> =
            reasons.iter().map(|reason| reason.name().replace('_', "-")).collect();
        format!("one of {}", names.join(", "))
    })
}
