//! Which queued attempts may start now: by memory, not by count.

/// Part of an attempt's memory limit that is set aside when it starts. Few attempts ever reach
/// their limit, and one that does is stopped by it; setting all of it aside would leave most of a
/// machine unused.
const RESERVED_PERCENT: u64 = 25;

/// How many of `queued` (their memory limits, in order) may start on a machine with
/// `available_bytes` free. One may always start when nothing runs, so that work goes on.
pub fn admissible(queued_bytes: &[u64], running: usize, available_bytes: u64) -> usize {
    let mut left = available_bytes;
    let fitting = queued_bytes
        .iter()
        .take_while(|&&limit| {
            let reserved = limit / 100 * RESERVED_PERCENT;
            let fits = reserved <= left;
            left = left.saturating_sub(reserved);
            fits
        })
        .count();
    if running == 0 { fitting.max(queued_bytes.len().min(1)) } else { fitting }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::limits::GIB;

    #[test]
    fn starts_what_fits_and_never_nothing_at_all() {
        assert_eq!(admissible(&[4 * GIB; 10], 0, 5 * GIB), 5);
        assert_eq!(admissible(&[4 * GIB; 10], 3, GIB / 2), 0);
        assert_eq!(admissible(&[4 * GIB; 10], 0, GIB / 2), 1);
        assert_eq!(admissible(&[], 0, 5 * GIB), 0);
    }
}
