//! What hostile programs try, one attack a test, as root's computers and as an ordinary user's.
//! Each says on standard error which layer stopped it and what the attacker saw.

#[cfg(target_arch = "x86_64")]
mod calls;
mod escapes;
mod exhaustion;
mod files;
mod kernel;
mod neighbours;
mod network;
mod processes;
mod shared;

use std::fmt::Display;

use computer::namespaces::LimitsBy;
use computer::{Computer, Exec};
use domain::Limits;
use domain::limits::MIB;

use crate::bench::{Bench, is_root, output, tell};

/// One line of the suite's table. Written past the test runner, which shows nothing of what passes.
pub fn held(attack: &str, by: &str, saw: impl Display) {
    let who = if is_root() { "root" } else { "user" };
    let saw = saw.to_string().trim().replace('\n', " | ");
    tell(&format!("held: {attack} ({who}) · by {by} · saw: {saw}"));
}

/// Small enough for an attack to meet its limits at once.
pub fn small() -> Limits {
    Limits { memory_bytes: 256 * MIB, processes: 64, ..Limits::default() }
}

/// Who holds memory and processes where this test runs.
pub fn group_or<'a>(bench: &Bench, group: &'a str, without: &'a str) -> &'a str {
    match bench.backend.limits_by() {
        LimitsBy::CgroupV1 | LimitsBy::CgroupV2 => group,
        LimitsBy::Rlimits => without,
    }
}

/// What a Python program prints; it must succeed.
pub async fn python(computer: &dyn Computer, script: &str) -> String {
    let exited = computer.run(Exec::new(["python3", "-c", script])).await.unwrap();
    assert!(exited.status.is_success(), "{:?}: {}", exited.status, exited.text());
    exited.stdout.text().trim().to_owned()
}

/// After whatever was done to it, a computer still works.
pub async fn still_works(computer: &dyn Computer) {
    assert_eq!(output(computer, "echo alive").await, "alive");
}
