//! How the attempts of a task go: on a terminal one live line each, else a line for each step.

use std::io::IsTerminal;
use std::time::Duration;

use domain::{Attempt, AttemptId, Event, Fact};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::commands::logs::describe;
use crate::ui;

const SPIN: Duration = Duration::from_millis(120);
const LINE_CHARS_MAX: usize = 100;

pub struct Progress {
    attempts: Vec<Shown>,
    bars: Option<MultiProgress>,
}

struct Shown {
    id: AttemptId,
    seen: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new() -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self { attempts: Vec::new(), bars }
    }

    /// The attempts of the task that aren't shown yet. One that was followed has told everything
    /// long ago.
    pub fn add(&mut self, attempts: &[Attempt]) {
        let followed: Vec<&AttemptId> =
            attempts.iter().filter_map(|attempt| attempt.follows.as_ref()).collect();
        let known = self.attempts.len();
        for attempt in attempts {
            let shown = self.attempts.iter().any(|shown| shown.id == attempt.id);
            if !shown && !followed.contains(&&attempt.id) {
                let bar = self.bars.as_ref().map(|bars| bars.add(bar(&attempt.id)));
                self.attempts.push(Shown { id: attempt.id.clone(), seen: 0, bar });
            }
        }
        // Only when all have their place: one that turns earlier is drawn where another will be.
        for bar in self.attempts[known..].iter().filter_map(|attempt| attempt.bar.as_ref()) {
            bar.enable_steady_tick(SPIN);
        }
    }

    /// Whose events are told, and up to which they were.
    pub fn shown(&self) -> Vec<(AttemptId, u64)> {
        self.attempts.iter().map(|shown| (shown.id.clone(), shown.seen)).collect()
    }

    /// Once: one that was told is not told again.
    pub fn tell(&mut self, event: &Event) {
        let shown = self.attempts.iter_mut().find(|shown| shown.id == event.attempt);
        let Some(shown) = shown.filter(|shown| shown.seen < event.seq) else { return };
        shown.seen = event.seq;
        shown.tell(&event.fact);
    }

    pub fn finish(self) {
        for bar in self.attempts.iter().filter_map(|attempt| attempt.bar.as_ref()) {
            if !bar.is_finished() {
                bar.abandon();
            }
        }
        drop(self.bars);
    }
}

impl Shown {
    fn tell(&self, fact: &Fact) {
        let Some(text) = describe::short(fact) else { return };
        let text = ui::line(&text, LINE_CHARS_MAX);
        match &self.bar {
            Some(bar) if describe::is_end(fact) => bar.finish_with_message(text),
            Some(bar) => bar.set_message(text),
            None => ui::err(&format!("{}  {text}", self.id)),
        }
    }
}

/// Not drawn before it has its place among the others.
fn bar(id: &AttemptId) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed_precise} {wide_msg}")
        .expect("the template is right")
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏✓");
    ProgressBar::hidden().with_style(style).with_prefix(id.to_string()).with_message("queued")
}
