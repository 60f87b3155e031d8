//! The candidates that wait, by how they are to be tried: at which level, and with how much
//! patience. Pure.

use std::collections::VecDeque;

use crate::bench::Level;
use crate::candidate::Candidate;

/// How many times its own time a test may take. Most edits that make one hang never end, so first
/// all are given little, and those that took too long wait to be tried again with more.
pub const PATIENCE: [f64; 3] = [2.0, 5.0, 15.0];
/// What a candidate's score counts more for each time that it took too long.
const HUNG_COST: f64 = 2.2;
/// What it counts more where a try takes a hundred times as long.
const FRESH_COST: f64 = 1.0;

/// Candidates of one batch.
const SWAPPED_MAX: usize = 6000;
const FRESH_MAX: usize = 64;
const DISK_MAX: usize = 16;

#[derive(Debug)]
pub struct Queue {
    pub level: Level,
    /// An index of [`PATIENCE`].
    pub hung: usize,
    waiting: VecDeque<Candidate>,
}

/// All queues of a search.
#[derive(Debug)]
pub struct Queues {
    all: Vec<Queue>,
}

impl Queues {
    /// `level` is where each candidate begins, but for those that a swap can't show.
    pub fn new(level: Level, plan: Vec<Candidate>) -> Self {
        let levels =
            if level == Level::Swapped { vec![Level::Swapped, Level::Fresh] } else { vec![level] };
        let queue = |level| (0..PATIENCE.len()).map(move |hung| Queue::new(level, hung));
        let mut queues = Self { all: levels.into_iter().flat_map(queue).collect() };
        for candidate in plan {
            let fresh = level == Level::Swapped && candidate.imported;
            let first = if fresh { Level::Fresh } else { level };
            queues.queue(first, 0).waiting.push_back(candidate);
        }
        queues
    }

    /// The queue whose next candidate is the likeliest, and the next batch of it. Where `swapped`
    /// ones are to have their turn, those that must be loaded anew wait.
    pub fn take(&mut self, swapped: bool) -> Option<(Level, usize, Vec<Candidate>)> {
        let waits = |queue: &&mut Queue| !queue.waiting.is_empty();
        let key = |queue: &Queue| (swapped && queue.level != Level::Swapped, queue.score());
        let queue = self.all.iter_mut().filter(waits).min_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })?;
        let count = queue.batch_max().min(queue.waiting.len());
        Some((queue.level, queue.hung, queue.waiting.drain(..count).collect()))
    }

    /// All that wait.
    pub fn drain(&mut self) -> Vec<Candidate> {
        self.all.iter_mut().flat_map(|queue| queue.waiting.drain(..)).collect()
    }

    /// What there was no time for waits on, before all others of its queue. In order.
    pub fn give_back(&mut self, level: Level, hung: usize, untried: Vec<Candidate>) {
        let queue = self.queue(level, hung);
        for candidate in untried.into_iter().rev() {
            queue.waiting.push_front(candidate);
        }
    }

    /// To be tried again with more patience, if there is more.
    pub fn hung(&mut self, level: Level, hung: usize, candidate: Candidate) {
        if hung + 1 < PATIENCE.len() {
            self.queue(level, hung + 1).insert(candidate);
        }
    }

    /// To be tried where everything is loaded anew.
    pub fn cold(&mut self, candidate: Candidate) {
        self.queue(Level::Fresh, 0).insert(candidate);
    }

    fn queue(&mut self, level: Level, hung: usize) -> &mut Queue {
        let at = self.all.iter().position(|queue| (queue.level, queue.hung) == (level, hung));
        let at = at.unwrap_or_else(|| {
            self.all.push(Queue::new(level, hung));
            self.all.len() - 1
        });
        &mut self.all[at]
    }
}

impl Queue {
    fn new(level: Level, hung: usize) -> Self {
        Self { level, hung, waiting: VecDeque::new() }
    }

    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    fn score(&self) -> f64 {
        let more = if self.level == Level::Fresh { FRESH_COST } else { 0.0 };
        let next = self.waiting.front().map_or(f64::INFINITY, Candidate::score);
        next + more + HUNG_COST * self.hung as f64
    }

    fn batch_max(&self) -> usize {
        match self.level {
            Level::Swapped => SWAPPED_MAX,
            Level::Fresh => FRESH_MAX,
            Level::Disk => DISK_MAX,
        }
    }

    fn insert(&mut self, candidate: Candidate) {
        let at = self.waiting.partition_point(|other| other.score() <= candidate.score());
        self.waiting.insert(at, candidate);
    }
}

#[cfg(test)]
mod tests;
