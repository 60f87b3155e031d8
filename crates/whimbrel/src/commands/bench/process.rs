//! Starts processes of the host to be measured, or to measure beside.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Of what a program said when it failed, for people.
const WORDS_CHARS_MAX: usize = 300;

pub fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

#[expect(clippy::disallowed_methods, reason = "what is measured here is the start of a process")]
fn command<S: AsRef<OsStr>>(argv: &[S]) -> Command {
    let mut command = Command::new(argv[0].as_ref());
    command.args(&argv[1..]).stdin(Stdio::null());
    command
}

/// From its start to its end.
pub fn time<S: AsRef<OsStr>>(argv: &[S]) -> Result<Duration> {
    let mut command = command(argv);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().with_context(|| format!("can't start {}", words(argv)))?;
    let took = started.elapsed();
    if !status.success() {
        bail!("`{}` failed: {status}", words(argv));
    }
    Ok(took)
}

/// What it says on standard output; an error has its last line.
pub fn output<S: AsRef<OsStr>>(argv: &[S], folder: &Path) -> Result<String> {
    let ran = command(argv).current_dir(folder).output();
    let Output { status, stdout, stderr } =
        ran.with_context(|| format!("can't start {}", words(argv)))?;
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        let last = stderr.lines().last().unwrap_or_default();
        let last: String = last.chars().take(WORDS_CHARS_MAX).collect();
        bail!("`{}` failed: {status}: {last}", words(&argv[..1]));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

fn words<S: AsRef<OsStr>>(argv: &[S]) -> String {
    let words: Vec<_> = argv.iter().map(|word| word.as_ref().to_string_lossy()).collect();
    words.join(" ")
}
