//! The question, and which way is which.

use crate::ease;
use crate::font::{Face, Fonts, Laid, style};
use crate::frame::{MARGIN, RIGHT, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times};
use crate::scenes::icon;
use crate::shape::area;
use crate::sheet::{Block, Sheet};
use crate::story::Question;
use crate::{shown, wrap};

const DISC: f32 = 150.0;

pub struct Asking {
    about: Block,
    text: Block,
    left: Laid,
    right: Laid,
    words: (String, String),
}

impl Asking {
    pub fn new(question: &Question, fonts: &mut Fonts) -> Self {
        let about = shown::cut(&shown::line(&question.about), 200);
        let text = shown::cut(&shown::line(&question.text), 60);
        let (left, right) = (shown::line(&question.left), shown::line(&question.right));
        let styles = [104, 88, 72, 60, 48].map(|size| style(Face::Bold, size));
        let side = |fonts: &mut Fonts, text: &str| {
            wrap::one(fonts, text, style(Face::Bold, 34), WIDTH / 2.0 - 20.0)
        };
        let words =
            format!("Swipe right: {}. Left: {}.", right.to_lowercase(), left.to_lowercase());
        Self {
            about: wrap::wrap(fonts, &about, style(Face::Sans, 34), WIDTH, 3),
            text: wrap::fit(fonts, &text, &styles, (WIDTH, 250.0)),
            left: side(fonts, &left),
            right: side(fonts, &right),
            words: (words, [about, text].join("\n").trim().to_owned()),
        }
    }
}

impl Scene for Asking {
    fn title(&self) -> &'static str {
        "Your turn"
    }

    fn ink(&self) -> Ink {
        ink::ACCENT
    }

    fn caption(&self) -> String {
        self.words.0.clone()
    }

    fn detail(&self) -> String {
        self.words.1.clone()
    }

    fn seconds(&self) -> f32 {
        2.4
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let about = if self.about.lines.is_empty() { 0.0 } else { self.about.height() + 30.0 };
        let height = about + self.text.height() + 70.0 + DISC + 64.0;
        let top = placed(height);
        let row = area(MARGIN, top, WIDTH, 0.0);
        self.about.paint_centred(sheet, &row, ink::SOFT);
        let text = area(MARGIN, top + about, WIDTH, 0.0);
        self.text.paint_centred(sheet, &text, ink::TEXT);
        let y = top + about + self.text.height() + 70.0 + DISC / 2.0;
        let come = times.coming(0.25, 0.5);
        let drift = 14.0 * ease::wave((times.now - 0.7).max(0.0) / 1.1);
        let quarter = WIDTH / 4.0 + 10.0;
        sheet.faded(come, 20.0 * (1.0 - come), |sheet| {
            side(sheet, (MARGIN + quarter - 20.0, y), -drift, &self.left, ink::BAD);
            side(sheet, (RIGHT - quarter + 20.0, y), drift, &self.right, ink::GOOD);
        });
    }
}

/// One way to swipe; where `drift` goes, the arrow points.
fn side(sheet: &mut Sheet, (x, y): (f32, f32), drift: f32, word: &Laid, colour: Ink) {
    let way = if colour == ink::BAD { -1.0 } else { 1.0 };
    let circle = area(x - DISC / 2.0, y - DISC / 2.0, DISC, DISC);
    sheet.fill(circle, DISC / 2.0, colour.at(0.13));
    sheet.ring(circle, DISC / 2.0, 4.0, colour);
    icon::arrow(sheet, (x + drift, y), 58.0, way, colour);
    sheet.text(word, x - word.width / 2.0, y + DISC / 2.0 + 52.0, ink::TEXT);
}
