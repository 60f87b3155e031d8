//! Pixels, and how shapes become pixels: by the distance to their edge, which smooths it.

use swash::scale::image::Image;

use crate::font::Fonts;
use crate::ink::{BACK, Ink};
use crate::shape::{Area, Patch, Shape};

pub struct Canvas {
    pub width: i32,
    pub height: i32,
    /// `0x00RRGGBB`, row after row.
    pub pixels: Vec<u32>,
}

impl Canvas {
    pub fn new(width: usize, height: usize) -> Self {
        let pixels = vec![BACK.rgb; width * height];
        Self { width: width as i32, height: height as i32, pixels }
    }

    pub fn whole(&self) -> Patch {
        Patch { left: 0, top: 0, right: self.width, bottom: self.height }
    }

    /// Draws a part of the picture anew, and nothing beside it.
    pub fn redraw<'a>(
        &mut self,
        patch: &Patch,
        shapes: impl Iterator<Item = &'a Shape>,
        fonts: &mut Fonts,
    ) {
        for y in patch.top..patch.bottom {
            self.row(y, patch.left, patch.right).fill(BACK.rgb);
        }
        for shape in shapes.filter(|shape| shape.is_visible()) {
            let part = shape.patch().meet(patch);
            if !part.is_empty() {
                self.draw(shape, &part, fonts);
            }
        }
    }

    fn draw(&mut self, shape: &Shape, part: &Patch, fonts: &mut Fonts) {
        match *shape {
            Shape::Box { area, radius, ink } => self.fill(&area, radius, ink, part),
            Shape::Ring { area, radius, thick, ink } => {
                self.cover(part, ink, |x, y| {
                    let outer = distance(&area, radius, x, y);
                    outer.max(-thick - outer)
                });
            }
            Shape::Stroke { from, to, thick, ink } => {
                self.cover(part, ink, |x, y| from_segment(from, to, x, y) - thick / 2.0);
            }
            Shape::Glyph { style, id, x, quarter, y, ink } => {
                if let Some(picture) = fonts.picture(style, id, quarter) {
                    self.stamp(picture, x, y, ink, part);
                }
            }
        }
    }

    /// The middle of a box is filled row by row; only its edges are worth a distance.
    fn fill(&mut self, area: &Area, radius: f32, ink: Ink, part: &Patch) {
        let reach = radius.max(1.0) + 1.0;
        let inner = Patch {
            left: (area.x + reach).ceil() as i32,
            top: (area.y + 1.0).ceil() as i32,
            right: (area.right() - reach).floor() as i32,
            bottom: (area.bottom() - 1.0).floor() as i32,
        }
        .meet(part);
        let edge = |x, y| distance(area, radius, x, y);
        if inner.is_empty() {
            return self.cover(part, ink, edge);
        }
        for y in inner.top..inner.bottom {
            let row = self.row(y, inner.left, inner.right);
            match ink.alpha {
                255 => row.fill(ink.rgb),
                alpha => row.iter_mut().for_each(|pixel| *pixel = mix(*pixel, ink.rgb, alpha)),
            }
        }
        self.cover(&Patch { bottom: inner.top, ..*part }, ink, edge);
        self.cover(&Patch { top: inner.bottom, ..*part }, ink, edge);
        self.cover(&Patch { right: inner.left, ..inner.beside(part) }, ink, edge);
        self.cover(&Patch { left: inner.right, ..inner.beside(part) }, ink, edge);
    }

    /// Each pixel as far as its middle is within.
    fn cover(&mut self, part: &Patch, ink: Ink, distance: impl Fn(f32, f32) -> f32) {
        let alpha = f32::from(ink.alpha);
        for y in part.top..part.bottom {
            let middle = y as f32 + 0.5;
            for (index, pixel) in self.row(y, part.left, part.right).iter_mut().enumerate() {
                let x = (part.left + index as i32) as f32 + 0.5;
                let covered = 0.5 - distance(x, middle);
                if covered > 0.0 {
                    *pixel = mix(*pixel, ink.rgb, (covered.min(1.0) * alpha + 0.5) as u8);
                }
            }
        }
    }

    fn stamp(&mut self, picture: &Image, x: i32, y: i32, ink: Ink, part: &Patch) {
        let (left, top) = (x + picture.placement.left, y - picture.placement.top);
        let (width, height) = (picture.placement.width as i32, picture.placement.height as i32);
        let whole = Patch { left, top, right: left + width, bottom: top + height };
        let seen = whole.meet(part);
        if seen.is_empty() {
            return;
        }
        for y in seen.top..seen.bottom {
            let from = ((y - top) * width + seen.left - left) as usize;
            let covered = &picture.data[from..][..(seen.right - seen.left) as usize];
            let row = self.row(y, seen.left, seen.right);
            for (pixel, covered) in row.iter_mut().zip(covered) {
                if *covered > 0 {
                    let alpha = u32::from(*covered) * u32::from(ink.alpha) / 255;
                    *pixel = mix(*pixel, ink.rgb, alpha as u8);
                }
            }
        }
    }

    fn row(&mut self, y: i32, left: i32, right: i32) -> &mut [u32] {
        let start = (y * self.width) as usize;
        &mut self.pixels[start + left as usize..start + right.max(left) as usize]
    }
}

impl Patch {
    /// The rows of this one, and the columns of the other.
    fn beside(&self, other: &Self) -> Self {
        Self { top: self.top, bottom: self.bottom, ..*other }
    }
}

/// `alpha` of the second colour over the first, the red and the blue at once.
fn mix(under: u32, over: u32, alpha: u8) -> u32 {
    let a = u32::from(alpha) + u32::from(alpha >> 7);
    let rest = 256 - a;
    let red_blue = ((under & 0xff_00ff) * rest + (over & 0xff_00ff) * a) >> 8 & 0xff_00ff;
    let green = ((under & 0x00_ff00) * rest + (over & 0x00_ff00) * a) >> 8 & 0x00_ff00;
    red_blue | green
}

/// From the edge of a box with round corners; negative within.
fn distance(area: &Area, radius: f32, x: f32, y: f32) -> f32 {
    let (half_x, half_y) = (area.width / 2.0, area.height / 2.0);
    let radius = radius.min(half_x).min(half_y);
    let dx = (x - area.x - half_x).abs() - half_x + radius;
    let dy = (y - area.y - half_y).abs() - half_y + radius;
    let (out_x, out_y) = (dx.max(0.0), dy.max(0.0));
    (out_x * out_x + out_y * out_y).sqrt() + dx.max(dy).min(0.0) - radius
}

fn from_segment((ax, ay): (f32, f32), (bx, by): (f32, f32), x: f32, y: f32) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = ((x - ax) * dx + (y - ay) * dy) / length.max(f32::EPSILON);
    let along = along.clamp(0.0, 1.0);
    let (off_x, off_y) = (x - ax - along * dx, y - ay - along * dy);
    (off_x * off_x + off_y * off_y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::{GOOD, TEXT};
    use crate::shape::area;

    fn drawn(patch: Patch, shapes: &[Shape]) -> Canvas {
        let mut canvas = Canvas::new(64, 64);
        canvas.redraw(&patch, shapes.iter(), &mut Fonts::new());
        canvas
    }

    #[test]
    fn a_box_is_full_within_and_round_at_its_corners() {
        let shape = Shape::Box { area: area(8.0, 8.0, 40.0, 40.0), radius: 10.0, ink: GOOD };
        let canvas = drawn(Canvas::new(64, 64).whole(), &[shape]);
        let at = |x: usize, y: usize| canvas.pixels[y * 64 + x];
        assert_eq!((at(28, 28), at(8, 28), at(28, 47)), (GOOD.rgb, GOOD.rgb, GOOD.rgb));
        assert_eq!((at(8, 8), at(7, 28), at(28, 48)), (BACK.rgb, BACK.rgb, BACK.rgb));
    }

    /// What makes it right to draw only what has changed.
    #[test]
    fn a_part_is_drawn_as_it_is_in_the_whole() {
        let shapes = [
            Shape::Box { area: area(3.3, 5.5, 50.0, 41.2), radius: 9.0, ink: GOOD.at(0.4) },
            Shape::Ring { area: area(6.0, 6.0, 30.0, 30.0), radius: 15.0, thick: 3.0, ink: TEXT },
            Shape::Stroke { from: (10.0, 50.0), to: (50.0, 10.5), thick: 4.0, ink: GOOD },
        ];
        let whole = drawn(Canvas::new(64, 64).whole(), &shapes);
        let patch = Patch { left: 17, top: 11, right: 45, bottom: 39 };
        let part = drawn(patch, &shapes);
        for y in patch.top..patch.bottom {
            for x in patch.left..patch.right {
                let at = (y * 64 + x) as usize;
                assert_eq!(part.pixels[at], whole.pixels[at], "at {x}, {y}");
            }
        }
        assert_eq!(part.pixels[0], BACK.rgb);
    }

    #[test]
    fn colours_mix_without_losing_their_ends() {
        assert_eq!(mix(0x12_3456, 0xff_ffff, 0), 0x12_3456);
        assert_eq!(mix(0x12_3456, 0xfe_dcba, 255), 0xfe_dcba);
    }
}
