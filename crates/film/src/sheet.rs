//! One frame while it is being composed: shapes in layers, under the opacity and at the place that
//! hold just now.

use crate::font::{Laid, snap};
use crate::ink::Ink;
use crate::shape::{Area, Shape};

/// Layers are compared with the frame before one by one, so that what moves in one makes no other
/// one be drawn again.
#[derive(Default)]
pub struct Sheet {
    pub layers: Vec<Vec<Shape>>,
    opacity: f32,
    shift: (f32, f32),
}

impl Sheet {
    pub fn new() -> Self {
        Self { layers: vec![Vec::new()], opacity: 1.0, shift: (0.0, 0.0) }
    }

    /// What comes now is compared by itself.
    pub fn layer(&mut self) {
        self.layers.push(Vec::new());
    }

    /// Everything that `paint` adds is fainter and further down by that.
    pub fn faded(&mut self, opacity: f32, down: f32, paint: impl FnOnce(&mut Self)) {
        let before = (self.opacity, self.shift);
        self.opacity *= opacity.clamp(0.0, 1.0);
        self.shift.1 += down;
        if self.opacity > 0.004 {
            paint(self);
        }
        (self.opacity, self.shift) = before;
    }

    pub fn add(&mut self, shape: Shape) {
        let shape = shape.moved(self.shift, self.opacity);
        self.layers.last_mut().expect("there is always a layer").push(shape);
    }

    pub fn fill(&mut self, area: Area, radius: f32, ink: Ink) {
        if area.width > 0.0 && area.height > 0.0 {
            self.add(Shape::Box { area, radius, ink });
        }
    }

    pub fn ring(&mut self, area: Area, radius: f32, thick: f32, ink: Ink) {
        self.add(Shape::Ring { area, radius, thick, ink });
    }

    pub fn stroke(&mut self, from: (f32, f32), to: (f32, f32), thick: f32, ink: Ink) {
        self.add(Shape::Stroke { from, to, thick, ink });
    }

    /// A line of text with its baseline at `y`, in one colour.
    pub fn text(&mut self, laid: &Laid, x: f32, y: f32, ink: Ink) {
        self.text_by(laid, x, y, |_| Some(ink));
    }

    /// The same; each glyph's colour is told by the byte it begins with, and none hides it.
    pub fn text_by(&mut self, laid: &Laid, x: f32, y: f32, ink: impl Fn(usize) -> Option<Ink>) {
        for glyph in &laid.glyphs {
            let Some(ink) = ink(glyph.at) else { continue };
            let (left, quarter) = snap(x + glyph.x);
            let y = (y - glyph.up).round() as i32;
            let (style, id) = (glyph.style, glyph.id);
            self.add(Shape::Glyph { style, id, x: left, quarter, y, ink });
        }
    }
}

/// Lines under one another.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub lines: Vec<Laid>,
    pub leading: f32,
}

impl Block {
    pub fn height(&self) -> f32 {
        self.lines.len() as f32 * self.leading
    }

    #[cfg(test)]
    pub fn width(&self) -> f32 {
        self.lines.iter().map(|line| line.width).fold(0.0, f32::max)
    }

    /// With its top at `y`.
    pub fn paint(&self, sheet: &mut Sheet, x: f32, y: f32, ink: Ink) {
        for (index, line) in self.lines.iter().enumerate() {
            sheet.text(line, x, self.baseline(y, index), ink);
        }
    }

    /// Each line in the middle of `area`.
    pub fn paint_centred(&self, sheet: &mut Sheet, area: &Area, ink: Ink) {
        for (index, line) in self.lines.iter().enumerate() {
            let x = area.x + (area.width - line.width) / 2.0;
            sheet.text(line, x, self.baseline(area.y, index), ink);
        }
    }

    /// Where the letters of a line stand, in a block whose top is at `y`.
    pub fn baseline(&self, y: f32, index: usize) -> f32 {
        y + (index as f32 + 0.76) * self.leading
    }
}

/// The baseline on which capitals of that size are in the middle of a height.
pub fn middle(top: f32, height: f32, size: u16) -> f32 {
    top + height / 2.0 + f32::from(size) * 0.36
}
