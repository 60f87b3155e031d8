//! The command line, as it is typed. Doc comments here are the manual.

pub mod access;
mod deciding;
pub mod env;
mod evidence;
mod login;
mod measuring;
mod steering;

use clap::{Args, Parser, Subcommand};

pub use self::access::{AuditArgs, LinkArgs, ServeArgs, TokenCommand};
pub use self::deciding::{ApproveArgs, DecideArgs, FeedbackArgs, RejectArgs};
pub use self::env::EnvCommand;
pub use self::evidence::{EvidenceArgs, EvidenceCommand, VerifyArgs};
pub use self::login::{LoginArgs, LogoutArgs};
pub use self::measuring::{BenchDiffArgs, BenchServeArgs, NumbersArgs};
pub use self::steering::{
    AskArgs, AttachArgs, CheckoutArgs, GcArgs, PlanArgs, ReplayArgs, SteerArgs,
};

/// From a sentence to a pull request with proof, on your own machine.
///
/// An agent works on a task alone, on a computer of its own. whimbrel runs your checks itself,
/// before and after the change, and offers the best attempt as a pull request.
#[derive(Debug, Parser)]
#[command(name = "whimbrel", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 ended without a change, \
    4 changes that break what worked, 5 all attempts failed, 6 cancelled, 7 merge refused, \
    8 something isn't as it should be, 9 signed evidence refused. `computer run` and `env shell` exit with their program's \
    status.")]
pub struct Cli {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on standard error about what whimbrel itself does (repeat for more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say it to this server instead of this machine, like https://host:4747; `whimbrel login` keeps
    /// the token that it knows you by [env: WHIMBREL_SERVER, WHIMBREL_TOKEN].
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Delegate(DelegateArgs),
    Ask(AskArgs),
    List(ListArgs),
    Show(ShowArgs),
    Logs(LogsArgs),
    Diff(DiffArgs),
    Compare(CompareArgs),
    Steer(SteerArgs),
    Attach(AttachArgs),
    Plan(PlanArgs),
    Cancel(CancelArgs),
    Checkout(CheckoutArgs),
    Replay(ReplayArgs),
    #[command(subcommand)]
    Pr(PrCommand),
    /// Look at what waits for you, one card after the other, and decide.
    ///
    /// Keys: → or a approves, ← or r rejects, f gives feedback, d shows the diff, ↓ and ↑ move on, u takes
    /// the last decision back, q ends. Without a terminal the cards are listed.
    Feed,
    Approve(ApproveArgs),
    Reject(RejectArgs),
    Feedback(FeedbackArgs),
    Evidence(EvidenceArgs),
    Film(FilmArgs),
    #[command(subcommand)]
    Env(EnvCommand),
    #[command(subcommand)]
    Computer(ComputerCommand),
    Serve(ServeArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Numbers(NumbersArgs),
    Link(LinkArgs),
    #[command(subcommand)]
    Token(TokenCommand),
    Audit(AuditArgs),
    Gc(GcArgs),
    /// Say what works on this machine, and what to do about what doesn't.
    Doctor,
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Live one attempt. Started by whimbrel itself.
    #[command(hide = true)]
    Attempt(AttemptArgs),
    /// Examine a task's attempts by each other's tests. Started by whimbrel itself.
    #[command(hide = true)]
    Examine(ExamineArgs),
    /// Carry out what a person decided. Started by whimbrel itself.
    #[command(hide = true)]
    Decide(DecideArgs),
}

#[derive(Debug, Args)]
pub struct AttemptArgs {
    pub id: domain::AttemptId,
    /// The lease that was taken for this process.
    #[arg(long)]
    pub lease: store::lease::Holder,
}

/// Give agents a task, in a sentence.
///
/// Attempts run in background processes and go on when this command ends.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel delegate \"Fix the flaky parser test\"\n  \
    whimbrel delegate --repo ~/src/app --attempts 4 --wait \"The date picker is off by a day\"\n  \
    whimbrel delegate --agent mechanic:bisect \"Which commit broke test_parser?\"\n  \
    whimbrel delegate --agent mechanic:minimise \"k3v9x2ab.2\"\n  \
    whimbrel delegate --agent native --model anthropic/claude-sonnet-4-5 \"Add a --dry-run flag\"")]
pub struct DelegateArgs {
    /// What is to be done; `-` reads it from standard input.
    pub text: String,
    /// The git repository: a folder, or an http, ssh or file URL.
    #[arg(long, default_value = ".", value_name = "DIR|URL")]
    pub repo: String,
    /// The branch to start from and to offer the change for [default: the current one].
    #[arg(long, value_name = "BRANCH")]
    pub base: Option<String>,
    /// How many attempts to make, each on a computer of its own [default: 1].
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub attempts: Option<u32>,
    /// When so many attempts hold, don't begin those that still wait [default: make all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub enough: Option<u32>,
    /// Who does the work: `native` (a loop over a model), or without a model `mechanic` (makes failing
    /// tests pass, or what the text asks for of the following), `mechanic:lint` (the linters' own
    /// fixes), `mechanic:bisect` (the commit that broke a check), `mechanic:minimise` (makes the
    /// change of an attempt that the text names smaller)
    /// [default: native where a model is configured, else mechanic].
    #[arg(long, value_name = "NAME", value_parser = parse_agent)]
    pub agent: Option<domain::task::AgentName>,
    /// The model, as `provider/model`: openai, openai-chat, anthropic, ollama, openrouter.
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<String>,
    /// Wall time of each attempt's work, in minutes [default: 30].
    #[arg(long, value_name = "N", value_parser = parse_minutes)]
    pub minutes: Option<u64>,
    /// What each attempt's models may cost, in US dollars [default: no limit].
    #[arg(long, value_name = "USD", value_parser = parse_usd)]
    pub usd: Option<u64>,
    /// What each attempt's models may read and write, in tokens [default: 20 million].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub tokens: Option<u64>,
    /// Memory of each attempt's computer, like 512MiB or 4GiB [default: 4GiB].
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub memory: Option<u64>,
    /// Start the attempts' different searches from this number [default: random].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Leave the environment's setup and maintenance out, as when they fail; kept with the task.
    #[arg(long)]
    pub without_setup: bool,
    /// Begin with a plan, which you approve or edit (`whimbrel plan`) before the work begins.
    #[arg(long)]
    pub plan: bool,
    /// Start from your uncommitted work too: what `git add -A` would take. Your repository, its index
    /// and its files stay as they are.
    #[arg(long, conflicts_with = "base")]
    pub with_changes: bool,
    /// Stay until the task is offered or has ended.
    #[arg(short, long)]
    pub wait: bool,
}

/// List tasks, newest first.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// How many at most.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// Show a task with its attempts, or one attempt.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A task's or an attempt's id; the first characters are enough.
    pub id: String,
}

/// Print what an attempt, or every attempt of a task, did.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// A task's or an attempt's id.
    pub id: String,
    /// Stay and print what happens, until it has ended.
    #[arg(short, long)]
    pub follow: bool,
}

/// Print an attempt's change; for a task, that of its chosen or only attempt.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A task's or an attempt's id.
    pub id: String,
}

/// Write the film of an attempt's change or answer: a short video for the phone. For a task, of its
/// chosen or only attempt.
#[derive(Debug, Args)]
pub struct FilmArgs {
    /// A task's or an attempt's id.
    pub id: String,
    /// The file; without it `whimbrel-ATTEMPT.mp4`.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<std::path::PathBuf>,
    /// Write the captions as WebVTT too.
    #[arg(long, value_name = "FILE")]
    pub vtt: Option<std::path::PathBuf>,
    /// Write the first picture as a JPEG too.
    #[arg(long, value_name = "FILE")]
    pub poster: Option<std::path::PathBuf>,
}

/// Compare a task's attempts by their evidence, and say which is best and why.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A task's id.
    pub task: String,
    /// Print what lies between the results of two attempts, by their numbers.
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub diff: Vec<u32>,
}

#[derive(Debug, Args)]
pub struct ExamineArgs {
    pub task: domain::TaskId,
}

/// Stop a task's attempts. What they did so far is kept in the log.
///
/// A pull request that is there already, because an attempt followed another, stays as it was.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// A task's id.
    pub task: String,
}

/// Pull requests: list, show, diff, merge, close.
#[derive(Debug, Subcommand)]
pub enum PrCommand {
    /// List pull requests, newest first.
    List,
    /// Show a pull request: title, description and evidence.
    Show(PrArgs),
    /// Print a pull request's diff.
    Diff(PrArgs),
    /// Merge into the base branch. The checks run again first where the base has moved.
    Merge(PrArgs),
    /// Close without merging, and delete its branch.
    Close(PrCloseArgs),
}

#[derive(Debug, Args)]
pub struct PrArgs {
    /// A pull request's id (the same as its task's) or its branch.
    pub id: String,
}

#[derive(Debug, Args)]
pub struct PrCloseArgs {
    /// A pull request's id (the same as its task's) or its branch.
    pub id: String,
    /// Why; kept with the task.
    #[arg(long, default_value = "closed by hand")]
    pub reason: String,
}

/// Computers, by hand.
#[derive(Debug, Subcommand)]
pub enum ComputerCommand {
    /// Run one command in a fresh computer and exit with its status.
    ///
    /// 124 says out of time, 137 killed for memory, 122 ended for its disk, 127 not found, 126 not
    /// a program.
    #[command(after_help = "Examples:\n  \
        whimbrel computer run -- python3 -V\n  \
        whimbrel computer run --network packages --memory 1GiB -t -- bash\n  \
        whimbrel computer run --repo ~/src/app -- make test")]
    Run(ComputerRunArgs),
}

#[derive(Debug, Args)]
pub struct ComputerRunArgs {
    /// A git repository whose current commit is put into /workspace.
    #[arg(long, value_name = "DIR|URL")]
    pub repo: Option<String>,
    /// What lies below instead of this machine's own tools: a name like `python:3.12`,
    /// `oci:/folder` or `tar:/file`.
    #[arg(long, value_name = "IMAGE", conflicts_with = "repo")]
    pub image: Option<environment::Image>,
    /// What the computer reaches: `none` (loopback), `packages` (the common registries), `all`, or
    /// hosts like `crates.io,*.example.com`. What it refuses is said at the end.
    #[arg(long, default_value = "none", value_name = "POLICY", value_parser = parse_network)]
    pub network: domain::network::Policy,
    /// Memory of all its processes, like 512MiB or 4GiB.
    #[arg(long, default_value = "4GiB", value_name = "SIZE", value_parser = parse_memory)]
    pub memory: u64,
    /// What its files may hold together, like 512MiB or 4GiB.
    #[arg(long, default_value = "16GiB", value_name = "SIZE", value_parser = parse_memory)]
    pub disk: u64,
    /// How many CPUs' time it may use; fractions are fine [default: all].
    #[arg(long, value_name = "N", value_parser = parse_cpus)]
    pub cpus: Option<u32>,
    /// Wall time, in minutes; fractions are fine.
    #[arg(long, default_value = "30", value_name = "N", value_parser = parse_minutes)]
    pub minutes: u64,
    /// Give the command a terminal of its own.
    #[arg(short, long, conflicts_with = "json")]
    pub tty: bool,
    /// The command and its arguments.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CMD"
    )]
    pub command: Vec<String>,
}

/// Measure.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// How many attempts run at once here, against a scripted model: time, our CPU per turn, memory.
    Attempts(BenchAttemptsArgs),
    /// How fast computers start, fork and work, beside whatever else is installed.
    Computer(BenchComputerArgs),
    /// How long the page of a long change takes, from two versions of a file to its last byte.
    Diff(BenchDiffArgs),
    /// How long the evidence of a small change takes, and where the time goes.
    Evidence(BenchEvidenceArgs),
    /// How long a film of a usual change takes to make, and how large it is.
    Film(BenchFilmArgs),
    /// How many bugs of programs of our own the mechanic repairs, how well, and how fast.
    Mechanic(BenchMechanicArgs),
    /// How fast the server answers under load, how much memory it takes, and whether it loses events.
    Serve(BenchServeArgs),
}

#[derive(Debug, Args)]
pub struct BenchEvidenceArgs {
    /// Tests of the Python project that is made for it.
    #[arg(long, default_value_t = 300, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub tests: u32,
    /// How long each of them works, in milliseconds of a processor.
    #[arg(long, default_value_t = 10, value_name = "MS")]
    pub test_ms: u32,
    /// Computers at once.
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2))]
    pub width: u32,
    /// For putting faults into the changed lines; 0 for none.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub mutation_seconds: u32,
}

#[derive(Debug, Args)]
pub struct BenchFilmArgs {
    /// How often it is made.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub runs: u32,
}

#[derive(Debug, Args)]
pub struct BenchAttemptsArgs {
    /// Attempts at once.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub attempts: u32,
    /// Turns of each; the one before the last makes the change, the last one ends the work.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub turns: u32,
    /// How long the model takes for a turn, in milliseconds.
    #[arg(long, default_value_t = 2_000, value_name = "MS")]
    pub turn_ms: u64,
    /// Start whimbrel's server again in the middle.
    #[arg(long)]
    pub restart: bool,
}

#[derive(Debug, Args)]
pub struct BenchComputerArgs {
    /// How often each is run.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: u32,
    /// With a tree of 2,000 files instead of 50,000.
    #[arg(long)]
    pub quick: bool,
    /// Only this part; may be given several times.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub only: Vec<BenchPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BenchPart {
    /// From nothing to the end of the first command, beside other sandboxes.
    Start,
    /// Many computers at once of a large snapshot.
    Forks,
    /// Work inside, outside, and on a bare overlay.
    Steady,
}

#[derive(Debug, Clone, Args)]
pub struct BenchMechanicArgs {
    /// Only this language; may be given several times.
    #[arg(long, value_name = "LANGUAGE", value_delimiter = ',')]
    pub language: Vec<BenchLanguage>,
    /// Only this program; may be given several times.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub program: Vec<String>,
    /// What each bug may take, in seconds.
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Bugs of each program, a third of them written by hand, the others made by mutation.
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50))]
    pub each: u32,
    /// Which mutants these are, and on which random inputs repaired programs are compared.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Bugs that are worked on at once. More than one makes each slower.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub jobs: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum BenchLanguage {
    Python,
    #[value(name = "javascript", alias = "js")]
    JavaScript,
    #[value(name = "typescript", alias = "ts")]
    TypeScript,
    Rust,
}

fn parse_agent(text: &str) -> Result<domain::task::AgentName, String> {
    domain::task::AgentName::parse(text).ok_or_else(|| {
        let names = domain::task::AgentName::ALL.map(domain::task::AgentName::as_str);
        format!("there is no agent of that name; there are: {}", names.join(", "))
    })
}

/// Less is not enough for a computer's own init and a shell.
const MEMORY_BYTES_MIN: u64 = 16 * domain::limits::MIB;

fn parse_memory(text: &str) -> Result<u64, String> {
    let bytes = domain::limits::parse_size(text).map_err(|error| error.to_string())?;
    if bytes < MEMORY_BYTES_MIN {
        let least = MEMORY_BYTES_MIN / domain::limits::MIB;
        return Err(format!("a computer needs at least {least}MiB"));
    }
    Ok(bytes)
}

/// As in whimbrel.toml; hosts with commas between them, since a rule has none.
fn parse_network(text: &str) -> Result<domain::network::Policy, String> {
    let looks_like_hosts = text.contains(['.', ',', ':']);
    if !looks_like_hosts {
        let words = "write none, packages, all, or hosts like crates.io,*.example.com";
        return text.parse().map_err(|_| words.to_owned());
    }
    let hosts: Vec<String> = text.split(',').map(|host| host.trim().to_owned()).collect();
    hosts.try_into().map_err(|error: domain::network::MalformedPolicy| error.to_string())
}

/// CPUs as typed, as thousandths of one.
fn parse_cpus(text: &str) -> Result<u32, String> {
    const CPUS_MAX: f64 = 1024.0;
    let cpus: f64 = text.parse().map_err(|_| "not a number of CPUs".to_owned())?;
    if !(0.01..=CPUS_MAX).contains(&cpus) {
        return Err(format!("must be from 0.01 to {CPUS_MAX}"));
    }
    Ok((cpus * 1_000.0).round() as u32)
}

/// Dollars as typed, as millionths.
fn parse_usd(text: &str) -> Result<u64, String> {
    /// More is a slip of the finger.
    const USD_MAX: f64 = 100_000.0;
    let usd: f64 = text.trim_start_matches('$').parse().map_err(|_| "not a sum".to_owned())?;
    if !(usd > 0.0 && usd <= USD_MAX) {
        return Err(format!("must be more than 0 and at most {USD_MAX} dollars"));
    }
    Ok((usd * 1_000_000.0).round() as u64)
}

/// Minutes as typed, as milliseconds.
fn parse_minutes(text: &str) -> Result<u64, String> {
    /// A day: longer is a slip of the finger.
    const MINUTES_MAX: f64 = 1440.0;
    let minutes: f64 = text.parse().map_err(|_| "not a number of minutes".to_owned())?;
    if !(minutes > 0.0 && minutes <= MINUTES_MAX) {
        return Err(format!("must be more than 0 and at most {MINUTES_MAX} minutes"));
    }
    Ok((minutes * 60_000.0).ceil() as u64)
}
