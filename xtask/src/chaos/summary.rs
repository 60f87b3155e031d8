//! What many seeds came to.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::play::{Failed, Played};
use super::strike::Count;

#[derive(Debug, Default)]
pub struct Summary {
    pub seeds: u64,
    pub failed: Vec<u64>,
    /// Of all that failed, why.
    pub reports: String,
    pub time: Duration,
    /// What was done is told of each, and not only of those that failed.
    is_wordy: bool,
    count: Count,
    times: Vec<Duration>,
    recoveries: Vec<Duration>,
}

impl Summary {
    pub(super) fn new(is_wordy: bool) -> Self {
        Self { is_wordy, ..Self::default() }
    }

    /// Gives what is to be told of the seed.
    pub(super) fn add(&mut self, seed: u64, played: Result<Played, Failed>) -> String {
        self.seeds += 1;
        match played {
            Ok(played) => {
                let mut words = format!(
                    "seed {seed}: {:.1} s, {} kills",
                    played.time.as_secs_f64(),
                    played.count.kills()
                );
                if self.is_wordy {
                    words.extend(played.deeds.iter().map(|deed| format!("\n  {deed}")));
                }
                self.count.add(played.count);
                self.times.push(played.time);
                self.recoveries.extend(played.recoveries);
                words
            }
            Err(failed) => {
                self.failed.push(seed);
                let words = report(seed, &failed);
                self.reports.push_str(&words);
                words
            }
        }
    }
}

fn report(seed: u64, failed: &Failed) -> String {
    let mut words = format!("seed {seed} FAILED: {:#}\n", failed.error);
    for deed in &failed.deeds {
        let _infallible = writeln!(words, "  {deed}");
    }
    words.push_str(&failed.complaints);
    if let Some(folder) = &failed.folder {
        let _infallible = writeln!(words, "kept in {}", folder.display());
    }
    let again = format!("again: cargo xtask chaos --seeds 1 --from {seed} --keep\n");
    words.push_str(&again);
    words
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count { runner, engine, both, deposed, full } = self.count;
        write!(
            f,
            "chaos: {} seeds, {} kills (runner {runner}, engine {engine}, both {both}), \
             {deposed} deposed, {full} full disks, {} failed",
            self.seeds,
            self.count.kills(),
            self.failed.len(),
        )?;
        if !self.failed.is_empty() {
            write!(f, " {:?}", self.failed)?;
        }
        write!(f, "; {:.0} s, a seed {}", self.time.as_secs_f64(), spread(&self.times))?;
        write!(f, "; from a runner's end to its attempt's next event {}", spread(&self.recoveries))
    }
}

/// Median, 95th of 100 and largest, in seconds.
fn spread(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |percent: usize| {
        let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(at).map_or(0.0, Duration::as_secs_f64)
    };
    format!("p50 {:.1} s, p95 {:.1} s, max {:.1} s", at(50), at(95), at(100))
}
