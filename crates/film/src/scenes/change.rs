//! The change: what goes is struck out, what comes is typed.

use crate::ease;
use crate::font::{Face, Fonts, Laid, style};
use crate::frame::{BODY_BOTTOM, BODY_TOP, MARGIN, RIGHT, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times};
use crate::scenes::panel::{Code, Path, Row};
use crate::shape::{Area, area};
use crate::sheet::{Sheet, middle};
use crate::story::{Change, LineKind};
use crate::{shown, wrap};

const PAD: f32 = 24.0;
const HEAD: f32 = 76.0;
const SIGN: f32 = 34.0;
const ROWS_MAX: usize = 44;
/// When the first line is struck, and how much later each next one.
const STRIKE: f32 = 0.55;
const STRIKE_STEP: f32 = 0.07;
/// How fast it is typed where there is time, and how long it may take in all.
const GLYPHS_PER_SECOND: f32 = 34.0;
const TYPING_MAX: f32 = 3.2;
const OPENING: f32 = 0.22;

pub struct Typed {
    path: Path,
    code: Code,
    kinds: Vec<LineKind>,
    /// For each row, when it is struck or begins to be typed, and when that is done.
    times: Vec<(f32, f32)>,
    more: Laid,
    words: (String, String),
}

impl Typed {
    pub fn new(change: &Change, fonts: &mut Fonts) -> Self {
        let texts: Vec<&str> = change.lines.iter().map(|line| line.text.as_str()).collect();
        let mut code = Code::new(fonts, &change.path, &texts, WIDTH - 2.0 * PAD - SIGN);
        code.rows.truncate(ROWS_MAX);
        let kinds: Vec<LineKind> = change.lines.iter().map(|line| line.kind).collect();
        let times = timed(&code.rows, &kinds);
        let path = shown::line(&change.path);
        let name = shown::cut_start(path.rsplit('/').next().unwrap_or(&path), 40);
        let words = (format!("The change in {name}"), detail(change));
        Self {
            path: Path::new(fonts, &path, WIDTH - 2.0 * PAD),
            code,
            kinds,
            times,
            more: wrap::one(fonts, &shown::line(&change.more), style(Face::Sans, 28), WIDTH - 8.0),
            words,
        }
    }

    fn kind(&self, row: &Row) -> LineKind {
        self.kinds.get(row.line).copied().unwrap_or(LineKind::Kept)
    }

    fn typed_until(&self) -> f32 {
        self.times.iter().map(|(_, until)| *until).fold(STRIKE, f32::max)
    }
}

fn detail(change: &Change) -> String {
    let of = |kind: LineKind, sign: &str| {
        let line =
            change.lines.iter().find(|line| line.kind == kind && !line.text.trim().is_empty());
        line.map(|line| format!("{sign}{}", shown::cut(shown::code(&line.text).trim(), 120)))
    };
    let lines = [of(LineKind::Removed, "− "), of(LineKind::Added, "+ ")];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Strikes come first, one after another; then typing, evenly through all that is added.
fn timed(rows: &[Row], kinds: &[LineKind]) -> Vec<(f32, f32)> {
    let is = |row: &Row, kind: LineKind| kinds.get(row.line) == Some(&kind);
    let removed = rows.iter().filter(|row| is(row, LineKind::Removed)).count();
    let step = STRIKE_STEP.min(0.8 / removed.max(1) as f32);
    let typing = STRIKE + if removed > 0 { 0.45 + step * removed as f32 } else { 0.1 };
    // An empty line takes a moment too.
    let glyphs = |row: &Row| row.laid.glyphs.len().max(3) as f32;
    let all: f32 = rows.iter().filter(|row| is(row, LineKind::Added)).map(glyphs).sum();
    let speed = GLYPHS_PER_SECOND.max(all / TYPING_MAX);
    let (mut strike, mut typed) = (STRIKE, typing);
    let mut next = |row: &Row| match kinds.get(row.line) {
        Some(LineKind::Removed) => {
            strike += step;
            (strike - step, strike - step + 0.35)
        }
        Some(LineKind::Added) => {
            let from = typed;
            typed += glyphs(row) / speed;
            (from, typed)
        }
        Some(LineKind::Kept) | None => (0.0, 0.0),
    };
    rows.iter().map(&mut next).collect()
}

impl Scene for Typed {
    fn title(&self) -> &'static str {
        "Change"
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
        (self.typed_until() + 1.3).clamp(2.8, 6.0)
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let rest = if self.more.glyphs.is_empty() { 0.0 } else { 56.0 };
        let most = BODY_BOTTOM - BODY_TOP - rest;
        let full = HEAD + self.code.height() + PAD;
        let top = placed(full.min(most) + rest);
        let heights: Vec<f32> = self.code.rows.iter().map(|row| self.opened(row, times)).collect();
        let height = (HEAD + heights.iter().sum::<f32>() + PAD).min(most);
        let card = area(MARGIN, top, WIDTH, height);
        sheet.fill(card, 24.0, ink::CARD);
        self.path.paint(sheet, card.x + PAD, middle(top, HEAD - 4.0, 28));
        let window = area(card.x, top + HEAD - 6.0, WIDTH, height - HEAD - PAD + 18.0);
        let mut y = top + HEAD - self.scrolled(&heights, times, window.height - 18.0);
        for (row, height) in self.code.rows.iter().zip(&heights) {
            self.paint_row(sheet, times, row, area(card.x, y, WIDTH, *height), &window);
            y += height;
        }
        let come = times.coming(0.7, 0.5);
        let baseline = middle(card.bottom() + 8.0, 48.0, 28);
        sheet.faded(come, 0.0, |sheet| sheet.text(&self.more, MARGIN + 4.0, baseline, ink::SOFT));
    }
}

impl Typed {
    fn index(&self, row: &Row) -> usize {
        let same = |other: &Row| std::ptr::eq(other, row);
        self.code.rows.iter().position(same).unwrap_or_default()
    }

    /// How high a row is: what is typed makes itself room.
    fn opened(&self, row: &Row, times: &Times) -> f32 {
        let leading = self.code.leading();
        match self.kind(row) {
            LineKind::Kept | LineKind::Removed => leading,
            LineKind::Added => {
                let (from, _) = self.times[self.index(row)];
                leading * ease::in_out(times.part(from - OPENING, OPENING))
            }
        }
    }

    /// How far the code has moved up, so that what is typed is in sight.
    fn scrolled(&self, heights: &[f32], times: &Times, room: f32) -> f32 {
        let all: f32 = heights.iter().sum();
        let mut active = 0.0;
        let mut y = 0.0;
        for (height, (from, until)) in heights.iter().zip(&self.times) {
            if *until > 0.0 {
                active = ease::between(active, y + height, times.part(*from, until - from));
            }
            y += height;
        }
        (active - room * 0.72).min(all - room).max(0.0)
    }

    fn paint_row(&self, sheet: &mut Sheet, times: &Times, row: &Row, at: Area, window: &Area) {
        // Rows fade at the window's edges, and are not there outside.
        let leading = self.code.leading();
        let above = (at.y - window.y) / leading + 1.0;
        let below = (window.bottom() - at.bottom()) / leading + 1.0;
        let seen = above.min(below).clamp(0.0, 1.0);
        if at.height < 1.0 || seen < 1.0 && (at.y < window.y || at.bottom() > window.bottom()) {
            return;
        }
        let index = self.index(row);
        let baseline = middle(at.y, at.height, self.code.size);
        let x = at.x + PAD + SIGN;
        let (from, until) = self.times[index];
        match self.kind(row) {
            LineKind::Kept => row.paint(sheet, x, baseline, 0.7),
            LineKind::Removed => {
                let struck = ease::in_out(times.part(from, until - from));
                sheet.fill(area(at.x, at.y, WIDTH * struck, at.height), 0.0, ink::BAD.at(0.15));
                sign(sheet, row, &at, false, struck);
                row.paint(sheet, x, baseline, ease::between(1.0, 0.7, struck));
                let end = ease::between(x, (x + row.laid.width).min(RIGHT - PAD), struck);
                let y = at.y + at.height * 0.53;
                if struck > 0.0 && row.laid.width > 0.0 {
                    sheet.stroke((x, y), (end, y), 2.5, ink::BAD.at(0.9));
                }
            }
            LineKind::Added => {
                let typed = times.part(from, until - from);
                let open = at.height / leading;
                sheet.fill(at, 0.0, ink::GOOD.at(0.13 * open));
                sign(sheet, row, &at, true, open);
                let glyphs = (typed * row.laid.glyphs.len() as f32).ceil() as usize;
                row.paint_until(sheet, x, baseline, open, glyphs);
                self.paint_caret(sheet, times, row, &at, glyphs);
            }
        }
    }

    /// Where it is typed just now, and a little while after the end.
    fn paint_caret(&self, sheet: &mut Sheet, times: &Times, row: &Row, at: &Area, glyphs: usize) {
        let (from, until) = self.times[self.index(row)];
        let lasts = if until >= self.typed_until() { until + 0.5 } else { until };
        if times.now < from || times.now >= lasts {
            return;
        }
        let size = f32::from(self.code.size);
        let typed = row.laid.glyphs.get(glyphs).map_or(row.laid.width, |next| next.x);
        let (x, y) = (at.x + PAD + SIGN + typed + 1.0, at.y + at.height / 2.0);
        sheet.fill(area(x, y - size * 0.6, 4.0, size * 1.2), 2.0, ink::GOOD);
    }
}

/// Before the first row of a line.
fn sign(sheet: &mut Sheet, row: &Row, at: &Area, is_plus: bool, opacity: f32) {
    if row.continued {
        return;
    }
    let (x, y) = (at.x + PAD + 8.0, at.y + at.height / 2.0);
    let colour = if is_plus { ink::GOOD } else { ink::BAD }.at(opacity);
    sheet.stroke((x - 7.0, y), (x + 7.0, y), 3.0, colour);
    if is_plus {
        sheet.stroke((x, y - 7.0), (x, y + 7.0), 3.0, colour);
    }
}
