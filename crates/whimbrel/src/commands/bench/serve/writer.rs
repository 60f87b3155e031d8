//! Writes events while it is measured, as runners do: from another process than the server's, each
//! on the disk before the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use domain::AttemptId;
use store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

use super::fill::{Filled, fact};
use crate::cli::BenchServeArgs;

/// When each event was written, by its attempt and number.
pub type Times = Arc<Mutex<HashMap<(AttemptId, u64), Instant>>>;

pub struct Writing {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Written>>,
}

/// What was written.
pub struct Written {
    pub events: u64,
    /// The newest event of each attempt that is written to.
    pub newest: HashMap<AttemptId, u64>,
}

pub fn start(args: &BenchServeArgs, home: &Filled, times: &Times) -> Writing {
    let (stop, stopped) = oneshot::channel();
    let (store, times) = (home.engine.store.clone(), Arc::clone(times));
    let clock = Arc::clone(&home.engine.clock);
    let newest: HashMap<AttemptId, u64> = home.live.iter().cloned().collect();
    let writer = Writer { store, times, newest, clock, events: 0 };
    Writing { stop, task: tokio::spawn(writer.write(home.ids(), args.writes, stopped)) }
}

impl Writing {
    pub async fn stop(self) -> Result<Written> {
        // It may have failed, which it says when it is waited for.
        let _failed = self.stop.send(());
        self.task.await?
    }
}

struct Writer {
    store: Store,
    times: Times,
    newest: HashMap<AttemptId, u64>,
    clock: Arc<dyn domain::Clock>,
    events: u64,
}

impl Writer {
    async fn write(
        mut self,
        ids: Vec<AttemptId>,
        a_second: u32,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<Written> {
        let mut beat = interval(Duration::from_secs(1) / a_second.max(1));
        for (number, id) in (0_u32..).zip(ids.iter().cycle()) {
            tokio::select! {
                _now = beat.tick() => {}
                _ended = &mut stopped => break,
            }
            if a_second > 0 {
                self.append(id, number).await?;
            }
        }
        Ok(Written { events: self.events, newest: self.newest })
    }

    async fn append(&mut self, id: &AttemptId, number: u32) -> Result<()> {
        let next = self.newest.get(id).copied().unwrap_or(0) + 1;
        let begun = Instant::now();
        // Before it is there: whoever hears of it finds when it began.
        self.remember(id, next, begun);
        let now = self.clock.now();
        let seq = store::event::append(&self.store, id, now, &fact(number), None).await?;
        anyhow::ensure!(seq == next, "somebody else writes to {id}");
        self.newest.insert(id.clone(), seq);
        self.events += 1;
        Ok(())
    }

    fn remember(&self, id: &AttemptId, seq: u64, begun: Instant) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.insert((id.clone(), seq), begun);
    }
}
