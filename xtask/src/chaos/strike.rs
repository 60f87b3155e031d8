//! Carries out a blow, and says what was done.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::plan::{Act, Blow, Then, Victim};
use super::processes::{self, Kind, Process};
use super::watch::Watch;
use super::world::World;

/// Runners that died over an attempt without anything done in between; one more ends it.
const TAKES_MAX: usize = 2;
/// How long a store is tried that a stopped runner may hold.
const DEPOSE_MAX: Duration = Duration::from_secs(1);
/// How long somebody is waited for who is to be killed again.
const REVIVAL_MAX: Duration = Duration::from_secs(3);
const FULL_POLL: Duration = Duration::from_millis(20);

/// How many of which kind were struck.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub runner: u32,
    pub engine: u32,
    pub both: u32,
    pub deposed: u32,
    pub full: u32,
}

impl Count {
    pub fn add(&mut self, other: Self) {
        self.runner += other.runner;
        self.engine += other.engine;
        self.both += other.both;
        self.deposed += other.deposed;
        self.full += other.full;
    }

    /// Every time that something was killed.
    pub fn kills(&self) -> u32 {
        self.runner + self.engine + self.both
    }
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub count: Count,
    pub words: Vec<String>,
    /// The attempts whose runners were struck.
    pub attempts: Vec<String>,
}

pub(super) struct Hand<'a> {
    pub world: &'a mut World,
    pub watch: &'a mut Watch,
    /// Which of several runners.
    pub choice: usize,
}

impl Hand<'_> {
    pub fn strike(&mut self, blow: &Blow) -> Result<Done> {
        let mut done = Done::default();
        match blow.act {
            Act::Kill(victim) => self.kill(victim, None, &mut done)?,
            Act::StopAndKill(victim, us) => self.kill(victim, Some(us), &mut done)?,
            Act::Burst(victim, times, us) => {
                for again in (0..times).rev() {
                    self.kill(victim, None, &mut done)?;
                    if again > 0 {
                        self.revive(victim)?;
                        std::thread::sleep(Duration::from_micros(us));
                    }
                }
            }
            Act::Depose => self.depose(&mut done)?,
            Act::Fill(ms, victim) => self.fill(ms, victim, &mut done)?,
        }
        self.world.reap();
        match blow.then {
            Then::Nothing => {}
            Then::List => drop(self.world.run(&["list"])?),
            Then::Show => drop(self.world.run(&["show", self.watch.task.as_str()])?),
            Then::Serve if self.world.engines().len() < 2 => self.world.serve()?,
            Then::Serve => {}
        }
        Ok(done)
    }

    fn kill(&mut self, victim: Victim, stop_us: Option<u64>, done: &mut Done) -> Result<()> {
        self.watch.look(self.world)?;
        if victim == Victim::Both {
            self.watch.let_go(self.world);
        }
        let victims = self.victims(victim);
        if let Some(us) = stop_us {
            victims.iter().for_each(|process| processes::send(process, Signal::SIGSTOP));
            std::thread::sleep(Duration::from_micros(us));
        }
        victims.iter().for_each(|process| processes::send(process, Signal::SIGKILL));
        self.world.reap();
        done.count.add(count(victim, &victims));
        done.words.push(format!("killed {}", names(&victims)));
        done.attempts.extend(victims.iter().filter_map(attempt));
        Ok(())
    }

    /// Waits for somebody to be killed next.
    fn revive(&mut self, victim: Victim) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < REVIVAL_MAX && self.victims(victim).is_empty() {
            self.watch.look(self.world)?;
            if self.world.processes().is_empty() {
                self.world.run(&["list"])?;
            }
        }
        Ok(())
    }

    fn victims(&self, victim: Victim) -> Vec<Process> {
        let mut runners: Vec<Process> =
            self.world.runners().into_iter().filter(|runner| !self.is_spared(runner)).collect();
        match victim {
            Victim::Runner if runners.is_empty() => runners,
            Victim::Runner => vec![runners.swap_remove(self.choice % runners.len())],
            Victim::Runners => runners,
            Victim::Engine => self.world.engines(),
            Victim::Both => [self.world.engines(), runners].concat(),
        }
    }

    fn is_spared(&self, runner: &Process) -> bool {
        match &runner.kind {
            Kind::Runner(attempt) => self.watch.takes_in_vain(attempt) > TAKES_MAX,
            Kind::Engine | Kind::Other => false,
        }
    }

    /// Stops a runner, takes its lease from it, and wakes it.
    fn depose(&mut self, done: &mut Done) -> Result<()> {
        self.watch.look(self.world)?;
        let victims = self.victims(Victim::Runner);
        let Some(runner) = victims.first() else { return Ok(()) };
        let store = self.watch.store(self.world)?;
        processes::send(runner, Signal::SIGSTOP);
        let burying = async { tokio::time::timeout(DEPOSE_MAX, bury(&store, runner)).await };
        let buried = self.world.runtime().block_on(burying);
        processes::send(runner, Signal::SIGCONT);
        let words = match buried {
            Ok(Ok(true)) => {
                done.count.deposed += 1;
                "deposed"
            }
            Ok(Ok(false)) => "found no lease of",
            Ok(Err(_)) | Err(_) => "couldn't depose",
        };
        done.words.push(format!("{words} {}", names(&victims)));
        Ok(())
    }

    fn fill(&mut self, ms: u64, victim: Option<Victim>, done: &mut Done) -> Result<()> {
        self.world.fill().context("can't fill the disk")?;
        done.count.full += 1;
        done.words.push(format!("filled the disk for {ms} ms"));
        let half = Duration::from_millis(ms / 2);
        self.watch_for(half)?;
        if let Some(victim) = victim {
            self.kill(victim, None, done)?;
        }
        self.watch_for(half)?;
        self.world.free().context("can't empty the disk")
    }

    fn watch_for(&mut self, time: Duration) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < time {
            self.watch.look(self.world)?;
            std::thread::sleep(FULL_POLL);
        }
        Ok(())
    }
}

fn attempt(process: &Process) -> Option<String> {
    match &process.kind {
        Kind::Runner(attempt) => Some(attempt.clone()),
        Kind::Engine | Kind::Other => None,
    }
}

/// As an engine does that takes the runner for dead.
async fn bury(store: &store::Store, runner: &Process) -> Result<bool, store::Error> {
    let Kind::Runner(attempt) = &runner.kind else { return Ok(false) };
    for held in store::attempt::held(store).await? {
        if held.attempt.id.as_str() == attempt
            && let Some(holder) = &held.holder
        {
            return store::lease::bury(store, &held.attempt.id, holder).await;
        }
    }
    Ok(false)
}

fn count(victim: Victim, victims: &[Process]) -> Count {
    let mut count = Count::default();
    let engines = victims.iter().filter(|process| process.kind == Kind::Engine).count();
    match victim {
        _ if victims.is_empty() => {}
        Victim::Both if engines > 0 && engines < victims.len() => count.both += 1,
        Victim::Engine => count.engine += 1,
        Victim::Both if engines > 0 => count.engine += 1,
        Victim::Both | Victim::Runner | Victim::Runners => count.runner += 1,
    }
    count
}

fn names(processes: &[Process]) -> String {
    if processes.is_empty() {
        return "nobody: there was none".into();
    }
    let name = |process: &Process| match &process.kind {
        Kind::Runner(attempt) => format!("the runner of {attempt} ({})", process.pid),
        Kind::Engine => format!("the engine ({})", process.pid),
        Kind::Other => format!("{}", process.pid),
    };
    processes.iter().map(name).collect::<Vec<_>>().join(" and ")
}
