//! `whimbrel logs [-f] TASK|ATTEMPT`

pub mod describe;

use std::time::Duration;

use anyhow::Result;
use domain::{AttemptId, Event};
use engine::Engine;
use serde_json::json;

use crate::cli::LogsArgs;
use crate::exit::Exit;
use crate::find::{self, Subject};
use crate::ui;

const POLL: Duration = Duration::from_millis(250);
const EVENTS_MAX: u32 = 500;

pub async fn run(args: LogsArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    if args.follow {
        super::leave_to_the_engine(&engine).await;
    }
    let ids = match find::subject(&engine, &args.id).await? {
        Subject::Attempt(attempt) => vec![attempt.id],
        Subject::Task(task) => {
            let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
            attempts.into_iter().map(|attempt| attempt.id).collect()
        }
    };
    let mut followed: Vec<Followed> = ids.into_iter().map(Followed::from_the_start).collect();
    loop {
        print_new(&engine, &mut followed, json).await?;
        if !args.follow || followed.iter().all(Followed::is_over) {
            return Ok(Exit::Ok);
        }
        let Some(first) = followed.first() else { return Ok(Exit::Ok) };
        // What keeps the task from moving keeps nobody from following it; `show` tells of it.
        let _moved = engine::reconcile::task(&engine, &first.id.task()).await;
        tokio::time::sleep(POLL).await;
    }
}

/// A log that is printed as it grows.
pub struct Followed {
    id: AttemptId,
    seen: u64,
    ended: bool,
}

/// Prints what is new in all logs, in the order in which it happened.
pub async fn print_new(engine: &Engine, followed: &mut [Followed], json: bool) -> Result<()> {
    let mut events = Vec::new();
    for one in followed.iter_mut() {
        events.extend(one.new_events(engine).await?);
    }
    events.sort_by_key(|event| event.at);
    events.iter().for_each(|event| print(event, json));
    Ok(())
}

impl Followed {
    pub fn from_the_start(id: AttemptId) -> Self {
        Self { id, seen: 0, ended: false }
    }

    /// Its attempt has ended, and everything of it was printed.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    async fn new_events(&mut self, engine: &Engine) -> Result<Vec<Event>> {
        let mut all = Vec::new();
        loop {
            let page = store::event::since(&engine.store, &self.id, self.seen, EVENTS_MAX).await?;
            let Some(last) = page.last() else { return Ok(all) };
            self.seen = last.seq;
            self.ended = self.ended || page.iter().any(|event| describe::is_end(&event.fact));
            all.extend(page);
        }
    }
}

pub fn print(event: &Event, json: bool) {
    if json {
        ui::json(&json!(event));
        return;
    }
    let paint = ui::Paint::stdout();
    let head = format!("{} {:>3}", event.attempt, event.seq);
    let text = ui::safe(&describe::full(&event.fact)).replace('\n', "\n    ");
    ui::out(&format!("{} {text}", paint.dim(&head)));
}
