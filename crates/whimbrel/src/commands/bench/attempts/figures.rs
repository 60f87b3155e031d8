//! What was measured, in one row: a table for people, an object for programs.

use std::time::Duration;

use domain::Timestamp;
use serde_json::json;

use super::cpu::Usage;
use super::fates::{Fate, Fates};
use super::memory::Weights;
use super::processes::Owner;
use crate::cli::BenchAttemptsArgs;
use crate::ui;

/// Of what went wrong, as much as anybody reads.
const WRONG_SHOWN_MAX: usize = 10;

#[derive(Debug)]
pub struct Figures {
    attempts: u32,
    pub lost: usize,
    wrong: Vec<String>,
    ideal: Duration,
    wall: Duration,
    /// From the delegation on, when the first and the last attempt began to work, and when the last
    /// one had worked and had ended.
    phases_ms: [u64; 4],
    /// Attempts at work at the same moment, at most.
    at_once: usize,
    cpu: Cpu,
    memory: Memory,
}

/// In milliseconds of a processor.
#[derive(Debug)]
struct Cpu {
    turn: f64,
    /// Of an attempt, before and after its work.
    before: f64,
    after: f64,
    /// The engine's, over its whole life.
    engine: f64,
}

/// In KiB.
#[derive(Debug, Default)]
struct Memory {
    waiting: usize,
    each: f64,
    each_max: u64,
    engine: u64,
    processes: usize,
}

impl Figures {
    pub fn of(
        args: &BenchAttemptsArgs,
        wall: Duration,
        began: Timestamp,
        fates: &Fates,
        usage: &Usage,
        weights: &[Weights],
    ) -> Self {
        let named = |fate: &Fate| Some(format!("{}: {}", fate.attempt, fate.wrong.as_ref()?));
        let lost: Vec<String> = fates.attempts.iter().filter_map(named).collect();
        let missing = (args.attempts as usize).saturating_sub(fates.attempts.len());
        Self {
            attempts: args.attempts,
            lost: lost.len() + missing + fates.wrong.len(),
            wrong: lost.into_iter().chain(fates.wrong.iter().cloned()).collect(),
            ideal: Duration::from_millis(args.turn_ms) * args.turns,
            wall,
            phases_ms: phases(began, &fates.attempts),
            at_once: at_once(fates.attempts.iter().filter_map(|fate| fate.work)),
            cpu: Cpu::of(&fates.attempts, usage),
            memory: Memory::of(&fates.attempts, weights),
        }
    }

    fn ratio(&self) -> f64 {
        self.wall.as_secs_f64() / self.ideal.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    pub fn print(&self, json: bool) {
        if json {
            ui::json(&self.object());
        } else {
            ui::out(&ui::table(&["WHAT", "FIGURE"], &self.rows()));
        }
        self.wrong.iter().take(WRONG_SHOWN_MAX).for_each(|wrong| ui::err(&ui::safe(wrong)));
        let more = self.wrong.len().saturating_sub(WRONG_SHOWN_MAX);
        if more > 0 {
            ui::err(&format!("and {more} more"));
        }
    }

    fn object(&self) -> serde_json::Value {
        let [first, last, worked, ended] = self.phases_ms;
        json!({
            "attempts": self.attempts,
            "lost": self.lost,
            "ideal_ms": self.ideal.as_millis() as u64,
            "wall_ms": self.wall.as_millis() as u64,
            "wall_over_ideal": self.ratio(),
            "first_works_ms": first,
            "last_works_ms": last,
            "last_worked_ms": worked,
            "last_ended_ms": ended,
            "at_once": self.at_once,
            "cpu_ms_per_turn": self.cpu.turn,
            "cpu_ms_before_work": self.cpu.before,
            "cpu_ms_after_work": self.cpu.after,
            "cpu_ms_engine": self.cpu.engine,
            "waiting": self.memory.waiting,
            "pss_kib_per_waiting": self.memory.each,
            "pss_kib_max": self.memory.each_max,
            "pss_kib_engine": self.memory.engine,
            "processes": self.memory.processes,
        })
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let seconds = |ms: u64| format!("{:.1} s", ms as f64 / 1000.0);
        let ms = |ms: f64| format!("{ms:.1} ms");
        let mib = |kib: f64| format!("{:.1} MiB", kib / 1024.0);
        let [first, last, worked, ended] = self.phases_ms;
        let (cpu, memory) = (&self.cpu, &self.memory);
        let wall = self.wall.as_secs_f64();
        let ideal = self.ideal.as_secs_f64();
        let rows = [
            ("attempts", self.attempts.to_string()),
            ("lost", self.lost.to_string()),
            ("wall", format!("{wall:.1} s, {:.2} × the ideal {ideal:.1} s", self.ratio())),
            ("first at work after", seconds(first)),
            ("last at work after", seconds(last)),
            ("last has worked after", seconds(worked)),
            ("last has ended after", seconds(ended)),
            ("most at work at once", self.at_once.to_string()),
            ("our CPU per turn", ms(cpu.turn)),
            ("our CPU per attempt, before its work", ms(cpu.before)),
            ("our CPU per attempt, after its work", ms(cpu.after)),
            ("the engine's CPU", ms(cpu.engine)),
            ("memory per waiting attempt", mib(memory.each)),
            ("of the largest", mib(memory.each_max as f64)),
            ("attempts that waited", memory.waiting.to_string()),
            ("the engine's memory", mib(memory.engine as f64)),
            ("our processes", memory.processes.to_string()),
        ];
        rows.into_iter().map(|(what, figure)| vec![what.to_owned(), figure]).collect()
    }
}

fn phases(began: Timestamp, fates: &[Fate]) -> [u64; 4] {
    let since = |at: Option<Timestamp>| at.map_or(0, |at| at.since_ms(began));
    let works = || fates.iter().filter_map(|fate| fate.work);
    [
        since(works().map(|(from, _)| from).min()),
        since(works().map(|(from, _)| from).max()),
        since(works().map(|(_, to)| to).max()),
        since(fates.iter().filter_map(|fate| fate.ended).max()),
    ]
}

/// How many of the spans overlap at most.
fn at_once(spans: impl Iterator<Item = (Timestamp, Timestamp)>) -> usize {
    let mut edges: Vec<(Timestamp, bool)> =
        spans.flat_map(|(from, to)| [(from, true), (to, false)]).collect();
    // Of one moment, ends come first.
    edges.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_at, begins) in edges {
        now = if begins { now + 1 } else { now.saturating_sub(1) };
        most = most.max(now);
    }
    most
}

impl Cpu {
    fn of(fates: &[Fate], usage: &Usage) -> Self {
        let (mut turns, mut turn, mut before, mut after) = (0, 0.0, 0.0, 0.0);
        for fate in fates {
            let (owner, Some(work)) = (Owner::Attempt(fate.attempt.clone()), fate.work) else {
                continue;
            };
            turns += fate.turns;
            turn += usage.within_ms(&owner, work);
            before += usage.within_ms(&owner, (Timestamp(0), work.0));
            after += usage.within_ms(&owner, (work.1, Timestamp(i64::MAX)));
        }
        let attempts = fates.len().max(1) as f64;
        Self {
            turn: turn / turns.max(1) as f64,
            before: before / attempts,
            after: after / attempts,
            engine: usage.whole_ms(&Owner::Engine),
        }
    }
}

impl Memory {
    /// Of the look that found most attempts waiting.
    fn of(fates: &[Fate], weights: &[Weights]) -> Self {
        let each = weights.iter().map(|weights| Self::at(fates, weights));
        each.max_by_key(|memory| memory.waiting).unwrap_or_default()
    }

    fn at(fates: &[Fate], weights: &Weights) -> Self {
        let found = fates.iter().filter_map(|fate| {
            let weight = weights.of(&fate.attempt)?;
            fate.waited(weight.from, weight.to).then_some(weight.kib)
        });
        let found: Vec<u64> = found.collect();
        let sum: u64 = found.iter().sum();
        Self {
            waiting: found.len(),
            each: sum as f64 / found.len().max(1) as f64,
            each_max: found.iter().copied().max().unwrap_or(0),
            engine: weights.engine_kib(),
            processes: weights.processes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_only_touch_are_not_at_once() {
        let span = |from, to| (Timestamp(from), Timestamp(to));
        assert_eq!(at_once([span(0, 5), span(5, 9), span(2, 4), span(3, 6)].into_iter()), 3);
        assert_eq!(at_once([span(0, 5), span(5, 9)].into_iter()), 1);
        assert_eq!(at_once(std::iter::empty()), 0);
    }
}
