//! Short videos of changes, drawn from shapes and text: no browser, no ffmpeg, the same bytes each
//! time. Knows neither the engine nor the web: it is given a [`Story`].

mod story;

pub use story::Story;
