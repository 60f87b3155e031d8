use super::*;

fn after(name: &str, value: &str, now_ms: i64) -> Option<Duration> {
    retry_after(|header| (header == name).then(|| value.to_owned()), Timestamp(now_ms))
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

#[test]
fn back_off_doubles_up_to_its_limit_and_half_is_chance() {
    let policy = RetryPolicy { attempts_max: 9, base_ms: 100, wait_ms_max: 1_000 };
    for (failures, full) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (90, 1_000)] {
        for seed in 0..50 {
            let wait = policy.backoff(failures, chance(seed, 1)).as_millis();
            assert!((full / 2..=full).contains(&wait), "{failures} failures: {wait} ms");
        }
    }
    let waits: std::collections::BTreeSet<_> =
        (0..50).map(|seed| policy.backoff(3, chance(seed, 1))).collect();
    assert!(waits.len() > 20, "seeds differ");
    assert_eq!(RetryPolicy { base_ms: 0, ..policy }.backoff(1, 7), Duration::ZERO);
}
