//! How the attempts of a task go: on a terminal one live line each, else a line for each step.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Result;
use domain::{AttemptId, Fact, TaskId};
use engine::Engine;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::commands::logs::describe;
use crate::ui;

const SPIN: Duration = Duration::from_millis(120);
/// Events read at once; what is more comes with the next look.
const EVENTS_MAX: u32 = 500;
const LINE_CHARS_MAX: usize = 100;

pub struct Progress {
    task: TaskId,
    attempts: Vec<Shown>,
    bars: Option<MultiProgress>,
}

struct Shown {
    id: AttemptId,
    seen: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub async fn new(engine: &Engine, task: &TaskId) -> Result<Self> {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        let mut progress = Self { task: task.clone(), attempts: Vec::new(), bars };
        progress.look_for_more(engine).await?;
        Ok(progress)
    }

    /// Attempts that aren't shown yet. One that was followed has told everything long ago.
    async fn look_for_more(&mut self, engine: &Engine) -> Result<()> {
        let attempts = store::attempt::of_task(&engine.store, &self.task).await?;
        let followed: Vec<AttemptId> =
            attempts.iter().filter_map(|attempt| attempt.follows.clone()).collect();
        let known = self.attempts.len();
        for attempt in attempts {
            let shown = self.attempts.iter().any(|shown| shown.id == attempt.id);
            if !shown && !followed.contains(&attempt.id) {
                let bar = self.bars.as_ref().map(|bars| bars.add(bar(&attempt.id)));
                self.attempts.push(Shown { id: attempt.id, seen: 0, bar });
            }
        }
        // Only when all have their place: one that turns earlier is drawn where another will be.
        for bar in self.attempts[known..].iter().filter_map(|attempt| attempt.bar.as_ref()) {
            bar.enable_steady_tick(SPIN);
        }
        Ok(())
    }

    pub async fn update(&mut self, engine: &Engine) -> Result<()> {
        self.look_for_more(engine).await?;
        for attempt in &mut self.attempts {
            attempt.update(engine).await?;
        }
        Ok(())
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
    async fn update(&mut self, engine: &Engine) -> Result<()> {
        let events = store::event::since(&engine.store, &self.id, self.seen, EVENTS_MAX).await?;
        for event in &events {
            self.seen = event.seq;
            self.tell(&event.fact);
        }
        Ok(())
    }

    fn tell(&mut self, fact: &Fact) {
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
