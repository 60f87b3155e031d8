//! A test's name: small where it is, large what it is called.

use crate::font::{Face, Fonts, Laid, style};
use crate::ink;
use crate::sheet::{Block, Sheet};
use crate::{shown, wrap};

const PLACE: u16 = 23;
const PLACE_HEIGHT: f32 = 34.0;

pub struct Name {
    /// Its file, module or class; empty where the name is all there is.
    place: Laid,
    name: Block,
}

impl Name {
    /// In the largest of these sizes in which it takes at most `lines_max` lines.
    pub fn new(fonts: &mut Fonts, name: &str, sizes: &[u16], width: f32, lines_max: u8) -> Self {
        let name = shown::line(name);
        let (place, name) = parts(&name);
        let columns = (width / Fonts::cell(PLACE)) as usize;
        let place = fonts.lay(&shown::cut_start(place, columns), style(Face::Mono, PLACE));
        let styles: Vec<_> = sizes.iter().map(|size| style(Face::MonoBold, *size)).collect();
        let largest = f32::from(sizes.first().copied().unwrap_or(PLACE));
        let height = largest * 1.36 * f32::from(lines_max) + 1.0;
        Self { place, name: wrap::fit(fonts, name, &styles, (width, height)) }
    }

    fn place_height(&self) -> f32 {
        if self.place.glyphs.is_empty() { 0.0 } else { PLACE_HEIGHT }
    }

    pub fn height(&self) -> f32 {
        self.place_height() + self.name.height()
    }

    pub fn paint(&self, sheet: &mut Sheet, x: f32, y: f32) {
        sheet.text(&self.place, x, y + 24.0, ink::MUTED);
        self.name.paint(sheet, x, y + self.place_height(), ink::TEXT);
    }
}

/// `tests/a.py::test_b`, `a::tests::b`, `module.Class.test_b`: up to the last joint, and the rest. A
/// name in words is one part.
fn parts(name: &str) -> (&str, &str) {
    if let Some((place, name)) = name.rsplit_once("::").filter(|(_, name)| !name.is_empty()) {
        return (place, name);
    }
    let is_dotted = !name.contains([' ', '/']) && name.matches('.').count() > 1;
    match name.rsplit_once('.').filter(|(_, last)| is_dotted && !last.is_empty()) {
        Some(parts) => parts,
        None => ("", name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_its_place() {
        assert_eq!(parts("tests/a.py::test_b[1-2]"), ("tests/a.py", "test_b[1-2]"));
        assert_eq!(parts("parse::tests::reads"), ("parse::tests", "reads"));
        assert_eq!(parts("test_double.Double.test_ten"), ("test_double.Double", "test_ten"));
        for whole in ["TestSum", "adds 1.5 and 2.5", "go test ./...", "pytest", "a::", ""] {
            assert_eq!(parts(whole), ("", whole));
        }
    }
}
