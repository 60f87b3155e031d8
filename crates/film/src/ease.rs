//! How things move: slowly out of rest and slowly into it. Only `+`, `-` and `*`, which give the
//! same bits on every machine.

/// How far something is that begins at `from` and takes `length`: 0 to 1.
pub fn progress(now: f32, from: f32, length: f32) -> f32 {
    ((now - from) / length.max(f32::EPSILON)).clamp(0.0, 1.0)
}

/// Fast at first, calm in the end: for what appears.
pub fn out(x: f32) -> f32 {
    let rest = 1.0 - x;
    1.0 - rest * rest * rest
}

/// Calm at both ends: for what goes from one place to another.
pub fn in_out(x: f32) -> f32 {
    x * x * (3.0 - 2.0 * x)
}

/// A little too far and back: for what should be noticed.
pub fn back(x: f32) -> f32 {
    let rest = x - 1.0;
    1.0 + 2.2 * rest * rest * rest + 1.2 * rest * rest
}

pub fn between(from: f32, to: f32, x: f32) -> f32 {
    from + (to - from) * x
}

/// There and back, over and over, without a corner: 0 to 1 to 0.
pub fn wave(x: f32) -> f32 {
    let phase = x - x.floor();
    in_out(if phase < 0.5 { phase * 2.0 } else { 2.0 - phase * 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_begin_and_end_where_they_should() {
        for ease in [out, in_out, back] {
            assert!(ease(0.0).abs() < 1e-6);
            assert!((ease(1.0) - 1.0).abs() < 1e-6);
        }
        assert_eq!((wave(0.0), wave(0.5), wave(3.0)), (0.0, 1.0, 0.0));
        assert_eq!(progress(5.0, 10.0, 0.0), 0.0);
    }
}
