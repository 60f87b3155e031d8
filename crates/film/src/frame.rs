//! The picture's measures, in pixels: what is kept free for players and for the feed, and where
//! everything stands.

/// Upright, as phones are held.
pub const PICTURE: (usize, usize) = (720, 1280);

pub const MARGIN: f32 = 48.0;
pub const WIDTH: f32 = 720.0 - 2.0 * MARGIN;
pub const RIGHT: f32 = MARGIN + WIDTH;

/// Above it a phone shows its clock.
pub const PROGRESS_TOP: f32 = 88.0;
pub const HEADER_BASELINE: f32 = 150.0;
/// Scenes are painted between these.
pub const BODY_TOP: f32 = 194.0;
pub const BODY_BOTTOM: f32 = 916.0;
/// Below it the feed lays the title and the chips over the film.
pub const CAPTION_BOTTOM: f32 = 1_052.0;

/// The top of something of that height: a little above the middle, where the eye expects it.
pub fn placed(height: f32) -> f32 {
    BODY_TOP + ((BODY_BOTTOM - BODY_TOP - height) * 0.42).max(0.0)
}
