//! Short videos of changes, drawn from shapes and text: no browser, no ffmpeg, the same bytes each
//! time. Knows neither the engine nor the web: it is given a [`Story`].
//!
//! A story becomes a plan of scenes ([`plan`]), each laid out once ([`scenes`], [`wrap`], [`font`]).
//! A frame is a list of shapes ([`sheet`], [`shape`]); what differs from the frame before is drawn
//! ([`canvas`], [`picture`]), encoded as H.264 ([`video`]) and put into a file ([`mp4`]).

mod canvas;
mod ease;
mod font;
mod frame;
mod ink;
mod mp4;
mod picture;
mod plan;
mod poster;
mod scene;
mod scenes;
mod shape;
mod sheet;
mod shown;
pub mod story;
mod video;
mod vtt;
mod wrap;

#[cfg(test)]
mod tests;

pub use story::Story;

/// Of the way films look: a film of another version is made anew.
pub const VERSION: u32 = 1;

/// Every film's, evenly.
pub const FRAMES_PER_SECOND: u32 = 30;

/// A film, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// H.264 in MP4, 720×1280.
    pub mp4: Vec<u8>,
    /// The captions that are in the picture, with what it shows, as WebVTT.
    pub vtt: String,
    /// The first frame, as a JPEG.
    pub poster: Vec<u8>,
    pub duration_ms: u64,
    pub frames: u32,
}

/// What can go wrong while a film is made. None of it depends on the story.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the encoder refuses")]
    Encode(#[from] openh264::Error),
    #[error("the encoder left a frame out")]
    Skipped,
    #[error("scenes were encoded in different ways")]
    Unequal,
    #[error("a frame is too long")]
    TooLong,
    #[error("can't put the frames into a file")]
    Mux(#[from] shiguredo_mp4::mux::MuxError),
    #[error("can't make the poster")]
    Poster(#[from] jpeg_encoder::EncodingError),
}

/// Makes the film of a story. It uses at most four threads, and takes some seconds of a processor.
///
/// # Errors
/// Where an encoder fails; never because of what the story says.
pub fn render(story: &Story) -> Result<Film, Error> {
    let mut fonts = font::Fonts::new();
    let plan = plan::Plan::new(story, &mut fonts);
    let video = video::encode(&plan)?;
    let frames = plan.frames();
    Ok(Film {
        mp4: mp4::file(&video)?,
        vtt: vtt::text(&plan.cues()),
        poster: poster::jpeg(&plan, &mut fonts)?,
        duration_ms: u64::from(frames) * 1_000 / u64::from(FRAMES_PER_SECOND),
        frames,
    })
}

/// The film's poster and its captions alone, which take no time worth speaking of.
///
/// # Errors
/// As [`render`].
pub fn stills(story: &Story) -> Result<(Vec<u8>, String), Error> {
    let mut fonts = font::Fonts::new();
    let plan = plan::Plan::new(story, &mut fonts);
    Ok((poster::jpeg(&plan, &mut fonts)?, vtt::text(&plan.cues())))
}
