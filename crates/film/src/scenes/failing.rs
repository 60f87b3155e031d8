//! The failing test: its name and what it says, in red.

use crate::font::{Face, Fonts, Laid, style};
use crate::frame::{MARGIN, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times};
use crate::scenes::icon;
use crate::scenes::name::Name;
use crate::shape::area;
use crate::sheet::{Sheet, middle};
use crate::story::Failing;
use crate::{ease, shown, wrap};

const PAD: f32 = 28.0;
const SIZE: u16 = 25;
const LEADING: f32 = 38.0;
const ROWS_MAX: usize = 10;
const LINES_MAX: usize = 12;

pub struct FailingTest {
    name: String,
    shown: Name,
    /// Rows of output, and whether each says what is wrong.
    rows: Vec<(Laid, bool)>,
    others: Laid,
}

impl FailingTest {
    pub fn new(failing: &Failing, fonts: &mut Fonts) -> Self {
        let name = shown::line(&failing.name);
        let width = WIDTH - 2.0 * PAD - 84.0;
        let shown = Name::new(fonts, &failing.name, &[34, 31, 28, 26], width, 3);
        let others = match failing.others {
            0 => String::new(),
            1 => "and another test fails".to_owned(),
            many => format!("and {many} other tests fail"),
        };
        let others = fonts.lay(&others, style(Face::Sans, 28));
        Self { rows: rows(failing, fonts), name, shown, others }
    }
}

/// The output's lines, wrapped; what is too much is left away.
fn rows(failing: &Failing, fonts: &mut Fonts) -> Vec<(Laid, bool)> {
    let mut rows = Vec::new();
    for line in failing.output.iter().take(LINES_MAX) {
        let (line, telling) = (shown::code(&line.text), line.tells);
        let room = WIDTH - 2.0 * PAD;
        let block = wrap::wrap(fonts, &line, style(Face::Mono, SIZE), room, 3);
        rows.extend(block.lines.into_iter().map(|laid| (laid, telling)));
    }
    rows.truncate(ROWS_MAX);
    rows
}

impl Scene for FailingTest {
    fn title(&self) -> &'static str {
        "Failing test"
    }

    fn ink(&self) -> Ink {
        ink::BAD
    }

    fn caption(&self) -> String {
        "Without the change, this test fails".into()
    }

    fn detail(&self) -> String {
        self.name.clone()
    }

    fn seconds(&self) -> f32 {
        (2.0 + self.rows.len() as f32 * 0.12).min(2.8)
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let head = self.shown.height().max(64.0) + 2.0 * PAD;
        let output = self.rows.len() as f32 * LEADING;
        let body = if self.rows.is_empty() { 0.0 } else { output + 2.0 * PAD - 8.0 };
        let rest = if self.others.glyphs.is_empty() { 0.0 } else { 62.0 };
        let top = placed(head + body + rest);
        let card = area(MARGIN, top, WIDTH, head + body);
        sheet.fill(card, 24.0, ink::CARD);
        sheet.ring(card, 24.0, 2.0, ink::BAD.at(0.45));
        let pop = ease::back(times.part(0.15, 0.45)).max(0.01);
        let centre = (card.x + PAD + 34.0, top + head / 2.0);
        icon::mark(sheet, centre, 60.0 * pop, 0.0);
        let name = top + (head - self.shown.height()) / 2.0;
        self.shown.paint(sheet, card.x + PAD + 84.0, name);
        if !self.rows.is_empty() {
            let line = area(card.x + PAD, top + head - 1.0, card.width - 2.0 * PAD, 2.0);
            sheet.fill(line, 0.0, ink::LINE);
        }
        self.paint_output(sheet, times, card.x + PAD, top + head + PAD - 6.0);
        let others = times.coming(0.9, 0.5);
        sheet.faded(others, 0.0, |sheet| {
            let y = middle(card.bottom() + 14.0, 48.0, 28);
            sheet.text(&self.others, MARGIN + 4.0, y, ink::SOFT);
        });
    }
}

impl FailingTest {
    fn paint_output(&self, sheet: &mut Sheet, times: &Times, x: f32, y: f32) {
        for (index, (row, is_telling)) in self.rows.iter().enumerate() {
            let come = times.coming(0.35 + index as f32 * 0.09, 0.35);
            let colour = if *is_telling { ink::BAD } else { ink::SOFT };
            sheet.faded(come, 10.0 * (1.0 - come), |sheet| {
                sheet.text(row, x, middle(y + index as f32 * LEADING, LEADING, SIZE), colour);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Output;

    #[test]
    fn output_without_end_takes_no_more_room_than_there_is() {
        let line = Output { text: "x ".repeat(5_000), tells: true };
        let output = vec![line; 500];
        let failing = Failing { name: "n".repeat(3_000), output, others: 3 };
        let scene = FailingTest::new(&failing, &mut Fonts::new());
        assert_eq!(scene.rows.len(), ROWS_MAX);
        assert!(scene.shown.height() <= 180.0);
    }
}
