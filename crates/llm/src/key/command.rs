//! A key that a command tells, such as a password manager's. The one place of this crate that
//! starts a process: the operator's own command line, from `models.toml`, never anybody else's.

use std::io::{self, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::KEY_BYTES_MAX;

/// A password manager may ask for a fingerprint.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// Why a command told no key. What it wrote is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("it can't be started")]
    Start(#[source] io::Error),
    #[error("it said nothing for {0} s and was ended")]
    TooLate(u64),
    #[error("it failed with {0}; run it by hand to see why")]
    Failed(String),
    #[error("its output can't be read")]
    Output(#[source] io::Error),
}

/// What `/bin/sh -c command` writes, its first line. Blocks for as long as `timeout`.
pub(super) fn told(command: &str, timeout: Duration) -> Result<String, CommandError> {
    let mut child = start(command).map_err(CommandError::Start)?;
    let told = first_line(&mut child, timeout);
    // The shell's children have its group: none is left behind, not even one that went on.
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    if told.is_none() {
        let _already_gone = killpg(group, Signal::SIGKILL);
    }
    let status = child.wait().map_err(CommandError::Output)?;
    match told {
        None => Err(CommandError::TooLate(timeout.as_secs())),
        Some(_) if !status.success() => Err(CommandError::Failed(words(status))),
        Some(told) => told.map_err(CommandError::Output),
    }
}

#[expect(clippy::disallowed_methods, reason = "the operator's own command for a key")]
fn start(command: &str) -> io::Result<Child> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).process_group(0);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    shell.spawn()
}

/// None where it is not done in time. The thread that reads ends with the pipe.
fn first_line(child: &mut Child, timeout: Duration) -> Option<io::Result<String>> {
    let pipe = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = pipe.take(KEY_BYTES_MAX as u64 + 1).read_to_string(&mut text);
        let line = read.map(|_| text.lines().next().unwrap_or_default().to_owned());
        let _nobody_waits_any_more = sender.send(line);
    });
    receiver.recv_timeout(timeout).ok()
}

fn words(status: ExitStatus) -> String {
    let code = status.code().map(|code| format!("exit code {code}"));
    code.unwrap_or_else(|| format!("signal {}", status.signal().unwrap_or(0)))
}

#[cfg(test)]
mod tests;
