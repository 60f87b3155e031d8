use super::*;

fn after(name: &str, value: &str, now_ms: i64) -> Option<Duration> {
    asked_wait(|header| (header == name).then(|| value.to_owned()), Timestamp(now_ms))
}

#[test]
fn a_provider_names_its_wait_in_three_ways() {
    assert_eq!(after("retry-after-ms", "250", 0), Some(Duration::from_millis(250)));
    assert_eq!(after("retry-after", "7", 0), Some(Duration::from_secs(7)));
    assert_eq!(after("retry-after", "0.5", 0), Some(Duration::from_millis(500)));
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(after("retry-after", date, 784_111_767_000), Some(Duration::from_secs(10)));
    assert_eq!(after("retry-after", date, 784_111_777_001), Some(Duration::ZERO), "in the past");
}

#[test]
fn what_is_no_wait_is_none() {
    for text in ["", "soon", "-1", "nan", "inf", "1e300", "Sun, 06 Nov 1994", "Sun, 6 Foo 1 1:1:1"]
    {
        assert_eq!(after("retry-after", text, 0), None, "{text}");
    }
}

#[test]
fn dates_around_leap_days_are_right() {
    assert_eq!(http_date_ms("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    assert_eq!(http_date_ms("Thu, 29 Feb 2024 12:00:00 GMT"), Some(1_709_208_000_000));
    assert_eq!(http_date_ms("Fri, 01 Mar 2024 00:00:00 GMT"), Some(1_709_251_200_000));
}

fn wait(headers: &[(&str, &str)], now_ms: i64) -> Option<Duration> {
    let find = |name: &str| headers.iter().find(|(known, _)| *known == name);
    asked_wait(|name| find(name).map(|(_, value)| (*value).to_owned()), Timestamp(now_ms))
}

#[test]
fn limits_that_are_used_up_say_when_they_reset() {
    let openai = [
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "6m0s"),
        ("x-ratelimit-remaining-tokens", "9"),
        ("x-ratelimit-reset-tokens", "9h"),
    ];
    assert_eq!(wait(&openai, 0), Some(Duration::from_secs(360)));
    let anthropic = [
        ("anthropic-ratelimit-input-tokens-remaining", "0"),
        ("anthropic-ratelimit-input-tokens-reset", "1970-01-01T00:01:30Z"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "1970-01-01T00:00:40Z"),
    ];
    assert_eq!(wait(&anthropic, 30_000), Some(Duration::from_secs(60)));
    let plan = [
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", "7200"),
    ];
    assert_eq!(wait(&plan, 0), Some(Duration::from_secs(7200)));
}

#[test]
fn a_retry_after_wins_and_limits_with_something_left_say_nothing() {
    let both = [
        ("retry-after", "3"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1h2m"),
    ];
    assert_eq!(wait(&both, 0), Some(Duration::from_secs(3)));
    assert_eq!(wait(&both[2..], 0), None);
    assert_eq!(wait(&both[1..], 0), Some(Duration::from_secs(3720)));
}

#[test]
fn durations_are_read_as_they_are_sent() {
    let ms = |text| go_duration(text).map(|wait| wait.as_millis());
    assert_eq!(
        [ms("20ms"), ms("1.5s"), ms("1h2m3s"), ms("7")],
        [20, 1_500, 3_723_000, 7_000].map(Some)
    );
    assert_eq!([ms("soon"), ms("5"), ms("5x"), ms("s")], [None, Some(5_000), None, None]);
}
