//! `whimbrel evidence`, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Show what whimbrel itself ran and saw about a change, or verify what it signed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:\n  \
    whimbrel evidence k3v9x2ab\n  \
    whimbrel evidence k3v9x2ab.2 --log test-head.log\n  \
    whimbrel evidence k3v9x2ab --signed --logs logs > evidence.json\n  \
    whimbrel evidence verify evidence.json --key key.pem --logs logs")]
pub struct EvidenceArgs {
    #[command(subcommand)]
    pub command: Option<EvidenceCommand>,
    /// A task's, an attempt's or a pull request's id, or its branch.
    #[arg(required = true)]
    pub id: Option<String>,
    /// Print one check's full log, by the name that the evidence lists.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["signed", "logs"])]
    pub log: Option<String>,
    /// Write every check's full log into this folder.
    #[arg(long, value_name = "DIR")]
    pub logs: Option<PathBuf>,
    /// Print the evidence as it was signed: an in-toto statement in a DSSE envelope.
    #[arg(long)]
    pub signed: bool,
}

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    Verify(VerifyArgs),
    /// Print the public key that this machine's evidence is signed with, as PEM.
    Key,
}

/// Say what was signed, or why a file isn't what was signed: needs no whimbrel home and no network.
///
/// Without --key, the key that the file names is believed: that shows that nothing was changed since
/// it was signed, and not who signed it.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// What `whimbrel evidence ID --signed` printed; `-` reads standard input.
    pub file: PathBuf,
    /// Whose signature it must have: a file that `whimbrel evidence key` printed, or a key's id.
    #[arg(long, value_name = "FILE|ID")]
    pub key: Option<String>,
    /// Where the logs are that must be those that were signed.
    #[arg(long, value_name = "DIR")]
    pub logs: Option<PathBuf>,
}
