//! A step that failed because of the repository's own commands: what it said last, what to try,
//! and the command that does it again. Words only.

use std::fmt;
use std::time::Duration;

use computer::Status;
use domain::network::Policy;
use environment::Environment;
use serde::{Deserialize, Serialize};

use super::step::Name;

/// Of a failed step's output, what the error shows.
const LINES_MAX: usize = 20;
const BYTES_MAX: usize = 4 * 1024;

/// What programs say when there is no network where they want one.
const OFFLINE: [&str; 9] = [
    "could not resolve",
    "couldn't resolve",
    "eai_again",
    "enotfound",
    "name or service not known",
    "name resolution",
    "network is unreachable",
    "no address associated",
    "failed to lookup address",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Failure {
    pub step: Name,
    /// `setup`, `maintenance`, `postCreateCommand`, …
    pub script: String,
    /// `exit 1 after 3 s`.
    pub how: String,
    /// The end of what it printed, secrets replaced by their names.
    pub output: String,
    /// What would help, a sentence each.
    pub tries: Vec<String>,
    /// The command that does it again.
    pub again: String,
    /// All that it printed.
    pub log: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        for line in self.output.lines() {
            writeln!(f, "  | {line}")?;
        }
        f.write_str(&self.advice())
    }
}

impl Failure {
    pub fn headline(&self) -> String {
        format!("{} failed: {}", self.script, self.how)
    }

    /// What to do, for who has seen the output.
    pub fn advice(&self) -> String {
        let mut lines: Vec<String> = self.tries.iter().map(|tip| format!("  try: {tip}")).collect();
        lines.push(format!("  all it printed: {}", self.log));
        lines.push(format!("  again: {}", self.again));
        lines.push("  without it: the same with --without-setup".into());
        lines.join("\n")
    }
}

/// What is known of a script that failed.
pub struct Ran<'a> {
    pub status: Status,
    pub after: Duration,
    pub printed: &'a str,
    /// Hosts that it asked for and didn't reach, each with the reason.
    pub refused: &'a [(String, String)],
}

pub fn output(printed: &str) -> String {
    stdx::cut::tail(printed, LINES_MAX, BYTES_MAX)
}

pub fn how(ran: &Ran<'_>, environment: &Environment) -> String {
    let seconds = ran.after.as_secs_f64();
    let minutes = environment.setup_ms / 60_000;
    match ran.status {
        Status::Exited(code) => format!("exit {code} after {seconds:.1} s"),
        Status::Signalled(signal) => format!("killed by signal {signal} after {seconds:.1} s"),
        Status::OutOfTime => format!("stopped after {minutes} min, all the time it may take"),
        Status::OutOfMemory => format!("killed for memory after {seconds:.1} s"),
        Status::OutOfDisk => format!("stopped after {seconds:.1} s, its disk was full"),
    }
}

/// What to try, as far as can be told.
pub fn tries(ran: &Ran<'_>, environment: &Environment) -> Vec<String> {
    let limits = &environment.limits;
    let mib = |bytes: u64| bytes / domain::limits::MIB;
    let of_status = match ran.status {
        Status::OutOfTime => Some("a higher limit: [limits] setup_minutes = …".to_owned()),
        Status::OutOfMemory => Some(format!(
            "a higher limit: [limits] memory = \"…\", which is {}MiB now",
            mib(limits.memory_bytes)
        )),
        Status::OutOfDisk => Some(format!(
            "a higher limit: [limits] disk = \"…\", which is {}MiB now",
            mib(limits.disk_bytes)
        )),
        Status::Exited(127) => Some(format!(
            "another base: a program isn't there (environment.image = \"{}\")",
            environment.image
        )),
        Status::Exited(_) | Status::Signalled(_) => None,
    };
    of_status.into_iter().chain(network(ran, environment)).collect()
}

fn network(ran: &Ran<'_>, environment: &Environment) -> Option<String> {
    let policy = &environment.network;
    let said = ran.printed.to_lowercase();
    if let Some((host, why)) = ran.refused.first() {
        return Some(format!("it asked for {host} and was refused: {why}"));
    }
    let offline = *policy == Policy::None && OFFLINE.iter().any(|words| said.contains(words));
    offline.then(|| {
        "[environment] network = \"packages\": it seems to want a network, and has none".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tips(status: Status, printed: &str, refused: &[&str]) -> String {
        let refused: Vec<_> =
            refused.iter().map(|&host| (host.to_owned(), "it isn't listed".to_owned())).collect();
        let after = Duration::from_millis(1_500);
        let ran = Ran { status, after, printed, refused: &refused };
        let environment = Environment::default();
        format!("{}\n{}", how(&ran, &environment), tries(&ran, &environment).join("\n"))
    }

    #[test]
    fn each_way_to_fail_has_its_advice() {
        assert_eq!(tips(Status::Exited(1), "no", &[]), "exit 1 after 1.5 s\n");
        let offline = tips(Status::Exited(1), "pip: Temporary failure in name resolution", &[]);
        assert!(offline.contains("network = \"packages\""), "{offline}");
        let refused = tips(Status::Exited(1), "", &["pypi.org"]);
        assert!(refused.contains("it asked for pypi.org and was refused"), "{refused}");
        assert!(tips(Status::OutOfTime, "", &[]).contains("setup_minutes"));
        assert!(tips(Status::OutOfMemory, "", &[]).contains("4096MiB now"));
        assert!(tips(Status::Exited(127), "", &[]).contains("environment.image"));
    }
}
