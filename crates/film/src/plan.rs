//! A story as scenes with times, and each frame of it.

use crate::ease;
use crate::font::{Face, Fonts, Laid, style};
use crate::ink;
use crate::scene::{Scene, Times};
use crate::shape::area;
use crate::sheet::{Block, Sheet};
use crate::story::Story;
use crate::wrap::{one, wrap};
use crate::{FRAMES_PER_SECOND, frame::*, scenes, shown};

/// No film is shorter or longer, whatever it tells.
const SECONDS_MIN: f32 = 8.0;
const SECONDS_MAX: f32 = 20.0;
/// How long a scene comes, and how long it goes.
const ENTER: f32 = 0.4;
const LEAVE: f32 = 0.14;

pub struct Plan {
    pub parts: Vec<Part>,
    project: Laid,
}

/// A scene at its time.
pub struct Part {
    scene: Box<dyn Scene>,
    title: Laid,
    caption: Block,
    /// The first frame, counted from the film's first.
    pub start: u32,
    pub frames: u32,
}

impl Plan {
    pub fn new(story: &Story, fonts: &mut Fonts) -> Self {
        let scenes = scenes::of(story, fonts);
        let mut parts = Vec::new();
        let mut start = 0;
        for (scene, frames) in timed(scenes) {
            let title = fonts.lay(scene.title(), style(Face::Bold, 30));
            let caption = wrap(fonts, &scene.caption(), style(Face::Sans, 30), WIDTH - 48.0, 2);
            parts.push(Part { scene, title, caption, start, frames });
            start += frames;
        }
        let room = WIDTH - 260.0;
        let project = one(fonts, &shown::line(&story.project), style(Face::Sans, 28), room);
        Self { parts, project }
    }

    pub fn frames(&self) -> u32 {
        self.parts.iter().map(|part| part.frames).sum()
    }

    /// The frame `frame` of the part `index`.
    pub fn compose(&self, index: usize, frame: u32) -> Sheet {
        let part = &self.parts[index];
        let times = part.times(frame);
        let mut sheet = Sheet::new();
        self.progress(&mut sheet, index, times.whole());
        sheet.layer();
        let (shown, gone) = (self.shown(index, &times), self.gone(index, &times));
        let title = MARGIN;
        sheet.faded(shown * (1.0 - gone), 0.0, |sheet| {
            sheet.text(&part.title, title, HEADER_BASELINE, part.scene.ink());
        });
        let project = RIGHT - self.project.width;
        sheet.text(&self.project, project, HEADER_BASELINE, ink::MUTED);
        sheet.layer();
        let rise = ease::between(26.0, 0.0, shown);
        sheet.faded(shown * (1.0 - gone), rise, |sheet| part.scene.paint(sheet, &times));
        sheet.layer();
        part.caption(&mut sheet, shown * (1.0 - gone));
        sheet
    }

    /// How much of a scene has come. The first is there at once, as on the poster.
    fn shown(&self, index: usize, times: &Times) -> f32 {
        if index == 0 { 1.0 } else { ease::out(ease::progress(times.now, 0.0, ENTER)) }
    }

    /// How much of it has gone. The last one stays: players stop there.
    fn gone(&self, index: usize, times: &Times) -> f32 {
        if index + 1 == self.parts.len() { 0.0 } else { ease::in_out(times.leaving(LEAVE)) }
    }

    /// A bar for each scene, which fills while it lasts.
    fn progress(&self, sheet: &mut Sheet, index: usize, done: f32) {
        const GAP: f32 = 8.0;
        let all = self.frames() as f32;
        let room = WIDTH - GAP * (self.parts.len() - 1) as f32;
        let mut x = MARGIN;
        for (number, part) in self.parts.iter().enumerate() {
            let width = room * part.frames as f32 / all;
            sheet.fill(area(x, PROGRESS_TOP, width, 6.0), 3.0, ink::LINE);
            let filled = match number.cmp(&index) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => done,
                std::cmp::Ordering::Greater => 0.0,
            };
            if filled > 0.0 {
                let width = (width * filled).max(6.0).min(width);
                sheet.fill(area(x, PROGRESS_TOP, width, 6.0), 3.0, ink::SOFT);
            }
            x += width + GAP;
        }
    }

    /// What is said in each scene, from when to when in milliseconds.
    pub fn cues(&self) -> Vec<Cue> {
        let ms = |frame: u32| u64::from(frame) * 1_000 / u64::from(FRAMES_PER_SECOND);
        let cue = |part: &Part| Cue {
            start_ms: ms(part.start),
            end_ms: ms(part.start + part.frames),
            text: part.scene.caption(),
            detail: part.scene.detail(),
        };
        self.parts.iter().map(cue).collect()
    }
}

/// What is said in a scene.
pub struct Cue {
    pub start_ms: u64,
    pub end_ms: u64,
    /// As it stands in the picture too.
    pub text: String,
    /// What the picture shows meanwhile.
    pub detail: String,
}

impl Part {
    fn times(&self, frame: u32) -> Times {
        let second = FRAMES_PER_SECOND as f32;
        Times { now: frame as f32 / second, length: self.frames as f32 / second }
    }

    /// What it stands on stays while words come and go.
    fn caption(&self, sheet: &mut Sheet, opacity: f32) {
        if self.caption.lines.is_empty() {
            return;
        }
        let height = self.caption.height() + 36.0;
        let bottom = CAPTION_BOTTOM;
        let back = area(MARGIN, bottom - height, WIDTH, height);
        sheet.fill(back, 20.0, ink::CARD);
        let text = area(back.x, back.y + 18.0, back.width, 0.0);
        sheet.faded(opacity, 0.0, |sheet| self.caption.paint_centred(sheet, &text, ink::TEXT));
    }
}

/// How many frames each scene has: as long as it wants, but all together within the bounds.
fn timed(scenes: Vec<Box<dyn Scene>>) -> Vec<(Box<dyn Scene>, u32)> {
    let wanted: f32 = scenes.iter().map(|scene| scene.seconds()).sum();
    let factor = wanted.clamp(SECONDS_MIN, SECONDS_MAX) / wanted.max(f32::EPSILON);
    let frames = |seconds: f32| (seconds * factor * FRAMES_PER_SECOND as f32).ceil() as u32;
    let mut timed: Vec<(Box<dyn Scene>, u32)> = scenes
        .into_iter()
        .map(|scene| {
            let frames = frames(scene.seconds());
            (scene, frames)
        })
        .collect();
    // Rounding up may have made it a few frames too long.
    let most = (SECONDS_MAX * FRAMES_PER_SECOND as f32) as u32;
    let all: u32 = timed.iter().map(|(_, frames)| frames).sum();
    if let Some((_, last)) = timed.last_mut() {
        *last -= all.saturating_sub(most);
    }
    timed
}
