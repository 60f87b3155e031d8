//! The answer to a question, in its own words.

use crate::font::{Face, Fonts, style};
use crate::frame::{MARGIN, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times, reading};
use crate::sheet::{Block, Sheet};
use crate::{shown, wrap};

const SIZES: [u16; 5] = [42, 38, 34, 31, 28];
const HEIGHT: f32 = 690.0;
const CHARS_MAX: usize = 900;
const GAP: f32 = 22.0;

pub struct Answer {
    text: String,
    paragraphs: Vec<Block>,
}

impl Answer {
    pub fn new(answer: &str, fonts: &mut Fonts) -> Self {
        let whole = shown::cut(answer, CHARS_MAX);
        let mut paragraphs = Vec::new();
        for size in SIZES {
            paragraphs = laid(fonts, &whole, size);
            if height(&paragraphs) <= HEIGHT {
                break;
            }
        }
        cut(&mut paragraphs);
        Self { text: shown::line(&whole), paragraphs }
    }
}

fn laid(fonts: &mut Fonts, text: &str, size: u16) -> Vec<Block> {
    let style = style(Face::Sans, size);
    let paragraphs = shown::paragraphs(text);
    paragraphs.iter().map(|text| wrap::wrap(fonts, text, style, WIDTH, 24)).collect()
}

fn height(paragraphs: &[Block]) -> f32 {
    paragraphs.iter().map(|block| block.height() + GAP).sum()
}

/// What doesn't even fit in the smallest size ends where the room ends.
fn cut(paragraphs: &mut Vec<Block>) {
    while height(paragraphs) > HEIGHT {
        let Some(last) = paragraphs.last_mut() else { return };
        last.lines.pop();
        if last.lines.is_empty() {
            paragraphs.pop();
        }
    }
}

impl Scene for Answer {
    fn title(&self) -> &'static str {
        "Answer"
    }

    fn ink(&self) -> Ink {
        ink::GOOD
    }

    fn caption(&self) -> String {
        "What was found".into()
    }

    fn detail(&self) -> String {
        self.text.clone()
    }

    fn seconds(&self) -> f32 {
        reading(self.text.chars().count(), 4.0, 12.0)
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let mut y = placed(height(&self.paragraphs) - GAP);
        let mut from = 0.1;
        for block in &self.paragraphs {
            for (index, line) in block.lines.iter().enumerate() {
                let come = times.coming(from, 0.45);
                sheet.faded(come, 14.0 * (1.0 - come), |sheet| {
                    sheet.text(line, MARGIN, block.baseline(y, index), ink::TEXT);
                });
                from += 0.09;
            }
            y += block.height() + GAP;
        }
    }
}
