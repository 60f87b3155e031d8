//! `cargo xtask`: chores of this repository that are more than a script.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use xtask::chaos;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of this repository")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Kill whimbrel at seeded moments and look whether anything was lost or done twice.
    Chaos(ChaosArgs),
}

#[derive(Args)]
struct ChaosArgs {
    /// How many seeds to play.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Seeds at once.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Keep the folders of seeds that failed.
    #[arg(long)]
    keep: bool,
    /// Say of every seed what was done.
    #[arg(long)]
    wordy: bool,
    /// Instead: restart everything while so many attempts run.
    #[arg(long, value_name = "ATTEMPTS")]
    restart: Option<u32>,
    /// The program to play with; built where none is given.
    #[arg(long, env = "WHIMBREL_PROGRAM")]
    program: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    match Cli::parse().chore {
        Chore::Chaos(args) => chaos(args),
    }
}

fn chaos(args: ChaosArgs) -> Result<ExitCode> {
    let program = args.program.map_or_else(build, Ok)?;
    let program = program.canonicalize().context("can't find the program")?;
    if let Some(attempts) = args.restart {
        println!("{}", chaos::restart(&program, attempts, args.keep)?);
        return Ok(ExitCode::SUCCESS);
    }
    let options = chaos::Options {
        program,
        from: args.from,
        seeds: args.seeds,
        jobs: args.jobs,
        keep: args.keep,
        is_wordy: args.wordy,
    };
    let summary = chaos::run(&options, &|line| println!("{line}"))?;
    println!("{summary}");
    Ok(if summary.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the real program and says where it is.
#[expect(clippy::disallowed_methods, reason = "a chore builds what it needs")]
fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "--quiet", "--package", "whimbrel"]).status()?;
    ensure!(built.success(), "whimbrel can't be built: {built}");
    let own = std::env::current_exe()?;
    let folder = own.parent().unwrap_or(Path::new("."));
    Ok(folder.join("whimbrel"))
}
