//! What a frame is made of: boxes, rings, strokes and glyphs, as data that can be compared with the
//! frame before.

use swash::GlyphId;

use crate::font::Style;
use crate::ink::Ink;

/// A part of the picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

pub const fn area(x: f32, y: f32, width: f32, height: f32) -> Area {
    Area { x, y, width, height }
}

impl Area {
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Filled, with round corners.
    Box { area: Area, radius: f32, ink: Ink },
    /// Its edge alone, `thick` pixels inward.
    Ring { area: Area, radius: f32, thick: f32, ink: Ink },
    /// A straight stroke with round ends.
    Stroke { from: (f32, f32), to: (f32, f32), thick: f32, ink: Ink },
    /// At that pixel of the baseline, and that quarter of it.
    Glyph { style: Style, id: GlyphId, x: i32, quarter: i32, y: i32, ink: Ink },
}

/// Whole pixels: `left` and `top` are within, `right` and `bottom` aren't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Patch {
    pub fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    pub fn meet(&self, other: &Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    pub fn join(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

impl Shape {
    /// Every pixel that it may touch.
    pub fn patch(&self) -> Patch {
        let around = |left: f32, top: f32, right: f32, bottom: f32| Patch {
            left: left.floor() as i32 - 1,
            top: top.floor() as i32 - 1,
            right: right.ceil() as i32 + 1,
            bottom: bottom.ceil() as i32 + 1,
        };
        match self {
            Self::Box { area, .. } | Self::Ring { area, .. } => {
                around(area.x, area.y, area.right(), area.bottom())
            }
            Self::Stroke { from, to, thick, .. } => around(
                from.0.min(to.0) - thick / 2.0,
                from.1.min(to.1) - thick / 2.0,
                from.0.max(to.0) + thick / 2.0,
                from.1.max(to.1) + thick / 2.0,
            ),
            // No glyph of the embedded fonts reaches further than its size and a half.
            Self::Glyph { style, x, y, .. } => {
                let size = i32::from(style.size);
                let reach = size + size / 2;
                Patch { left: x - size, top: y - reach, right: x + reach, bottom: y + size }
            }
        }
    }

    /// The same, moved and more transparent.
    pub fn moved(self, (dx, dy): (f32, f32), opacity: f32) -> Self {
        let shift = |(x, y): (f32, f32)| (x + dx, y + dy);
        match self {
            Self::Box { area: a, radius, ink } => {
                let area = area(a.x + dx, a.y + dy, a.width, a.height);
                Self::Box { area, radius, ink: ink.at(opacity) }
            }
            Self::Ring { area: a, radius, thick, ink } => {
                let area = area(a.x + dx, a.y + dy, a.width, a.height);
                Self::Ring { area, radius, thick, ink: ink.at(opacity) }
            }
            Self::Stroke { from, to, thick, ink } => {
                Self::Stroke { from: shift(from), to: shift(to), thick, ink: ink.at(opacity) }
            }
            Self::Glyph { style, id, x, quarter, y, ink } => {
                let (x, y) = (x + dx.round() as i32, y + dy.round() as i32);
                Self::Glyph { style, id, x, quarter, y, ink: ink.at(opacity) }
            }
        }
    }

    fn ink(&self) -> Ink {
        match self {
            Self::Box { ink, .. }
            | Self::Ring { ink, .. }
            | Self::Stroke { ink, .. }
            | Self::Glyph { ink, .. } => *ink,
        }
    }

    pub fn is_visible(&self) -> bool {
        self.ink().alpha > 0
    }
}

/// What differs between two lists of shapes: all that is between their common ends.
pub fn difference(before: &[Shape], now: &[Shape]) -> Option<Patch> {
    let same = before.iter().zip(now).take_while(|(a, b)| a == b).count();
    let (before, now) = (&before[same..], &now[same..]);
    let tail = before.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
    let differing = before[..before.len() - tail].iter().chain(&now[..now.len() - tail]);
    differing.map(Shape::patch).reduce(|all, one| all.join(&one))
}
