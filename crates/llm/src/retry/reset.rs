//! When a provider wants to be asked again, from its headers.

use std::time::Duration;

use domain::Timestamp;

/// The wait that a refusal's headers ask for: a Retry-After, else the reset of the limits that
/// they show as used up.
pub(crate) fn asked_wait(
    header: impl Fn(&str) -> Option<String>,
    now: Timestamp,
) -> Option<Duration> {
    retry_after(&header, now).or_else(|| used_up(&header, now))
}

/// What OpenAI and those who imitate it limit.
const OPENAI_LIMITS: [&str; 2] = ["requests", "tokens"];
const ANTHROPIC_LIMITS: [&str; 4] = ["requests", "tokens", "input-tokens", "output-tokens"];

/// The latest reset of all limits of which nothing remains.
fn used_up(header: &impl Fn(&str) -> Option<String>, now: Timestamp) -> Option<Duration> {
    let is_empty = |name: String| header(&name).is_some_and(|left| left.trim() == "0");
    let openai = OPENAI_LIMITS.iter().filter_map(|limit| {
        let empty = is_empty(format!("x-ratelimit-remaining-{limit}"));
        let reset = header(&format!("x-ratelimit-reset-{limit}")).filter(|_| empty)?;
        go_duration(&reset)
    });
    let anthropic = ANTHROPIC_LIMITS.iter().filter_map(|limit| {
        let empty = is_empty(format!("anthropic-ratelimit-{limit}-remaining"));
        let reset = header(&format!("anthropic-ratelimit-{limit}-reset")).filter(|_| empty)?;
        Some(Duration::from_millis(Timestamp(rfc3339_ms(&reset)?).since_ms(now)))
    });
    openai.chain(anthropic).chain(plan(header, now)).max()
}

/// A subscription's quota at Anthropic: seconds since 1970.
fn plan(header: &impl Fn(&str) -> Option<String>, now: Timestamp) -> Option<Duration> {
    let rejected = header("anthropic-ratelimit-unified-status")? == "rejected";
    let reset = header("anthropic-ratelimit-unified-reset").filter(|_| rejected)?;
    let at: i64 = reset.trim().parse().ok()?;
    Some(Duration::from_millis(Timestamp(at.checked_mul(1_000)?).since_ms(now)))
}

/// `6m0s`, `1h2m`, `20ms`, `1.5s`, or seconds alone.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Some(plain) = seconds(rest) {
        return Some(plain);
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..number_end].parse().ok()?;
        rest = &rest[number_end..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number * unit_seconds(&rest[..unit_end])?;
        rest = &rest[unit_end..];
    }
    Duration::try_from_secs_f64(total).ok()
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3_600.0),
        "d" => Some(86_400.0),
        _ => None,
    }
}

/// `2026-11-28T18:00:00Z`, in milliseconds since 1970; fractions of a second are left out.
fn rfc3339_ms(text: &str) -> Option<i64> {
    let (date, time) = text.trim().strip_suffix('Z')?.split_once('T')?;
    let parts: Vec<i64> = date.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [year @ 1970..=9999, month @ 1..=12, day @ 1..=31] = parts[..] else { return None };
    let time = clock_seconds(time.split('.').next()?)?;
    Some((days_since_1970(year, month, day) * 86_400 + time) * 1000)
}

/// `retry-after-ms`, or `retry-after` as seconds (OpenAI sends fractions) or as an HTTP date.
fn retry_after(header: &impl Fn(&str) -> Option<String>, now: Timestamp) -> Option<Duration> {
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
