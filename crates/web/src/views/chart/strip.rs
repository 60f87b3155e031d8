//! How times are spread, on one line. Some take minutes and others days, so the line is logarithmic.

use maud::{Markup, html};

use super::percent;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Times that people think in.
const SCALE: [(u64, &str); 9] = [
    (1_000, "1 s"),
    (10_000, "10 s"),
    (MINUTE_MS, "1 min"),
    (10 * MINUTE_MS, "10 min"),
    (HOUR_MS, "1 h"),
    (6 * HOUR_MS, "6 h"),
    (DAY_MS, "1 d"),
    (7 * DAY_MS, "1 week"),
    (56 * DAY_MS, "8 weeks"),
];

/// A time that is marked, with its words.
pub struct Mark {
    pub at_ms: u64,
    pub words: String,
}

/// From `shortest` to `longest`, with a box around the middle half and a mark at each of `marks`.
pub fn strip(says: &str, ends: (u64, u64), middle: (u64, u64), marks: &[Mark]) -> Markup {
    let scale = scale(ends);
    let x = |ms: u64| percent(place(ms, &scale));
    let width = |from: u64, to: u64| percent(place(to, &scale) - place(from, &scale));
    html! {
        svg.strip role="img" aria-label=(says) {
            @for (ms, _words) in &scale {
                line.chart-line x1=(x(*ms)) x2=(x(*ms)) y1="12" y2="48" {}
            }
            rect.strip-all x=(x(ends.0)) width=(width(ends.0, ends.1)) y="28" height="4" rx="2" {}
            rect.strip-middle x=(x(middle.0)) width=(width(middle.0, middle.1)) y="22" height="16" rx="4" {}
            @for mark in marks {
                g {
                    title { (mark.words) }
                    line.strip-mark x1=(x(mark.at_ms)) x2=(x(mark.at_ms)) y1="16" y2="44" {}
                }
            }
            @for (ms, words) in &scale {
                text x=(x(*ms)) y="64" text-anchor=(anchor(*ms, &scale)) { (words) }
            }
        }
    }
}

/// The part of the scale that holds both ends, with two times on it at least.
fn scale((shortest, longest): (u64, u64)) -> Vec<(u64, &'static str)> {
    let last = SCALE.len() - 1;
    let first = SCALE.iter().rposition(|(ms, _)| *ms <= shortest).unwrap_or(0).min(last - 1);
    let end = SCALE.iter().position(|(ms, _)| *ms >= longest).unwrap_or(last).max(first + 1);
    SCALE[first..=end].to_vec()
}

/// In percent; what is beyond the scale stands at its end.
fn place(ms: u64, scale: &[(u64, &str)]) -> f64 {
    let (Some(first), Some(last)) = (scale.first(), scale.last()) else { return 0.0 };
    let log = |ms: u64| (ms.max(1) as f64).ln();
    let share = (log(ms) - log(first.0)) / (log(last.0) - log(first.0));
    share.clamp(0.0, 1.0) * 100.0
}

fn anchor(ms: u64, scale: &[(u64, &str)]) -> &'static str {
    match ms {
        first if Some(first) == scale.first().map(|tick| tick.0) => "start",
        last if Some(last) == scale.last().map(|tick| tick.0) => "end",
        _ => "middle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(ends: (u64, u64)) -> Vec<&'static str> {
        scale(ends).into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn the_scale_holds_both_ends() {
        assert_eq!(words((5 * MINUTE_MS, 3 * HOUR_MS)), ["1 min", "10 min", "1 h", "6 h"]);
        assert_eq!(words((MINUTE_MS, MINUTE_MS)), ["1 min", "10 min"]);
        assert_eq!(words((0, 5)), ["1 s", "10 s"]);
        assert_eq!(words((400 * DAY_MS, 500 * DAY_MS)), ["1 week", "8 weeks"]);
    }

    #[test]
    fn places_grow_with_time_and_stay_on_the_strip() {
        let scale = scale((MINUTE_MS, DAY_MS));
        let places: Vec<f64> = [0, MINUTE_MS, HOUR_MS, DAY_MS, 90 * DAY_MS]
            .into_iter()
            .map(|ms| place(ms, &scale))
            .collect();
        assert_eq!((places[0], places[1], places[3], places[4]), (0.0, 0.0, 100.0, 100.0));
        assert!(places[2] > 50.0 && places[2] < 60.0, "{places:?}");
    }
}
