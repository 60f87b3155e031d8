//! The figures to decide by, as tiles.

use crate::ease;
use crate::font::{Face, Fonts, style};
use crate::frame::{MARGIN, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times};
use crate::shape::area;
use crate::sheet::{Block, Sheet};
use crate::story::{Number, Tone};
use crate::{shown, wrap};

const TILES_MAX: usize = 8;
const HEIGHT: f32 = 160.0;
const GAP: f32 = 16.0;
const PAD: f32 = 26.0;

pub struct Tiles {
    tiles: Vec<Tile>,
    said: String,
}

struct Tile {
    value: Block,
    label: Block,
    tone: Tone,
}

impl Tiles {
    pub fn new(numbers: &[Number], fonts: &mut Fonts) -> Self {
        let numbers = &numbers[..numbers.len().min(TILES_MAX)];
        let said: Vec<String> = numbers
            .iter()
            .map(|number| shown::line(&format!("{} {}", number.label, number.value)))
            .collect();
        let tiles = numbers.iter().map(|number| tile(number, fonts)).collect();
        Self { tiles, said: said.join(" · ") }
    }

    /// The last one takes a whole row where it would be alone.
    fn width(&self, index: usize) -> f32 {
        let alone = index + 1 == self.tiles.len() && index.is_multiple_of(2);
        if alone { WIDTH } else { (WIDTH - GAP) / 2.0 }
    }
}

fn tile(number: &Number, fonts: &mut Fonts) -> Tile {
    let room = (WIDTH - GAP) / 2.0 - 2.0 * PAD;
    let styles = [58, 50, 42, 36, 30].map(|size| style(Face::Bold, size));
    let value = wrap::fit(fonts, &shown::line(&number.value), &styles, (room, 72.0));
    let label = wrap::wrap(fonts, &shown::line(&number.label), style(Face::Sans, 27), room, 1);
    Tile { value, label, tone: number.tone }
}

impl Scene for Tiles {
    fn title(&self) -> &'static str {
        "Numbers"
    }

    fn ink(&self) -> Ink {
        ink::ACCENT
    }

    fn caption(&self) -> String {
        "In numbers".into()
    }

    fn detail(&self) -> String {
        self.said.clone()
    }

    fn seconds(&self) -> f32 {
        (1.3 + self.tiles.len() as f32 * 0.14).min(2.2)
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let rows = self.tiles.len().div_ceil(2) as f32;
        let top = placed(rows * (HEIGHT + GAP) - GAP);
        for (index, tile) in self.tiles.iter().enumerate() {
            let x = MARGIN + (index % 2) as f32 * (WIDTH + GAP) / 2.0;
            let y = top + (index / 2) as f32 * (HEIGHT + GAP);
            let card = area(x, y, self.width(index), HEIGHT);
            let come = times.coming(0.08 + index as f32 * 0.07, 0.45);
            sheet.faded(come, ease::between(26.0, 0.0, come), |sheet| {
                sheet.fill(card, 22.0, ink::CARD);
                let colour = ink::of_tone(tile.tone);
                let drop = 72.0 - tile.value.height();
                tile.value.paint(sheet, x + PAD, y + 22.0 + drop / 2.0, colour);
                tile.label.paint(sheet, x + PAD, y + 104.0, ink::SOFT);
            });
        }
    }
}
