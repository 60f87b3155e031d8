//! `whimbrel env …`, as it is typed.

use clap::{Args, Subcommand, ValueEnum};

/// The recipe of a project's computers, and what was made from it.
#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    Explain(EnvExplainArgs),
    Build(EnvBuildArgs),
    Shell(EnvShellArgs),
    List(EnvListArgs),
    Prune(EnvPruneArgs),
    Check(EnvCheckArgs),
    #[command(subcommand)]
    Secret(SecretCommand),
}

/// Which commit of which repository.
#[derive(Debug, Args)]
pub struct At {
    /// The git repository: a folder, or an http, ssh or file URL.
    #[arg(long, default_value = ".", value_name = "DIR|URL")]
    pub repo: String,
    /// The branch or commit to look at [default: the current branch].
    #[arg(long, value_name = "BRANCH|COMMIT")]
    pub base: Option<String>,
}

/// Say what was read or guessed, from which file, how to fix it, and how each step would go.
///
/// Builds nothing. Each step is a hit or a miss, with the reason, the time it took when it was
/// made, and the command that does it again.
#[derive(Debug, Args)]
pub struct EnvExplainArgs {
    #[command(flatten)]
    pub at: At,
    /// Explain it as with `delegate --without-setup`.
    #[arg(long)]
    pub without_setup: bool,
}

/// A step on the way to a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StepName {
    /// The image, or this machine's own tools.
    Base,
    /// The repository, and what the setup makes of it.
    Setup,
    /// The commit, where the setup was made at another one, and maintenance.
    #[value(alias = "maintenance")]
    Commit,
}

/// Make a commit's snapshot now, or find it.
///
/// Attempts do the same by themselves; this is to try a setup, or to have it ready.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel env build\n  \
    whimbrel env build --step setup --no-cache --repo ~/src/app")]
pub struct EnvBuildArgs {
    #[command(flatten)]
    pub at: At,
    /// Go no further than this step.
    #[arg(long, value_name = "STEP", default_value = "commit")]
    pub step: StepName,
    /// Make everything anew, the image included, for this project from now on.
    #[arg(long)]
    pub no_cache: bool,
    /// Leave setup and maintenance out.
    #[arg(long)]
    pub without_setup: bool,
}

/// Open a shell in a computer as attempts get it; what is done there is thrown away.
///
/// Exits with the shell's status.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel env shell\n  \
    whimbrel env shell --at setup --network packages -- pip install x")]
pub struct EnvShellArgs {
    #[command(flatten)]
    pub at: At,
    /// Which step's computer: `setup` is the one in which a later commit isn't yet.
    #[arg(long = "at", value_name = "STEP", default_value = "commit")]
    pub step: StepName,
    /// What the computer reaches, as for `computer run` [default: what agents reach].
    #[arg(long, value_name = "POLICY", value_parser = super::parse_network)]
    pub network: Option<domain::network::Policy>,
    /// Leave setup and maintenance out.
    #[arg(long)]
    pub without_setup: bool,
    /// What to run instead of a shell.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<String>,
}

/// List the snapshots there are, the last used first.
#[derive(Debug, Args)]
pub struct EnvListArgs {
    /// Only those of this repository.
    #[arg(long, value_name = "DIR|URL")]
    pub repo: Option<String>,
}

/// Remove snapshots that nobody needs, by age and by size.
///
/// None goes that a computer is made of, or that an unfinished attempt needs. What goes is made
/// again when it is wanted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel env prune --older-than 7d --dry-run\n  \
    whimbrel env prune --max-size 20GiB")]
pub struct EnvPruneArgs {
    /// Those not used for so long, like 12h or 30d [default: 30d where no size is said].
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    pub older_than: Option<u64>,
    /// The longest unused until all together hold no more than this, like 20GiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_size: Option<u64>,
    /// Only say what would go.
    #[arg(long)]
    pub dry_run: bool,
}

/// Read all snapshots' files, and say which aren't what they were.
#[derive(Debug, Args)]
pub struct EnvCheckArgs {
    /// Only the snapshot whose key begins so.
    #[arg(value_name = "KEY")]
    pub key: Option<String>,
}

/// Values that setups are given by name: in no snapshot, no log, and no agent's computer.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    Set(SecretSetArgs),
    /// List names, never values.
    List,
    Remove(SecretNameArgs),
}

/// Store a secret. Its value is asked for, or read from standard input.
///
/// A setup gets it as $NAME and as the file /run/whimbrel/secrets/NAME, if whimbrel.toml names it
/// in `environment.secrets`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel env secret set INDEX_TOKEN --repo ~/src/app\n  \
    pass show index | whimbrel env secret set INDEX_TOKEN\n  \
    whimbrel env secret set INDEX_TOKEN --from-env CI_INDEX_TOKEN")]
pub struct SecretSetArgs {
    #[command(flatten)]
    pub which: SecretNameArgs,
    /// Store no value: read this variable whenever it is needed.
    #[arg(long, value_name = "VARIABLE")]
    pub from_env: Option<String>,
}

#[derive(Debug, Args)]
pub struct SecretNameArgs {
    /// Letters, digits and _.
    pub name: String,
    /// The repository whose setups may have it.
    #[arg(long, default_value = ".", value_name = "DIR|URL")]
    pub repo: String,
    /// The setups of all repositories may have it, also of those added later.
    #[arg(long, conflicts_with = "repo")]
    pub all_projects: bool,
}

/// An age as typed, as milliseconds.
fn parse_age(text: &str) -> Result<u64, String> {
    let wrong = || "write it like 90m, 12h or 30d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let minutes: u64 = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    number.checked_mul(minutes * 60_000).ok_or_else(wrong)
}

fn parse_size(text: &str) -> Result<u64, String> {
    domain::limits::parse_size(text).map_err(|error| error.to_string())
}
