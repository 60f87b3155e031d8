//! Looks on until everything is offered: says how far it is, weighs the processes in the middle,
//! and restarts the engine there where that is asked for.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::{Clock, SystemClock, task};

use super::super::tell;
use super::POLL;
use super::ground::Ground;
use super::memory::{self, Weights};
use crate::cli::BenchAttemptsArgs;

/// The parts of all turns after which memory is looked at.
const WEIGHED_PERCENT: [usize; 5] = [30, 40, 50, 60, 70];
const RESTART_PERCENT: usize = 50;
/// Between two looks at the store and two lines.
const LOOK: Duration = Duration::from_secs(1);
const SAY: Duration = Duration::from_secs(10);
/// When nothing moves for so long, it never will.
const STILL_MAX: Duration = Duration::from_secs(5 * 60);

pub struct Watch {
    turns: usize,
    weights: Vec<Weights>,
    restarts: bool,
    far: Far,
    moved: Instant,
    said: Instant,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Far {
    asked: usize,
    ended: usize,
    attempts: usize,
    at_rest: usize,
}

impl Watch {
    pub fn new(args: &BenchAttemptsArgs, ground: &Ground) -> Self {
        let turns = args.turns as usize * args.attempts as usize;
        let far = Far { asked: ground.model.asked(), ..Far::default() };
        let now = Instant::now();
        Self { turns, weights: Vec::new(), restarts: args.restart, far, moved: now, said: now }
    }

    pub fn memory(&self) -> &[Weights] {
        &self.weights
    }

    pub async fn until_the_end(&mut self, ground: &Ground) -> Result<()> {
        let mut look = Instant::now();
        loop {
            self.act(ground).await?;
            if look.elapsed() >= LOOK {
                look = Instant::now();
                self.note(far(ground).await?)?;
                if self.far.at_rest == ground.tasks.len() {
                    return Ok(());
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Does what is due at this part of all turns.
    async fn act(&mut self, ground: &Ground) -> Result<()> {
        let percent = ground.model.asked() * 100 / self.turns.max(1);
        let due = WEIGHED_PERCENT.get(self.weights.len());
        if due.is_some_and(|&due| percent >= due) {
            let weighed = tokio::task::spawn_blocking(|| memory::weigh(|| SystemClock.now()));
            self.weights.push(weighed.await??);
        }
        if self.restarts && percent >= RESTART_PERCENT {
            self.restarts = false;
            tell("the engine is killed, and started again");
            ground.restart().await?;
        }
        Ok(())
    }

    fn note(&mut self, far: Far) -> Result<()> {
        if far != self.far {
            self.moved = Instant::now();
        }
        if self.moved.elapsed() > STILL_MAX {
            bail!("nothing has moved for {} s: {far:?}", STILL_MAX.as_secs());
        }
        self.far = far;
        if self.said.elapsed() >= SAY {
            self.said = Instant::now();
            let Far { asked, ended, attempts, at_rest: _ } = far;
            tell(&format!("{asked} of {} turns asked, {ended} of {attempts} ended", self.turns));
        }
        Ok(())
    }
}

async fn far(ground: &Ground) -> Result<Far> {
    let mut far = Far { asked: ground.model.asked(), ..Far::default() };
    for id in &ground.tasks {
        let attempts = store::attempt::of_task(&ground.engine.store, id).await?;
        far.attempts += attempts.len();
        far.ended += attempts.iter().filter(|attempt| attempt.state.is_ended()).count();
        let task = store::task::get(&ground.engine.store, id).await?;
        far.at_rest += usize::from(is_at_rest(&task.state));
    }
    Ok(far)
}

fn is_at_rest(state: &task::State) -> bool {
    !state.is_moving()
}
