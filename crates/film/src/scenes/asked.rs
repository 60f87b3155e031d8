//! What was asked, large.

use crate::font::{Face, Fonts, style};
use crate::frame::{MARGIN, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times, reading};
use crate::shape::area;
use crate::sheet::{Block, Sheet};
use crate::story::Story;
use crate::{shown, wrap};

const SIZES: [u16; 8] = [76, 68, 60, 54, 48, 42, 38, 34];
const HEIGHT: f32 = 620.0;
const CHARS_MAX: usize = 700;

pub struct Asked {
    text: String,
    block: Block,
    is_answered: bool,
}

impl Asked {
    pub fn new(story: &Story, fonts: &mut Fonts) -> Self {
        let text = shown::cut(&shown::line(&story.asked), CHARS_MAX);
        let text = if text.is_empty() { "Nothing in words".to_owned() } else { text };
        let styles = SIZES.map(|size| style(Face::Bold, size));
        let block = wrap::fit(fonts, &text, &styles, (WIDTH, HEIGHT));
        Self { text, block, is_answered: story.answer.is_some() }
    }
}

impl Scene for Asked {
    fn title(&self) -> &'static str {
        "Asked"
    }

    fn ink(&self) -> Ink {
        ink::ACCENT
    }

    fn caption(&self) -> String {
        let what = if self.is_answered { "question" } else { "task" };
        format!("The {what}, as it was asked")
    }

    fn detail(&self) -> String {
        self.text.clone()
    }

    fn seconds(&self) -> f32 {
        reading(self.text.chars().count(), 2.0, 2.8)
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let top = placed(self.block.height() + 48.0);
        let bar = crate::ease::between(56.0, 120.0, times.coming(0.1, 1.2));
        sheet.fill(area(MARGIN, top, bar, 8.0), 4.0, ink::ACCENT);
        self.block.paint(sheet, MARGIN, top + 48.0, ink::TEXT);
    }
}
