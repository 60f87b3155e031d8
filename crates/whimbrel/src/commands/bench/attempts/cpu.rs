//! What our own processes take of the processors, sampled while they work.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use domain::{Clock, SystemClock, Timestamp};
use nix::unistd::{SysconfVar, sysconf};

use super::processes::{Finder, Owner, Process};

/// Between two samples, at least.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// A sample of many processes takes a while itself: of one processor, at most this part.
const SHARE: u32 = 20;

/// What an owner's processes have taken between two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    pub from: Timestamp,
    pub to: Timestamp,
    pub cpu_ms: f64,
}

/// By owner, in the order of time. What a process took between its last sample and its end is
/// missing.
#[derive(Debug, Default)]
pub struct Usage(BTreeMap<Owner, Vec<Burst>>);

impl Usage {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn whole_ms(&self, owner: &Owner) -> f64 {
        self.bursts(owner).iter().map(|burst| burst.cpu_ms).sum()
    }

    /// What falls into the span. Of a burst that it cuts, a part like the time that it has of it.
    pub fn within_ms(&self, owner: &Owner, (from, to): (Timestamp, Timestamp)) -> f64 {
        let part = |burst: &Burst| {
            let common = to.min(burst.to).since_ms(from.max(burst.from));
            let all = burst.to.since_ms(burst.from).max(1);
            burst.cpu_ms * (common as f64 / all as f64).min(1.0)
        };
        self.bursts(owner).iter().map(part).sum()
    }

    fn bursts(&self, owner: &Owner) -> &[Burst] {
        self.0.get(owner).map_or(&[], Vec::as_slice)
    }
}

/// Samples in a thread of its own until it is stopped.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Usage>,
}

impl Sampler {
    pub fn start() -> Result<Self> {
        let ticks = sysconf(SysconfVar::CLK_TCK)?.context("this system counts no ticks")?;
        let mut series = Series::new(Finder::new()?, 1000.0 / ticks as f64);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                series.sample();
                std::thread::park_timeout(PAUSE_MIN.max(began.elapsed() * SHARE));
            }
            series.usage
        });
        Ok(Self { stop, thread })
    }

    pub fn stop(self) -> Result<Usage> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().map_err(|_| anyhow::anyhow!("the sampling broke off"))
    }
}

/// From samples to differences.
struct Series {
    finder: Finder,
    tick_ms: f64,
    /// Of each process, the ticks when it was last seen.
    seen: HashMap<(u32, u64), u64>,
    last: Timestamp,
    usage: Usage,
}

impl Series {
    fn new(finder: Finder, tick_ms: f64) -> Self {
        let last = SystemClock.now();
        Self { finder, tick_ms, seen: HashMap::new(), last, usage: Usage::default() }
    }

    fn sample(&mut self) {
        let found = self.finder.find();
        self.add(&found, SystemClock.now());
    }

    fn add(&mut self, found: &[Process], now: Timestamp) {
        let mut taken: BTreeMap<&Owner, u64> = BTreeMap::new();
        for process in found {
            let before = self.seen.get(&(process.pid, process.started)).copied().unwrap_or(0);
            *taken.entry(&process.owner).or_default() += process.ticks.saturating_sub(before);
        }
        for (owner, ticks) in taken {
            let cpu_ms = ticks as f64 * self.tick_ms;
            let burst = Burst { from: self.last, to: now, cpu_ms };
            self.usage.0.entry(owner.clone()).or_default().push(burst);
        }
        self.seen = found.iter().map(|p| ((p.pid, p.started), p.ticks)).collect();
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_count_and_a_span_has_its_part_of_them() {
        let mut series = Series::new(Finder::new().unwrap(), 10.0);
        series.last = Timestamp(0);
        let process = |pid, ticks| Process { pid, started: 1, owner: Owner::Engine, ticks };
        series.add(&[process(1, 2)], Timestamp(100));
        series.add(&[process(1, 5), process(2, 1)], Timestamp(200));
        series.add(&[process(2, 1)], Timestamp(300));
        let usage = &series.usage;
        assert_eq!(usage.whole_ms(&Owner::Engine), 60.0);
        assert_eq!(usage.within_ms(&Owner::Engine, (Timestamp(150), Timestamp(300))), 20.0);
        assert_eq!(usage.within_ms(&Owner::Engine, (Timestamp(0), Timestamp(150))), 40.0);
    }
}
