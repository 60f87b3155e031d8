//! The proof: what was red turns green.

use crate::ease;
use crate::font::{Face, Fonts, Laid, style};
use crate::frame::{BODY_BOTTOM, BODY_TOP, MARGIN, WIDTH, placed};
use crate::ink::{self, Ink};
use crate::scene::{Scene, Times};
use crate::scenes::icon;
use crate::scenes::name::Name;
use crate::shape::{Area, area};
use crate::sheet::{Block, Sheet, middle};
use crate::story::{Mark, Proof, Row};
use crate::{shown, wrap};

const ROWS_MAX: usize = 4;
const GAP: f32 = 14.0;
const METER: f32 = 148.0;
/// When the first row turns, and how much later each next one.
const TURN: f32 = 0.7;
const TURN_STEP: f32 = 0.24;

pub struct Proven {
    rows: Vec<Line>,
    more: Laid,
    meters: Vec<Meter>,
    verdict: Block,
    words: (String, String),
    holds: bool,
}

struct Line {
    name: Name,
    before: Mark,
    after: Mark,
}

impl Line {
    fn height(&self) -> f32 {
        self.name.height() + 40.0
    }
}

/// So many of so many.
struct Meter {
    figure: Laid,
    label: Laid,
    share: f32,
    colour: Ink,
}

impl Proven {
    pub fn new(proof: &Proof, fonts: &mut Fonts) -> Self {
        let rows: Vec<Line> =
            proof.rows.iter().take(ROWS_MAX).map(|row| line(row, fonts)).collect();
        let meters = [("red → green", proof.red_green), ("mutants caught", proof.mutants)];
        let meters = meters.into_iter().filter_map(|(label, counts)| Some((label, counts?)));
        let meters: Vec<Meter> =
            meters.map(|(label, counts)| meter(label, counts, fonts)).collect();
        let verdict = shown::cut(&shown::line(&proof.verdict), 160);
        let mut proven = Self {
            verdict: wrap::wrap(fonts, &verdict, style(Face::Bold, 34), WIDTH, 3),
            more: wrap::one(fonts, &shown::line(&proof.more), style(Face::Sans, 28), WIDTH - 8.0),
            words: (verdict, detail(proof)),
            rows,
            meters,
            holds: proof.holds,
        };
        proven.cut();
        proven
    }

    /// What there is no room for goes, the last test first: the verdict says how many there are.
    fn cut(&mut self) {
        while self.height() > BODY_BOTTOM - BODY_TOP && self.rows.len() > 1 {
            self.rows.pop();
        }
        while self.height() > BODY_BOTTOM - BODY_TOP && self.verdict.lines.len() > 1 {
            self.verdict.lines.pop();
        }
    }

    fn height(&self) -> f32 {
        let rows: f32 = self.rows.iter().map(|row| row.height() + GAP).sum();
        let more = if self.more.glyphs.is_empty() { 0.0 } else { 48.0 };
        let meters = if self.meters.is_empty() { 0.0 } else { METER + GAP };
        rows + more + meters + self.verdict.height() + 20.0
    }
}

fn line(row: &Row, fonts: &mut Fonts) -> Line {
    let name = Name::new(fonts, &row.name, &[29, 27, 25], WIDTH - 124.0, 2);
    Line { name, before: row.before, after: row.after }
}

fn meter(label: &str, (count, of): (u64, u64), fonts: &mut Fonts) -> Meter {
    let share = if of == 0 { 1.0 } else { count as f32 / of as f32 };
    let colour = if count >= of {
        ink::GOOD
    } else if share >= 0.5 {
        ink::WARN
    } else {
        ink::BAD
    };
    Meter {
        figure: fonts.lay(&shown::cut(&format!("{count}/{of}"), 9), style(Face::Bold, 48)),
        label: fonts.lay(label, style(Face::Sans, 26)),
        share: share.min(1.0),
        colour,
    }
}

fn detail(proof: &Proof) -> String {
    let mut said: Vec<String> = Vec::new();
    for row in proof.rows.iter().take(ROWS_MAX) {
        let name = shown::cut(&shown::line(&row.name), 100);
        said.push(format!("{name}: {} → {}", word(row.before), word(row.after)));
    }
    let of = |label: &str, counts: Option<(u64, u64)>| {
        counts.map(|(count, of)| format!("{label} {count}/{of}"))
    };
    said.extend(of("red→green", proof.red_green));
    said.extend(of("mutants caught", proof.mutants));
    said.join("\n")
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "passes",
        Mark::Failed => "fails",
        Mark::Absent => "isn't there",
    }
}

impl Scene for Proven {
    fn title(&self) -> &'static str {
        "Proof"
    }

    fn ink(&self) -> Ink {
        if self.holds { ink::GOOD } else { ink::BAD }
    }

    fn caption(&self) -> String {
        "Run by whimbrel, in clean computers".into()
    }

    fn detail(&self) -> String {
        [self.words.0.as_str(), self.words.1.as_str()].join("\n").trim().to_owned()
    }

    fn seconds(&self) -> f32 {
        2.6
    }

    fn paint(&self, sheet: &mut Sheet, times: &Times) {
        let mut y = placed(self.height().min(BODY_BOTTOM - BODY_TOP));
        for (index, row) in self.rows.iter().enumerate() {
            let at = area(MARGIN, y, WIDTH, row.height());
            let come = times.coming(0.05 + index as f32 * 0.08, 0.4);
            let turned = times.part(TURN + index as f32 * TURN_STEP, 0.4);
            sheet.faded(come, 14.0 * (1.0 - come), |sheet| paint_row(sheet, row, &at, turned));
            y += row.height() + GAP;
        }
        if !self.more.glyphs.is_empty() {
            let come = times.coming(0.5, 0.4);
            let baseline = middle(y - 6.0, 48.0, 28);
            sheet.faded(come, 0.0, |sheet| {
                sheet.text(&self.more, MARGIN + 4.0, baseline, ink::SOFT);
            });
            y += 48.0;
        }
        if !self.meters.is_empty() {
            self.paint_meters(sheet, times, y);
            y += METER + GAP;
        }
        let after = TURN + self.rows.len() as f32 * TURN_STEP;
        let come = times.coming(after.min(1.5), 0.5);
        sheet.faded(come, 12.0 * (1.0 - come), |sheet| {
            self.verdict.paint(sheet, MARGIN, y + 20.0, self.ink());
        });
    }
}

impl Proven {
    fn paint_meters(&self, sheet: &mut Sheet, times: &Times, y: f32) {
        let count = self.meters.len() as f32;
        let width = (WIDTH - GAP * (count - 1.0)) / count;
        for (index, meter) in self.meters.iter().enumerate() {
            let card = area(MARGIN + index as f32 * (width + GAP), y, width, METER);
            let come = times.coming(0.3 + index as f32 * 0.1, 0.4);
            sheet.faded(come, 14.0 * (1.0 - come), |sheet| {
                sheet.fill(card, 22.0, ink::CARD);
                let x = card.x + 26.0;
                sheet.text(&meter.figure, x, y + 68.0, meter.colour);
                sheet.text(&meter.label, x, y + 104.0, ink::SOFT);
                let bar = area(x, y + 120.0, width - 52.0, 8.0);
                sheet.fill(bar, 4.0, ink::LINE);
                let filled = meter.share * ease::in_out(times.part(0.6, 1.0));
                let filled = Area { width: bar.width * filled, ..bar };
                if filled.width > 4.0 {
                    sheet.fill(filled, 4.0, meter.colour);
                }
            });
        }
    }
}

fn paint_row(sheet: &mut Sheet, row: &Line, at: &Area, turned: f32) {
    sheet.fill(*at, 20.0, ink::CARD);
    let place = (at.x + 48.0, at.y + at.height / 2.0);
    let (size, after) = (48.0, ease::in_out(turned));
    match (row.before, row.after) {
        (Mark::Failed, Mark::Passed) => {
            icon::mark(sheet, place, size, turned);
            sheet.ring(*at, 20.0, 2.0, ink::BAD.toward(ink::GOOD, after).at(0.5));
        }
        (Mark::Passed, Mark::Passed) => {
            icon::disc(sheet, place, size, ink::GOOD);
            icon::tick(sheet, place, size, ink::GOOD);
        }
        (Mark::Absent, Mark::Passed) => {
            let colour = ink::MUTED.toward(ink::GOOD, after);
            icon::disc(sheet, place, size, colour);
            let sign = if turned < 0.5 { icon::dash } else { icon::tick };
            sign(sheet, place, size, colour);
        }
        (_, Mark::Failed) => {
            icon::disc(sheet, place, size, ink::BAD);
            icon::cross(sheet, place, size, ink::BAD);
        }
        (_, Mark::Absent) => {
            icon::disc(sheet, place, size, ink::MUTED);
            icon::dash(sheet, place, size, ink::MUTED);
        }
    }
    row.name.paint(sheet, at.x + 96.0, at.y + 18.0);
}
