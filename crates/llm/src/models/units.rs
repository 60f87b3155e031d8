//! Durations and dollars as people write them.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// `"90s"`, `"15m"`, `"6h"`, `"2d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong =
            || D::Error::custom(format!("{text:?} is no time; write \"90s\", \"15m\" or \"6h\""));
        parse(&text).map(Self).ok_or_else(wrong)
    }
}

fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// A dollar amount up to a million, kept in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dollars(u64);

impl Dollars {
    pub(super) fn micros(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        if !(0.0..=1e6).contains(&dollars) {
            return Err(D::Error::custom("a price is between 0 and 1000000 dollars"));
        }
        // Exact for as many digits as prices have.
        Ok(Self((dollars * 1e6).round() as u64))
    }
}
