//! Where the cause was: the suspicious lines among the code around them.

use crate::ease;
use crate::font::{Face, Fonts, Laid, style};
use crate::frame::{BODY_BOTTOM, BODY_TOP, MARGIN, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times};
use crate::scenes::panel::{Code, Path};
use crate::shape::area;
use crate::sheet::{Block, Sheet, middle};
use crate::story::Cause;
use crate::{shown, wrap};

const PAD: f32 = 24.0;
const HEAD: f32 = 76.0;
const ROWS_MAX: usize = 13;
const NUMBER: u16 = 22;

pub struct Place {
    path: Path,
    code: Code,
    /// For each line its number, and whether it is suspicious.
    lines: Vec<(Laid, bool)>,
    gutter: f32,
    why: Block,
    words: (String, String),
}

impl Place {
    pub fn new(cause: &Cause, fonts: &mut Fonts) -> Self {
        let widest = cause.lines.iter().map(|line| line.number).max().unwrap_or(0);
        let gutter = fonts.width(&widest.to_string(), style(Face::Mono, NUMBER)) + 22.0;
        let texts: Vec<&str> = cause.lines.iter().map(|line| line.text.as_str()).collect();
        let mut code = Code::new(fonts, &cause.path, &texts, WIDTH - 2.0 * PAD - gutter);
        code.rows.truncate(ROWS_MAX);
        let number = |line: &crate::story::CauseLine| {
            (fonts.lay(&line.number.to_string(), style(Face::Mono, NUMBER)), line.suspect)
        };
        let lines = cause.lines.iter().map(number).collect();
        let path = Path::new(fonts, &cause.path, WIDTH - 2.0 * PAD);
        let why = shown::line(&cause.why);
        let block = wrap::wrap(fonts, &why, style(Face::Sans, 29), WIDTH - 8.0, 3);
        Self { path, code, lines, gutter, why: block, words: (caption(cause), why) }
    }

    fn is_suspect(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|(_, suspect)| *suspect)
    }
}

fn caption(cause: &Cause) -> String {
    let path = shown::line(&cause.path);
    let name = shown::cut_start(path.rsplit('/').next().unwrap_or(&path), 40);
    match cause.lines.iter().find(|line| line.suspect) {
        Some(line) => format!("The cause: {name}, line {}", line.number),
        None => format!("The place: {name}"),
    }
}

impl Scene for Place {
    fn title(&self) -> &'static str {
        "Cause"
    }

    fn ink(&self) -> Ink {
        ink::WARN
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
        let why = if self.why.lines.is_empty() { 0.0 } else { self.why.height() + 26.0 };
        let height = HEAD + self.code.height() + PAD;
        let top = placed((height + why).min(BODY_BOTTOM - BODY_TOP));
        let card = area(MARGIN, top, WIDTH, height);
        sheet.fill(card, 24.0, ink::CARD);
        self.path.paint(sheet, card.x + PAD, middle(top, HEAD - 4.0, 28));
        let focus = ease::in_out(times.part(0.5, 0.6));
        let leading = self.code.leading();
        for (index, row) in self.code.rows.iter().enumerate() {
            let y = top + HEAD + index as f32 * leading;
            let suspect = self.is_suspect(row.line);
            if suspect {
                let band = area(card.x, y, WIDTH * focus, leading);
                sheet.fill(band, 0.0, ink::WARN.at(0.17));
                sheet.fill(area(card.x, y, 6.0, leading), 0.0, ink::WARN.at(focus));
            }
            let opacity = if suspect { 1.0 } else { ease::between(1.0, 0.58, focus) };
            let baseline = middle(y, leading, self.code.size);
            if let Some((number, _)) = self.lines.get(row.line).filter(|_| !row.continued) {
                let colour = if suspect { ink::WARN } else { ink::MUTED };
                let right = card.x + PAD + self.gutter - 22.0;
                sheet.text(number, right - number.width, baseline, colour.at(opacity));
            }
            row.paint(sheet, card.x + PAD + self.gutter, baseline, opacity);
        }
        let come = times.coming(0.9, 0.5);
        sheet.faded(come, 10.0 * (1.0 - come), |sheet| {
            self.why.paint(sheet, MARGIN + 4.0, card.bottom() + 24.0, ink::SOFT);
        });
    }
}
