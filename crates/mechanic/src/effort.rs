//! What a search cost: how many candidates were tried at each level, and how long that took.

use std::fmt;
use std::time::Duration;

use crate::bench::Level;

/// Counts and times of a whole repair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effort {
    /// Edits that were looked at, each once: also those that turned out to be the same code.
    pub tried: usize,
    /// Of these, the same code as another.
    pub same: usize,
    /// Until the first edit passed everything.
    pub first: Option<Duration>,
    pub swapped: Speed,
    pub fresh: Speed,
    pub disk: Speed,
    /// Survivors that were tried on more tests than the failing ones.
    pub confirmed: Speed,
}

/// How many candidates, in which time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Speed {
    pub candidates: usize,
    /// By the clock, with the starting of the test command.
    pub took: Duration,
    /// Without that, where the bench says it.
    pub served: Duration,
}

impl Speed {
    fn add(&mut self, candidates: usize, took: Duration, served: Duration) {
        self.candidates += candidates;
        self.took += took;
        self.served += served;
    }

    /// With the starting of the test command, and without.
    #[expect(clippy::cast_precision_loss, reason = "a count of candidates")]
    pub fn per_second(&self) -> (f64, f64) {
        let per = |time: Duration| self.candidates as f64 / time.as_secs_f64().max(1e-6);
        (per(self.took), per(self.served))
    }
}

impl Effort {
    pub fn note(&mut self, level: Level, tried: usize, took: Duration, served: Option<Duration>) {
        self.tried += tried;
        let speed = match level {
            Level::Swapped => &mut self.swapped,
            Level::Fresh => &mut self.fresh,
            Level::Disk => &mut self.disk,
        };
        speed.add(tried, took, served.unwrap_or(took));
    }

    pub fn note_confirmed(&mut self, candidates: usize, took: Duration) {
        self.confirmed.add(candidates, took, took);
    }

    /// Another search's, of the same repair.
    pub fn and(&mut self, other: &Self) {
        self.tried += other.tried;
        self.same += other.same;
        self.first = self.first.or(other.first);
        let pairs = [
            (&mut self.swapped, other.swapped),
            (&mut self.fresh, other.fresh),
            (&mut self.disk, other.disk),
            (&mut self.confirmed, other.confirmed),
        ];
        for (speed, more) in pairs {
            speed.add(more.candidates, more.took, more.served);
        }
    }
}

/// `1200 in 1.4 s swapped in, 12 in 3.0 s loaded anew`.
impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let levels = [
            (self.swapped, "swapped in"),
            (self.fresh, "loaded anew"),
            (self.disk, "written to the disk"),
        ];
        let used = levels.into_iter().filter(|(speed, _)| speed.candidates > 0);
        let words: Vec<String> = used
            .map(|(speed, how)| {
                format!("{} in {:.1} s {how}", speed.candidates, speed.took.as_secs_f64())
            })
            .collect();
        write!(f, "{}", words.join(", "))
    }
}
