//! Our own processes, as `/proc` shows them: those whose program is ours, and whose they are.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use domain::AttemptId;

/// Processes between a nursery's child and its runner; a chain of parents that is longer is none.
const PARENTS_MAX: usize = 8;

/// For whom a process works.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A runner, its nursery, an init: what one attempt has of ours.
    Attempt(AttemptId),
    Engine,
}

/// One process of ours, just now.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: u32,
    /// With the number, the same process and no later one.
    pub started: u64,
    pub owner: Owner,
    /// User and system, without its children's, in ticks of the clock.
    pub ticks: u64,
}

/// Finds them, and remembers whose they are after their parents have ended.
pub struct Finder {
    program: (u64, u64),
    owners: HashMap<(u32, u64), Owner>,
}

/// The fields that matter of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    ticks: u64,
    started: u64,
}

impl Finder {
    pub fn new() -> Result<Self> {
        let program = program_of("self").context("can't find this program in /proc")?;
        Ok(Self { program, owners: HashMap::new() })
    }

    /// All but this one and those that nobody started whom we know. One that ends meanwhile is
    /// left out.
    pub fn find(&mut self) -> Vec<Process> {
        let found: HashMap<u32, Stat> = numbers()
            .filter(|pid| *pid != std::process::id())
            .filter(|pid| program_of(&pid.to_string()) == Some(self.program))
            .filter_map(|pid| Some((pid, stat(pid)?)))
            .collect();
        let owned = found.iter().filter_map(|(&pid, stat)| {
            let owner = self.owner(pid, &found)?;
            Some(Process { pid, started: stat.started, owner, ticks: stat.ticks })
        });
        let owned: Vec<Process> = owned.collect();
        self.owners = owned.iter().map(|p| ((p.pid, p.started), p.owner.clone())).collect();
        owned
    }

    fn owner(&self, pid: u32, found: &HashMap<u32, Stat>) -> Option<Owner> {
        let mut at = pid;
        for _ in 0..PARENTS_MAX {
            let stat = found.get(&at)?;
            let known = self.owners.get(&(at, stat.started)).cloned();
            if let Some(owner) = known.or_else(|| owner_said(at)) {
                return Some(owner);
            }
            at = stat.parent;
        }
        None
    }
}

/// The processes of ours that work in that home, by their environment.
pub fn of_home(home: &Path) -> Vec<u32> {
    let Some(program) = program_of("self") else { return Vec::new() };
    let variable = format!("WHIMBREL_HOME={}", home.display()).into_bytes();
    let is_there = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|given| given == variable)
    };
    numbers()
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| program_of(&pid.to_string()) == Some(program))
        .filter(is_there)
        .collect()
}

/// What a process weighs, in KiB: memory that several share counts in parts. None for one that has
/// ended.
pub fn pss_kib(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn numbers() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What tells a program's file from others.
fn program_of(pid: &str) -> Option<(u64, u64)> {
    let found = fs::metadata(format!("/proc/{pid}/exe")).ok()?;
    Some((found.dev(), found.ino()))
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in the second field may have anything in it, so it is skipped by its last bracket.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // As numbered by proc(5), where the first one here is the third.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(field(4)?).ok()?,
        ticks: field(14)? + field(15)?,
        started: field(22)?,
    })
}

/// Whose it is by its own command line: `whimbrel attempt ID …` or `whimbrel serve …`.
fn owner_said(pid: u32) -> Option<Owner> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let mut words = line.split(|byte| *byte == 0).skip(1);
    match words.next()? {
        b"attempt" => Some(Owner::Attempt(std::str::from_utf8(words.next()?).ok()?.parse().ok()?)),
        b"serve" => Some(Owner::Engine),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_hides_no_field() {
        let text = "7 (a) b (c)) S 3 7 7 0 -1 4194560 1 2 3 4 50 7 900 900 20 0 1 0 12345 1 2";
        let stat = parse_stat(text).unwrap();
        assert_eq!(stat, Stat { parent: 3, ticks: 57, started: 12_345 });
        assert_eq!(parse_stat("7 (a"), None);
    }

    #[test]
    fn this_process_has_a_weight() {
        assert!(pss_kib(std::process::id()).unwrap() > 0);
    }
}
