//! The picture that goes from frame to frame: only what has changed is drawn and converted again.

use crate::canvas::Canvas;
use crate::font::Fonts;
use crate::frame::PICTURE;
use crate::shape::{Patch, Shape, difference};
use crate::sheet::Sheet;

/// A picture as encoders take it: brightness for each pixel, colour for each four (4:2:0), by
/// ITU-R BT.709 in its narrow range.
pub struct Planes {
    pub y: Vec<u8>,
    pub u: Vec<u8>,
    pub v: Vec<u8>,
}

pub struct Picture {
    canvas: Canvas,
    before: Vec<Vec<Shape>>,
    pub planes: Planes,
}

impl Picture {
    pub fn new() -> Self {
        let (width, height) = PICTURE;
        let colour = || vec![0; width * height / 4];
        let planes = Planes { y: vec![0; width * height], u: colour(), v: colour() };
        let mut picture = Self { canvas: Canvas::new(width, height), before: Vec::new(), planes };
        picture.convert(&picture.canvas.whole());
        picture
    }

    /// Shows a sheet where another one was.
    pub fn show(&mut self, sheet: Sheet, fonts: &mut Fonts) {
        let whole = self.canvas.whole();
        let none = Vec::new();
        let layers = self.before.len().max(sheet.layers.len());
        let mut patches: Vec<Patch> = Vec::new();
        for index in 0..layers {
            let before = self.before.get(index).unwrap_or(&none);
            let now = sheet.layers.get(index).unwrap_or(&none);
            let patch = difference(before, now).map(|patch| even(&patch.meet(&whole)));
            patches.extend(patch.filter(|patch| !patch.is_empty()));
        }
        for patch in &patches {
            self.canvas.redraw(patch, sheet.layers.iter().flatten(), fonts);
        }
        for patch in &patches {
            self.convert(patch);
        }
        self.before = sheet.layers;
    }

    /// Three bytes for each pixel.
    pub fn rgb(&self) -> Vec<u8> {
        self.canvas
            .pixels
            .iter()
            .flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1))
            .collect()
    }

    fn convert(&mut self, patch: &Patch) {
        let width = self.canvas.width as usize;
        let (left, right) = (patch.left as usize, patch.right as usize);
        for top in (patch.top as usize..patch.bottom as usize).step_by(2) {
            let (first, second) = self.canvas.pixels[top * width..][..2 * width].split_at(width);
            let at = top / 2 * (width / 2);
            for x in (left..right).step_by(2) {
                let four = [first[x], first[x + 1], second[x], second[x + 1]];
                let y = &mut self.planes.y;
                y[top * width + x] = brightness(four[0]);
                y[top * width + x + 1] = brightness(four[1]);
                y[(top + 1) * width + x] = brightness(four[2]);
                y[(top + 1) * width + x + 1] = brightness(four[3]);
                let (u, v) = colour(four);
                self.planes.u[at + x / 2] = u;
                self.planes.v[at + x / 2] = v;
            }
        }
    }
}

/// Colour is told for squares of four pixels.
fn even(patch: &Patch) -> Patch {
    let down = |x: i32| x & !1;
    let up = |x: i32| (x + 1) & !1;
    Patch {
        left: down(patch.left),
        top: down(patch.top),
        right: up(patch.right),
        bottom: up(patch.bottom),
    }
}

/// The weights of ITU-R BT.709, in 65,536ths of the narrow range.
fn brightness(pixel: u32) -> u8 {
    let [_, red, green, blue] = pixel.to_be_bytes().map(u32::from);
    (16 + ((11_966 * red + 40_254 * green + 4_064 * blue + 32_768) >> 16)) as u8
}

fn colour(four: [u32; 4]) -> (u8, u8) {
    let sum = |shift: u32| four.iter().map(|pixel| (pixel >> shift & 255) as i32).sum::<i32>();
    let (red, green, blue) = (sum(16), sum(8), sum(0));
    let part = |weighted: i32| (128 + ((weighted + (1 << 17)) >> 18)) as u8;
    (
        part(-6_596 * red - 22_189 * green + 28_785 * blue),
        part(28_784 * red - 26_145 * green - 2_639 * blue),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_red_are_where_the_standard_has_them() {
        assert_eq!((brightness(0), brightness(0xff_ffff), brightness(0xff_0000)), (16, 235, 63));
        assert_eq!(colour([0; 4]), (128, 128));
        assert_eq!(colour([0xff_ffff; 4]), (128, 128));
        assert_eq!(colour([0xff_0000; 4]), (102, 240));
    }
}
