//! How long to wait before asking again. Pure: time and chance are passed in.

mod reset;

use std::time::Duration;

use serde::Deserialize;

pub(crate) use reset::asked_wait;

/// How often and how patiently a turn is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Requests for one turn, the first included.
    pub attempts_max: u32,
    /// The first back-off, in milliseconds; each later one is twice as long.
    pub base_ms: u64,
    /// The longest back-off, in milliseconds. A provider's own Retry-After may be longer.
    pub wait_ms_max: u64,
}

/// What to do when a provider's quota is used up for longer than a turn may hold everything ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnQuota {
    /// [`crate::Error::QuotaUsedUp`] says until when, so that whoever asked can pause and come
    /// back.
    #[default]
    Wait,
    /// The turn fails.
    Fail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub then: OnQuota,
    /// The longest wait within a turn.
    pub hold_max: Duration,
    /// The longest wait at all.
    pub wait_max: Duration,
}

impl Default for Quota {
    fn default() -> Self {
        let (hold_max, wait_max) = (Duration::from_secs(60), Duration::from_secs(6 * 3_600));
        Self { then: OnQuota::Wait, hold_max, wait_max }
    }
}

impl Default for RetryPolicy {
    /// A minute of waiting altogether, two at most, which most providers' troubles don't outlive.
    fn default() -> Self {
        Self { attempts_max: 8, base_ms: 1_000, wait_ms_max: 60_000 }
    }
}

impl RetryPolicy {
    /// The wait after the `failures`-th failure: exponential, all of it left to chance, so that
    /// attempts which were refused together don't come back together.
    pub(crate) fn backoff(&self, failures: u32, chance: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(u64::BITS - 1);
        let full = self.base_ms.saturating_mul(1 << doublings).min(self.wait_ms_max);
        Duration::from_millis(chance % full.saturating_add(1).max(1))
    }
}

/// A provider's own wait, and up to a tenth more where it is seconds: many are told the same.
pub(crate) fn spread(after: Duration, chance: u64) -> Duration {
    let tenth = after.as_secs() * 100;
    after + Duration::from_millis(if tenth == 0 { 0 } else { chance % (tenth + 1) })
}

/// A number that looks random, from a seed and a counter (SplitMix64's mixing).
pub(crate) fn chance(seed: u64, counter: u64) -> u64 {
    let mut z = seed.wrapping_add(counter.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
