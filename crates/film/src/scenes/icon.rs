//! Small signs, drawn from strokes.

use crate::ease;
use crate::ink::{self, Ink};
use crate::shape::area;
use crate::sheet::Sheet;

/// A disc with a sign in it that goes from a cross to a tick as `turned` goes from 0 to 1.
pub fn mark(sheet: &mut Sheet, (x, y): (f32, f32), size: f32, turned: f32) {
    let colour = ink::BAD.toward(ink::GOOD, turned * 2.0);
    let pop = 1.0 + 0.16 * ease::wave(turned * 0.999);
    let size = size * pop;
    disc(sheet, (x, y), size, colour);
    let sign = if turned < 0.5 { cross } else { tick };
    sign(sheet, (x, y), size, colour);
}

pub fn disc(sheet: &mut Sheet, (x, y): (f32, f32), size: f32, colour: Ink) {
    let circle = area(x - size / 2.0, y - size / 2.0, size, size);
    sheet.fill(circle, size / 2.0, colour.at(0.16));
    sheet.ring(circle, size / 2.0, size * 0.055, colour);
}

pub fn cross(sheet: &mut Sheet, (x, y): (f32, f32), size: f32, colour: Ink) {
    let reach = size * 0.17;
    let thick = size * 0.09;
    sheet.stroke((x - reach, y - reach), (x + reach, y + reach), thick, colour);
    sheet.stroke((x + reach, y - reach), (x - reach, y + reach), thick, colour);
}

pub fn tick(sheet: &mut Sheet, (x, y): (f32, f32), size: f32, colour: Ink) {
    let thick = size * 0.09;
    let corner = (x - size * 0.05, y + size * 0.16);
    sheet.stroke((x - size * 0.21, y + size * 0.01), corner, thick, colour);
    sheet.stroke(corner, (x + size * 0.22, y - size * 0.17), thick, colour);
}

pub fn dash(sheet: &mut Sheet, (x, y): (f32, f32), size: f32, colour: Ink) {
    sheet.stroke((x - size * 0.18, y), (x + size * 0.18, y), size * 0.09, colour);
}

/// To the right, or where `way` is negative to the left.
pub fn arrow(sheet: &mut Sheet, (x, y): (f32, f32), size: f32, way: f32, colour: Ink) {
    let (reach, thick) = (size * 0.5 * way, size * 0.1);
    let tip = (x + reach, y);
    sheet.stroke((x - reach, y), tip, thick, colour);
    let back = tip.0 - size * 0.32 * way;
    sheet.stroke((back, y - size * 0.32), tip, thick, colour);
    sheet.stroke((back, y + size * 0.32), tip, thick, colour);
}
