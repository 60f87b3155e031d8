use super::*;

#[test]
fn back_off_doubles_up_to_its_limit_and_all_of_it_is_chance() {
    let policy = RetryPolicy { attempts_max: 9, base_ms: 100, wait_ms_max: 1_000 };
    for (failures, full) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (90, 1_000)] {
        for seed in 0..50 {
            let wait = policy.backoff(failures, chance(seed, 1)).as_millis();
            assert!((0..=full).contains(&wait), "{failures} failures: {wait} ms");
        }
    }
    let waits: std::collections::BTreeSet<_> =
        (0..50).map(|seed| policy.backoff(3, chance(seed, 1))).collect();
    assert!(waits.len() > 20, "seeds differ");
    assert_eq!(RetryPolicy { base_ms: 0, ..policy }.backoff(1, 7), Duration::ZERO);
}

#[test]
fn a_wait_of_seconds_is_spread_and_never_shortened() {
    for chance in 0..2_000 {
        let wait = spread(Duration::from_secs(7), chance);
        assert!((7_000..=7_700).contains(&wait.as_millis()), "{wait:?}");
    }
    assert_eq!(spread(Duration::from_millis(37), 99), Duration::from_millis(37));
}
