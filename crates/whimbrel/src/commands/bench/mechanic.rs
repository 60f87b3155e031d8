//! `whimbrel bench mechanic`: programs of our own are broken, each in a repository in a computer of
//! its own, and the mechanic repairs them as in an attempt. What it makes is compared with the
//! program as it was, on random inputs.

mod bugs;
mod corpus;
mod ground;
mod random;
mod table;
mod trial;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use computer::Snapshot;
use computer::namespaces::Namespaces;
use tokio::task::JoinSet;

use self::bugs::Bug;
use self::corpus::{PROGRAMS, Program};
use self::random::Random;
use self::trial::{Trial, Verdict};
use super::{Folder, tell};
use crate::cli::{BenchLanguage, BenchMechanicArgs};
use crate::exit::Exit;
use crate::ui;

/// Sets of random inputs on which a repaired program is compared.
const SEEDS: usize = 3;

pub async fn run(args: BenchMechanicArgs, json: bool) -> Result<Exit> {
    let mut bench = Bench::begin(&args)?;
    let bugs = bench.bugs().await;
    tell(&format!(
        "{} of at most {} s each, {} at once",
        ui::count(bugs.len(), "bug"),
        args.seconds,
        args.jobs
    ));
    let trials = bench.trials(bugs).await?;
    table::print(&trials, &bench.left_out, json);
    Ok(if bench.left_out.is_empty() { Exit::Ok } else { Exit::Unhealthy })
}

/// What all inputs of a run come from.
fn seeds(seed: u64) -> Vec<u64> {
    let mut random = Random::new(seed, "inputs");
    // A driver in JavaScript takes 32 bits.
    (0..SEEDS).map(|_| random.next() >> 33).collect()
}

struct Bench {
    args: BenchMechanicArgs,
    /// It ends before its folder goes, since its last threads may still work there.
    backend: Namespaces,
    _folder: Folder,
    snapshots: BTreeMap<BenchLanguage, Snapshot>,
    /// Languages that this machine can't run, and why.
    left_out: Vec<(BenchLanguage, String)>,
}

impl Bench {
    fn begin(args: &BenchMechanicArgs) -> Result<Self> {
        let is_there = |name: &&String| PROGRAMS.iter().any(|program| program.name == **name);
        if let Some(name) = args.program.iter().find(|name| !is_there(name)) {
            let names: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
            bail!("there is no program {name:?}; there are {}", names.join(", "));
        }
        let folder = Folder::make(super::super::home()?.path())?;
        let backend = Namespaces::new(&folder.path, super::super::program()?)?;
        Ok(Self {
            args: args.clone(),
            backend,
            _folder: folder,
            snapshots: BTreeMap::new(),
            left_out: Vec::new(),
        })
    }

    /// Of each program in turn. A language that can't run here is left out, and that is told.
    async fn bugs(&mut self) -> Vec<Bug> {
        let mut bugs = Vec::new();
        for language in BenchLanguage::ALL {
            if !self.args.language.is_empty() && !self.args.language.contains(&language) {
                continue;
            }
            match self.bugs_of(language).await {
                Ok(of_it) => bugs.extend(of_it),
                Err(error) => self.left_out.push((language, llm::words(&*error))),
            }
        }
        bugs
    }

    async fn bugs_of(&mut self, language: BenchLanguage) -> Result<Vec<Bug>> {
        let programs: Vec<Program> = PROGRAMS
            .into_iter()
            .filter(|program| program.language == language && self.is_wanted(program))
            .collect();
        if programs.is_empty() {
            return Ok(Vec::new());
        }
        let count = ui::count(programs.len(), "program");
        tell(&format!("breaking {count} in {}", language.name()));
        let snapshot = ground::snapshot(&self.backend, language).await?;
        let mut bugs = Vec::new();
        for program in programs {
            let (each, seed) = (self.args.each as usize, self.args.seed);
            bugs.extend(bugs::of(&self.backend, &snapshot, program, each, seed).await?);
        }
        self.snapshots.insert(language, snapshot);
        Ok(bugs)
    }

    fn is_wanted(&self, program: &Program) -> bool {
        let wanted = &self.args.program;
        wanted.is_empty() || wanted.iter().any(|name| name == program.name)
    }

    /// So many at once. Once a language's first bug is refused for it, the others aren't tried.
    async fn trials(&self, bugs: Vec<Bug>) -> Result<Vec<Trial>> {
        let all = bugs.len();
        let mut waiting = VecDeque::from(bugs);
        let mut refused: BTreeMap<BenchLanguage, String> = BTreeMap::new();
        let mut running = JoinSet::new();
        let mut trials = Vec::new();
        let seeds = Arc::new(seeds(self.args.seed));
        while trials.len() < all {
            while running.len() < self.args.jobs as usize
                && let Some(bug) = waiting.pop_front()
            {
                if let Some(why) = refused.get(&bug.program.language) {
                    trials.push(Trial::unsupported(bug, why.clone()));
                    continue;
                }
                let (backend, seeds) = (self.backend.clone(), seeds.clone());
                let snapshot = self.snapshots[&bug.program.language].clone();
                let time = Duration::from_secs(self.args.seconds);
                running
                    .spawn(async move { trial::run(&backend, &snapshot, bug, time, &seeds).await });
            }
            let Some(ended) = running.join_next().await else { continue };
            let trial = ended??;
            if let Verdict::Unsupported { why } = &trial.verdict {
                refused.insert(trial.bug.program.language, why.clone());
            }
            trials.push(trial);
            told(trials.last().expect("it was just pushed"), trials.len(), all);
        }
        Ok(trials)
    }
}

fn told(trial: &Trial, number: usize, all: usize) {
    let what = match &trial.verdict {
        Verdict::Plausible { correct: true } => "correct".to_owned(),
        Verdict::Plausible { correct: false } => "plausible, not correct".to_owned(),
        Verdict::NotRepaired { reason } => format!("not repaired: {reason}"),
        Verdict::Unsupported { why } => format!("unsupported: {why}"),
    };
    let (program, words) = (trial.bug.program.name, &trial.bug.words);
    let seconds = trial.took.as_secs_f64();
    tell(&ui::safe(&format!("{number} of {all}: {program}, {words}: {what} ({seconds:.1} s)")));
}
