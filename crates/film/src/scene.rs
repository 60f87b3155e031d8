//! A part of a film that shows one thing. What it shows is laid out once; a frame only moves it.

use crate::ease;
use crate::ink::Ink;
use crate::sheet::Sheet;

pub trait Scene: Send + Sync {
    /// Its name above the picture, in a word or two.
    fn title(&self) -> &'static str;

    /// The colour of its name.
    fn ink(&self) -> Ink;

    /// What is said meanwhile, in a sentence.
    fn caption(&self) -> String;

    /// What the picture shows, for who can't see it.
    fn detail(&self) -> String;

    /// How long it takes to be understood.
    fn seconds(&self) -> f32;

    fn paint(&self, sheet: &mut Sheet, times: &Times);
}

/// A moment of a scene, in seconds.
pub struct Times {
    pub now: f32,
    pub length: f32,
}

impl Times {
    /// How much of what begins at `from` and takes so long is done, evenly.
    pub fn part(&self, from: f32, length: f32) -> f32 {
        ease::progress(self.now, from, length)
    }

    /// The same for what comes into the picture.
    pub fn coming(&self, from: f32, length: f32) -> f32 {
        ease::out(self.part(from, length))
    }

    pub fn whole(&self) -> f32 {
        self.part(0.0, self.length)
    }

    /// 0, and in the last `length` seconds up to 1.
    pub fn leaving(&self, length: f32) -> f32 {
        self.part(self.length - length, length)
    }
}

/// As long as it takes to read so many characters, within bounds.
pub fn reading(chars: usize, least: f32, most: f32) -> f32 {
    (1.2 + chars as f32 / 28.0).clamp(least, most)
}
