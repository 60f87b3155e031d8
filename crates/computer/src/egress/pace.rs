//! So many a second, and no more: what a computer makes its supervisor do is CPU time that the
//! computer's own limits don't count.

use std::time::Duration;

use tokio::time::Instant;

/// A second's worth may come at once.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    /// When the next one would be due if they came evenly.
    due: Instant,
}

const AHEAD_MAX: Duration = Duration::from_secs(1);

impl Pace {
    pub fn new(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second, due: Instant::now() }
    }

    /// Until the next one may come.
    pub async fn wait(&mut self) {
        let now = Instant::now();
        self.due = self.due.max(now) + self.interval;
        let ahead = self.due.duration_since(now);
        if ahead > AHEAD_MAX {
            tokio::time::sleep(ahead - AHEAD_MAX).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_seconds_worth_comes_at_once_and_then_evenly() {
        let begun = Instant::now();
        let mut pace = Pace::new(10);
        for _one in 0..10 {
            pace.wait().await;
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        for _one in 0..20 {
            pace.wait().await;
        }
        assert_eq!(begun.elapsed().as_millis(), 2000);
    }
}
