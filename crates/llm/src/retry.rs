//! How long to wait before asking again. Pure: time and chance are passed in.

use std::time::Duration;

use domain::Timestamp;

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

impl Default for RetryPolicy {
    /// About two minutes of waiting altogether, which most providers' troubles don't outlive.
    fn default() -> Self {
        Self { attempts_max: 8, base_ms: 1_000, wait_ms_max: 60_000 }
    }
}

impl RetryPolicy {
    /// The wait after the `failures`-th failure: exponential, half of it left to chance, so that
    /// attempts which were refused together don't come back together.
    pub(crate) fn backoff(&self, failures: u32, chance: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(u64::BITS - 1);
        let full = self.base_ms.saturating_mul(1 << doublings).min(self.wait_ms_max);
        let half = full / 2;
        Duration::from_millis(half + chance % (full - half + 1))
    }
}

/// A number that looks random, from a seed and a counter (SplitMix64's mixing).
pub(crate) fn chance(seed: u64, counter: u64) -> u64 {
    let mut z = seed.wrapping_add(counter.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A provider's wish from its headers: `retry-after-ms`, or `retry-after` as seconds (OpenAI
/// sends fractions) or as an HTTP date.
pub(crate) fn retry_after(
    header: impl Fn(&str) -> Option<String>,
    now: Timestamp,
) -> Option<Duration> {
    let milliseconds = header("retry-after-ms").and_then(|text| seconds(&text));
    if let Some(thousandfold) = milliseconds {
        return Some(thousandfold / 1000);
    }
    let text = header("retry-after")?;
    seconds(&text).or_else(|| {
        let at = Timestamp(http_date_ms(&text)?);
        Some(Duration::from_millis(at.since_ms(now)))
    })
}

fn seconds(text: &str) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(number).ok()
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that RFC 9110 (5.6.7) lets servers send, in
/// milliseconds since 1970.
fn http_date_ms(text: &str) -> Option<i64> {
    let mut words = text.trim().split_once(", ")?.1.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let month = month_number(words.next()?)?;
    let year: i64 = words.next()?.parse().ok()?;
    let time = clock_seconds(words.next()?)?;
    let in_range = (1970..=9999).contains(&year) && (1..=31).contains(&day);
    (in_range && words.next() == Some("GMT"))
        .then(|| (days_since_1970(year, month, day) * 86_400 + time) * 1000)
}

fn month_number(name: &str) -> Option<i64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = MONTHS.find(name).filter(|at| name.len() == 3 && at % 3 == 0)?;
    i64::try_from(at / 3 + 1).ok()
}

fn clock_seconds(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    match parts[..] {
        [h @ 0..24, m @ 0..60, s @ 0..=60] => Some(h * 3600 + m * 60 + s),
        _ => None,
    }
}

/// Days from the civil calendar, counting years from March so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days_to_march_1970 = 719_468;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - days_to_march_1970
}

#[cfg(test)]
mod tests;
