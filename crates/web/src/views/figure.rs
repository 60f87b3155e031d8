//! Figures for people: times, money, sizes, counts.

use domain::Timestamp;
use maud::{Markup, html};
use store::exchange::Spent;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// `420 ms`, `3.2 s`, `1 min 20 s`, `2 h 5 min`, `3 d`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..SECOND_MS => format!("{ms} ms"),
        SECOND_MS..10_000 => format!("{}.{} s", ms / SECOND_MS, ms % SECOND_MS / 100),
        10_000..MINUTE_MS => format!("{} s", ms / SECOND_MS),
        MINUTE_MS..HOUR_MS => both(ms / MINUTE_MS, "min", ms % MINUTE_MS / SECOND_MS, "s"),
        HOUR_MS..DAY_MS => both(ms / HOUR_MS, "h", ms % HOUR_MS / MINUTE_MS, "min"),
        _days => format!("{} d", ms / DAY_MS),
    }
}

fn both(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// In the shortest words, for lists: `now`, `5 min`, `3 h`, `2 d`.
fn about(ms: u64) -> String {
    match ms {
        0..MINUTE_MS => "now".into(),
        MINUTE_MS..HOUR_MS => format!("{} min", ms / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{} h", ms / HOUR_MS),
        _days => format!("{} d", ms / DAY_MS),
    }
}

/// How long ago, with the moment itself where the pointer rests.
pub fn ago(now: Timestamp, at: Timestamp) -> Markup {
    let moment = moment(at);
    let words = match about(now.since_ms(at)) {
        now if now == "now" => "just now".to_owned(),
        about => format!("{about} ago"),
    };
    html! { time.nowrap datetime=(moment) title=(moment) { (words) } }
}

/// The time of day, in UTC, for a line of a log.
pub fn clock(at: Timestamp) -> Markup {
    let moment = moment(at);
    html! { time datetime=(moment) title=(moment) { (&moment[11..19]) } }
}

/// `2025-11-29T01:02:03Z`.
pub fn moment(at: Timestamp) -> String {
    let seconds = at.0.div_euclid(1000);
    let (days, in_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The Gregorian date of a day counted from 1970-01-01: counted from a first of March, so that leap
/// days come last.
fn date(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    let days = days + 719_468;
    let (era, in_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// What models cost: `$0.04`; with a `+` where some of it has no known price. None where no model
/// was asked.
pub fn cost(spent: &Spent) -> Option<String> {
    if spent.requests == 0 {
        return None;
    }
    Some(match (spent.micros, spent.unpriced) {
        (0, unpriced) if unpriced > 0 => "price unknown".into(),
        (micros, 0) => usd(micros),
        (micros, _) => format!("{}+", usd(micros)),
    })
}

/// Cents, or the first two digits that aren't 0.
pub fn usd(micros: u64) -> String {
    match micros {
        0 => "$0".into(),
        1..100 => "<$0.0001".into(),
        100..10_000 => format!("$0.{:04}", micros / 100),
        _cents => format!("${}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}

/// `1.2 kB`, in thousands.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _more => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// `12.3 k`, in thousands.
pub fn tokens(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}.{} k", count / 1_000, count % 1_000 / 100),
        _more => format!("{}.{} M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_the_standard_says() {
        assert_eq!(moment(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(moment(Timestamp(951_782_400_000)), "2000-02-29T00:00:00Z");
        assert_eq!(moment(Timestamp(1_764_378_123_999)), "2025-11-29T01:02:03Z");
    }

    #[test]
    fn durations_have_two_parts_at_most() {
        let words: Vec<String> =
            [420, 3_240, 42_000, 80_000, 120_000, 7_500_000, 300_000_000].map(duration).into();
        let expected = ["420 ms", "3.2 s", "42 s", "1 min 20 s", "2 min", "2 h 5 min", "3 d"];
        assert_eq!(words, expected);
    }

    #[test]
    fn a_price_that_is_not_known_is_never_nothing() {
        let spent =
            |requests, micros, unpriced| Spent { requests, micros, unpriced, ..Spent::default() };
        assert_eq!(cost(&spent(0, 0, 0)), None);
        assert_eq!(cost(&spent(2, 0, 1)).as_deref(), Some("price unknown"));
        assert_eq!(cost(&spent(2, 41_999, 1)).as_deref(), Some("$0.04+"));
        assert_eq!(cost(&spent(1, 1_234, 0)).as_deref(), Some("$0.0012"));
        assert_eq!(cost(&spent(1, 12_345_678, 0)).as_deref(), Some("$12.34"));
    }
}
