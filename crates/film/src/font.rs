//! The embedded fonts: which glyph is drawn for a character, how wide it is, and its picture.
//!
//! What no font has is drawn as the box that fonts keep for that.

use std::collections::HashMap;

use swash::scale::image::Image;
use swash::scale::{Render, ScaleContext, Source};
use swash::shape::{Direction, ShapeContext};
use swash::text::Script;
use swash::zeno::{Format, Vector};
use swash::{FontRef, GlyphId};

/// Pictures that are kept; a film needs some hundred.
const GLYPHS_MAX: usize = 8_192;
/// Places between two pixels at which a glyph may stand.
const STEPS: i32 = 4;

/// Where everything that a film says comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    Sans,
    Bold,
    Mono,
    MonoBold,
}

impl Face {
    const ALL: [Self; 4] = [Self::Sans, Self::Bold, Self::Mono, Self::MonoBold];

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Sans => include_bytes!("../fonts/Inter-Medium.otf"),
            Self::Bold => include_bytes!("../fonts/Inter-Bold.otf"),
            Self::Mono => include_bytes!("../fonts/JetBrainsMono-Regular.ttf"),
            Self::MonoBold => include_bytes!("../fonts/JetBrainsMono-Bold.ttf"),
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Sans => 0,
            Self::Bold => 1,
            Self::Mono => 2,
            Self::MonoBold => 3,
        }
    }

    /// What is asked for a character that this one lacks.
    fn other(self) -> Self {
        match self {
            Self::Sans => Self::Mono,
            Self::Bold => Self::MonoBold,
            Self::Mono => Self::Sans,
            Self::MonoBold => Self::Bold,
        }
    }

    fn is_mono(self) -> bool {
        matches!(self, Self::Mono | Self::MonoBold)
    }
}

/// A face in a size, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Style {
    pub face: Face,
    pub size: u16,
}

pub const fn style(face: Face, size: u16) -> Style {
    Style { face, size }
}

/// A glyph of a line that was laid out, `x` pixels from the line's beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    pub style: Style,
    pub id: GlyphId,
    pub x: f32,
    /// Above the baseline, for marks.
    pub up: f32,
    /// The byte of the text that it begins with.
    pub at: usize,
}

/// A line of text, laid out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Laid {
    pub glyphs: Vec<Placed>,
    pub width: f32,
}

/// A glyph as it is drawn: which, and at which of [`STEPS`] places between two pixels.
type Key = (Style, GlyphId, i32);

pub struct Fonts {
    faces: [FontRef<'static>; 4],
    shaping: ShapeContext,
    scaling: ScaleContext,
    pictures: HashMap<Key, Option<Image>>,
}

impl Fonts {
    pub fn new() -> Self {
        let face = |face: Face| {
            FontRef::from_index(face.bytes(), 0)
                .expect("the embedded fonts are fonts: a test reads them")
        };
        Self {
            faces: Face::ALL.map(face),
            shaping: ShapeContext::new(),
            scaling: ScaleContext::new(),
            pictures: HashMap::new(),
        }
    }

    /// How wide a character of code is, in pixels.
    pub fn cell(size: u16) -> f32 {
        f32::from(size) * 0.6
    }

    pub fn lay(&mut self, text: &str, style: Style) -> Laid {
        match style.face.is_mono() {
            true => self.lay_cells(text, style),
            false => self.lay_shaped(text, style),
        }
    }

    pub fn width(&mut self, text: &str, style: Style) -> f32 {
        self.lay(text, style).width
    }

    /// Code: every character has a cell, and a mark stands on the cell before it.
    fn lay_cells(&self, text: &str, style: Style) -> Laid {
        let cell = Self::cell(style.size);
        let mut laid = Laid::default();
        for (at, char) in text.char_indices() {
            let (style, id) = self.glyph(char, style);
            let is_mark = matches!(char, '\u{300}'..='\u{36f}');
            let x = if is_mark { (laid.width - cell).max(0.0) } else { laid.width };
            laid.glyphs.push(Placed { style, id, x, up: 0.0, at });
            if !is_mark {
                laid.width += cell;
            }
        }
        laid
    }

    /// Words: shaped, with kerning, in runs of what one face has.
    fn lay_shaped(&mut self, text: &str, style: Style) -> Laid {
        let mut laid = Laid::default();
        for (at, run, style) in self.runs(text, style) {
            let mut shaper = self
                .shaping
                .builder(self.faces[style.face.index()])
                .script(Script::Latin)
                .direction(Direction::LeftToRight)
                .size(f32::from(style.size))
                .build();
            shaper.add_str(run);
            shaper.shape_with(|cluster| {
                for glyph in cluster.glyphs {
                    let (x, up) = (laid.width + glyph.x, glyph.y);
                    let at = at + cluster.source.to_range().start;
                    laid.glyphs.push(Placed { style, id: glyph.id, x, up, at });
                    laid.width += glyph.advance;
                }
            });
        }
        laid
    }

    fn runs<'a>(&self, text: &'a str, style: Style) -> Vec<(usize, &'a str, Style)> {
        let mut runs: Vec<(usize, &str, Style)> = Vec::new();
        for (at, char) in text.char_indices() {
            let (found, _) = self.glyph(char, style);
            match runs.last_mut() {
                Some((start, run, same)) if *same == found => {
                    *run = &text[*start..at + char.len_utf8()];
                }
                _ => runs.push((at, &text[at..at + char.len_utf8()], found)),
            }
        }
        runs
    }

    /// The character in its face, in the other one, or the face's box.
    fn glyph(&self, char: char, style: Style) -> (Style, GlyphId) {
        let id = self.faces[style.face.index()].charmap().map(char);
        if id != 0 {
            return (style, id);
        }
        let other = Style { face: style.face.other(), ..style };
        match self.faces[other.face.index()].charmap().map(char) {
            // The box of code is narrower and plainer.
            0 if style.face.is_mono() => (style, 0),
            id => (other, id),
        }
    }

    /// The picture of a glyph at `quarter` quarters of a pixel; none for a space.
    pub fn picture(&mut self, style: Style, id: GlyphId, quarter: i32) -> Option<&Image> {
        if self.pictures.len() >= GLYPHS_MAX {
            self.pictures.clear();
        }
        let key = (style, id, quarter);
        if !self.pictures.contains_key(&key) {
            let picture = self.draw(style, id, quarter);
            self.pictures.insert(key, picture);
        }
        self.pictures.get(&key).and_then(Option::as_ref)
    }

    fn draw(&mut self, style: Style, id: GlyphId, quarter: i32) -> Option<Image> {
        let font = self.faces[style.face.index()];
        let mut scaler = self.scaling.builder(font).size(f32::from(style.size)).build();
        let picture = Render::new(&[Source::Outline])
            .format(Format::Alpha)
            .offset(Vector::new(quarter as f32 / STEPS as f32, 0.0))
            .render(&mut scaler, id)?;
        (picture.placement.width > 0).then_some(picture)
    }
}

/// The pixel that a place is in, and how many quarters further.
pub fn snap(x: f32) -> (i32, i32) {
    let quarters = (x * STEPS as f32 + 0.5).floor() as i32;
    (quarters.div_euclid(STEPS), quarters.rem_euclid(STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_what_people_write_in_and_a_box_for_the_rest() {
        let mut fonts = Fonts::new();
        let text = "Grüße, Ελλάδα, Привет → ≤ “q” …";
        for face in Face::ALL {
            let missing: Vec<char> =
                text.chars().filter(|c| fonts.glyph(*c, style(face, 20)).1 == 0).collect();
            assert!(missing.is_empty(), "{face:?} lacks {missing:?}");
            assert!(fonts.picture(style(face, 20), 0, 0).is_some(), "{face:?} has no box");
        }
        assert_eq!(fonts.glyph('漢', style(Face::Bold, 20)).1, 0);
    }

    #[test]
    fn code_stands_in_cells_and_words_are_kerned() {
        let mut fonts = Fonts::new();
        let code = fonts.lay("if x漢", style(Face::Mono, 20));
        assert_eq!(code.width, 60.0);
        let apart =
            fonts.width("A", style(Face::Bold, 40)) + fonts.width("V", style(Face::Bold, 40));
        assert!(fonts.width("AV", style(Face::Bold, 40)) < apart);
    }

    #[test]
    fn a_place_between_pixels_is_one_of_four() {
        assert_eq!(snap(3.0), (3, 0));
        assert_eq!(snap(3.3), (3, 1));
        assert_eq!(snap(-0.25), (-1, 3));
    }
}
