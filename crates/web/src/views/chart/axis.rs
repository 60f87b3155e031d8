//! Where figures stand on an axis, and which of them are written beside it.

/// Round numbers from 0 to at least `max`, at most `count` of them: 1, 2 or 5 times a power of ten
/// apart, and whole, since what is counted is.
pub fn ticks(max: u64, count: usize) -> Vec<u64> {
    let gaps = (count.max(2) - 1) as u64;
    let step = round_up(max.div_ceil(gaps).max(1));
    (0..=max.max(1).div_ceil(step)).map(|tick| tick.saturating_mul(step)).collect()
}

/// The next of 1, 2, 5, 10, 20, 50, …
fn round_up(least: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if step >= least {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// `value` as a share of `top`, in percent.
pub fn place(value: u64, top: u64) -> f64 {
    value as f64 * 100.0 / top as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_largest_figure() {
        assert_eq!(ticks(0, 5), [0, 1]);
        assert_eq!(ticks(1, 5), [0, 1]);
        assert_eq!(ticks(3, 5), [0, 1, 2, 3]);
        assert_eq!(ticks(4, 5), [0, 1, 2, 3, 4]);
        assert_eq!(ticks(5, 5), [0, 2, 4, 6]);
        assert_eq!(ticks(9, 5), [0, 5, 10]);
        assert_eq!(ticks(41, 5), [0, 20, 40, 60]);
        assert_eq!(ticks(1_000, 5), [0, 500, 1_000]);
        assert_eq!(ticks(12_345, 3), [0, 10_000, 20_000]);
    }

    #[test]
    fn no_axis_is_crowded_and_none_is_too_short() {
        for max in (0..10_000).chain([u64::MAX / 4]) {
            for count in 2..8 {
                let ticks = ticks(max, count);
                assert!(ticks.len() <= count.max(2), "{max} {count}: {ticks:?}");
                assert!(ticks.last().unwrap() >= &max, "{max} {count}: {ticks:?}");
            }
        }
    }
}
