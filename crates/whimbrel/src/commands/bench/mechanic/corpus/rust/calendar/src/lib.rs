//! Times of the day and spans of them, in minutes.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    minutes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: Time,
    pub end: Time,
}

const DAY: u32 = 24 * 60;

impl Time {
    pub fn new(hour: u32, minute: u32) -> Option<Self> {
        let minutes = hour.checked_mul(60)?.checked_add(minute)?;
        (minute < 60 && minutes < DAY).then_some(Self { minutes })
    }

    /// `9:05`, `21:30` or `9:30pm`.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase();
        let (digits, afternoon) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
            (Some(rest), _) => (rest.trim(), Some(true)),
            (_, Some(rest)) => (rest.trim(), Some(false)),
            _ => (lower.as_str(), None),
        };
        let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        match afternoon {
            None => Self::new(hour, minute),
            Some(_) if hour == 0 || hour > 12 => None,
            Some(true) => Self::new(hour % 12 + 12, minute),
            Some(false) => Self::new(hour % 12, minute),
        }
    }

    pub fn hour(self) -> u32 {
        self.minutes / 60
    }

    pub fn minute(self) -> u32 {
        self.minutes % 60
    }

    /// Around midnight, in either direction.
    pub fn plus(self, minutes: i64) -> Self {
        let moved = (i64::from(self.minutes) + minutes).rem_euclid(i64::from(DAY));
        Self { minutes: moved as u32 }
    }

    /// Minutes until the next time it is that late.
    pub fn until(self, later: Self) -> u32 {
        if later.minutes >= self.minutes {
            later.minutes - self.minutes
        } else {
            DAY - self.minutes + later.minutes
        }
    }

    /// To the nearest multiple of `step` minutes; half-way goes up.
    pub fn rounded(self, step: u32) -> Self {
        let step = step.max(1);
        let rest = self.minutes % step;
        let down = self.minutes - rest;
        let minutes = if rest * 2 >= step { down + step } else { down };
        Self { minutes: minutes % DAY }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

impl Span {
    pub fn new(start: Time, end: Time) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    pub fn minutes(self) -> u32 {
        self.end.minutes - self.start.minutes
    }

    pub fn meets(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The times that are in none of the spans.
pub fn free(spans: &[Span], from: Time, to: Time) -> Vec<Span> {
    let mut sorted = spans.to_vec();
    sorted.sort();
    let mut gaps = Vec::new();
    let mut at = from;
    for span in sorted {
        gaps.extend(Span::new(at, span.start.min(to)));
        at = at.max(span.end);
    }
    gaps.extend(Span::new(at, to));
    gaps
}

/// Minutes that are in at least one span.
pub fn busy(spans: &[Span]) -> u32 {
    let mut sorted = spans.to_vec();
    sorted.sort();
    let mut total = 0;
    let mut until = Time { minutes: 0 };
    for span in sorted {
        let start = span.start.max(until);
        if span.end > start {
            total += span.end.minutes - start.minutes;
            until = span.end;
        }
    }
    total
}
