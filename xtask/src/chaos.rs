//! Seeded chaos: the real program at real work, killed with signal 9 at seeded moments.
//!
//! Each seed is a [`world`] of its own, in which a scripted [`model`] has three attempts mend the
//! same bug while a [`plan`] of blows is carried out ([`strike`]): runners, the engine or both are
//! killed when the log, the files or the clock reach a certain point; a runner is stopped, loses
//! its lease, and is woken; the disk is full for a while. Meanwhile a [`watch`] keeps every event
//! that any reader could have seen. After the end, [`check`] says what must be true:
//!
//! - *The log*: numbered from 1 without gaps, and every event that was ever seen is there, the
//!   same, at the same number. Nothing is there twice that can't be: calls, answers, the end.
//! - *The change*: all three attempts end changed, with the tree that an undisturbed run makes;
//!   evidence holds; one pull request, one branch, at the chosen attempt's head, each commit once.
//! - *The cost*: a row for each request, numbered without gaps, each closed exactly once: answered,
//!   with exactly the usage that the model told, or failed, or lost with its runner. Each turn of the
//!   log has its own answered row. Let `received` be how often the server was asked for the n-th turn
//!   of a conversation; then `answered ≤ received ≤ answered + lost + failed`, for each n: no
//!   request is counted twice, and none was made that isn't counted.
//! - *Traces*: after the engine was told to stop, no process, no mount, no computer.
//!
//! A seed decides what is done and when, not how the machine schedules it: the same seed strikes
//! at the same events, some microseconds off.

mod check;
mod model;
mod plan;
mod play;
mod processes;
mod random;
mod restart;
mod strike;
mod summary;
mod watch;
mod world;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};

pub use restart::restart;
pub use summary::Summary;

use plan::Plan;

/// What to play.
#[derive(Debug, Clone)]
pub struct Options {
    /// The real whimbrel.
    pub program: PathBuf,
    pub from: u64,
    pub seeds: u64,
    /// Seeds at once.
    pub jobs: usize,
    /// Whether the folders of failed seeds stay.
    pub keep: bool,
    /// What was done is told of every seed.
    pub is_wordy: bool,
}

/// Plays all seeds, and tells each as it ends.
///
/// # Errors
/// Where not even an undisturbed run comes to its end. A seed that fails is in the summary.
pub fn run(options: &Options, tell: &(dyn Fn(&str) + Sync)) -> Result<Summary> {
    let started = Instant::now();
    let calm = play::play(&options.program, &Plan::calm(), None, options.keep);
    let calm = calm.map_err(|failed| failed.error).context("undisturbed")?;
    tell(&format!("calm: {:.1} s, tree {}", calm.time.as_secs_f64(), calm.tree));
    let (next, summary) =
        (AtomicU64::new(options.from), Mutex::new(Summary::new(options.is_wordy)));
    let end = options.from + options.seeds;
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let plan = Plan::of(seed);
                    let played =
                        play::play(&options.program, &plan, Some(&calm.tree), options.keep);
                    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                    tell(&summary.add(seed, played));
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.time = started.elapsed();
    Ok(summary)
}
