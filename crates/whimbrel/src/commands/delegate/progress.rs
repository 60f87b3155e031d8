//! How the attempts of a task go: on a terminal one live line each, else a line for each step.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Result;
use domain::{AttemptId, TaskId};
use engine::Engine;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::commands::logs::describe;
use crate::ui;

const SPIN: Duration = Duration::from_millis(120);
/// Events read at once; what is more comes with the next look.
const EVENTS_MAX: u32 = 500;
const LINE_CHARS_MAX: usize = 100;

pub struct Progress {
    attempts: Vec<Shown>,
    bars: Option<MultiProgress>,
}

struct Shown {
    id: AttemptId,
    seen: u64,
    bar: Option<ProgressBar>,
    ended: bool,
}

impl Progress {
    pub async fn new(engine: &Engine, task: &TaskId) -> Result<Self> {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        let attempts = store::attempt::of_task(&engine.store, task).await?;
        let shown = |attempt: domain::Attempt| {
            let bar = bars.as_ref().map(|bars| bars.add(bar(&attempt.id)));
            Shown { id: attempt.id, seen: 0, bar, ended: false }
        };
        Ok(Self { attempts: attempts.into_iter().map(shown).collect(), bars })
    }

    pub async fn update(&mut self, engine: &Engine) -> Result<()> {
        for attempt in &mut self.attempts {
            attempt.update(engine).await?;
        }
        Ok(())
    }

    pub fn finish(self) {
        for attempt in &self.attempts {
            if let Some(bar) = &attempt.bar {
                bar.finish();
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
            let Some(text) = describe::short(&event.fact) else { continue };
            let text = ui::line(&text, LINE_CHARS_MAX);
            match &self.bar {
                Some(bar) => bar.set_message(text),
                None => ui::err(&format!("{}  {text}", self.id)),
            }
            self.ended = self.ended || describe::is_end(&event.fact);
        }
        if let (Some(bar), true) = (&self.bar, self.ended) {
            bar.finish();
        }
        Ok(())
    }
}

fn bar(id: &AttemptId) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed:>4} {wide_msg}")
        .expect("the template is right")
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏✓");
    let bar = ProgressBar::new_spinner().with_style(style).with_prefix(id.to_string());
    bar.set_message("queued");
    bar.enable_steady_tick(SPIN);
    bar
}
