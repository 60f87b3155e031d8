//! Time, as something passed in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds from `earlier` to here; 0 when the clock went backwards.
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }

    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add_unsigned(ms))
    }
}

impl Timestamp {
    /// The day that it is in, in UTC.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(Day::MS))
    }
}

/// A day in UTC, as days since 1970-01-01. Shown as `2026-11-29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// Milliseconds of one.
    pub const MS: i64 = 24 * 60 * 60 * 1000;

    pub fn begins(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(Self::MS))
    }
}

impl fmt::Display for Day {
    /// By Howard Hinnant's `civil_from_days`: years begin in March, so that leap days come last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_march_0 = self.0 + 719_468;
        let era = since_march_0.div_euclid(146_097);
        let day = since_march_0.rem_euclid(146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let march_0 = (5 * of_year + 2) / 153;
        let month = if march_0 < 10 { march_0 + 3 } else { march_0 - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{:02}", of_year - (153 * march_0 + 2) / 5 + 1)
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are passed")]
    fn now(&self) -> Timestamp {
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_shown_as_a_date() {
        let shown = |day| Day(day).to_string();
        assert_eq!(shown(0), "1970-01-01");
        assert_eq!(shown(-1), "1969-12-31");
        assert_eq!(shown(11_016), "2000-02-29");
        assert_eq!(shown(11_017), "2000-03-01");
        assert_eq!(shown(20_786), "2026-11-29");
        assert_eq!(shown(47_541), "2100-03-01");
    }

    #[test]
    fn a_day_begins_at_its_midnight() {
        let noon = Timestamp(20_786 * Day::MS + Day::MS / 2);
        assert_eq!(noon.day(), Day(20_786));
        assert_eq!(Timestamp(noon.day().begins().0 - 1).day(), Day(20_785));
        assert_eq!(Timestamp(-1).day(), Day(-1));
    }
}
