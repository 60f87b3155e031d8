//! The only binary: reads the command line, wires the parts, and turns results into words and
//! exit codes. Everything it can do is a file in `commands/`.

mod cli;
mod commands;
mod exit;
mod find;
mod remote;
mod ui;
mod view;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::cli::Cli;

fn main() -> ExitCode {
    // Before anything else: a computer's init must have no threads and no open files of ours.
    if computer::namespaces::is_helper_call() {
        computer::namespaces::helper_main();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::misused(&error),
    };
    trace(cli.verbose);
    let runtime = match runtime(&cli) {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error), cli.json),
    };
    let json = cli.json;
    let ended = runtime.block_on(commands::run(cli));
    // Whoever still waits for a lock, or for somebody to type, is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error, json),
    }
}

/// Hundreds of attempts share a machine, and each does one thing after the other: a second thread
/// would only be one more to wake, for each step of each.
fn runtime(cli: &Cli) -> std::io::Result<Runtime> {
    match cli.command {
        cli::Command::Attempt(_) => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
    }
}

/// Traces of the program itself go to standard error; `WHIMBREL_LOG` chooses finer than `-v`.
fn trace(verbose: u8) {
    let default = ["warn", "info", "debug", "trace"][usize::from(verbose.min(3))];
    let filter = tracing_subscriber::EnvFilter::try_from_env("WHIMBREL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
