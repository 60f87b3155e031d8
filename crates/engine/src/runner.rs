//! One attempt's life, in a process of its own: prepare, work, harvest, prove.
//!
//! A runner holds the attempt's lock and its lease, and renews the lease while it works. When it
//! dies, however, the lock is free at once and another runner takes the attempt: at work it folds
//! the log and goes on from the last completed step on the same computer, whose files are on the
//! disk; after the harvest it only proves. Nothing outside the computer was touched meanwhile, so
//! nothing is done twice.

mod accounts;
mod anew;
mod answer;
mod hidden;
mod isolation;
mod log;
mod network;
mod past;
mod stages;

use std::sync::OnceLock;
use std::time::Duration;

use computer::Spec;
use domain::attempt::{Outcome, Stage, State};
use domain::{Attempt, AttemptId, Fact, Project, Task, task};
use environment::Environment;
use stdx::machine;
use store::Store;
use store::attempt::Move;
use store::lease::Holder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

pub(crate) use self::accounts::ledger;
use self::hidden::Hidden;
use crate::{Engine, Error, fleet, place, reconcile, serve, spec};

/// How often a runner says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Without a sign of life for so long, a runner is dead and the attempt is anybody's. On this
/// machine its lock says so much sooner.
pub(crate) const LEASE_MS: u64 = 45_000;
/// How often it looks whether an engine is there: if none is, one is started, so that whoever dies
/// is missed by somebody.
const ENGINE_LOOK: Duration = Duration::from_secs(3);
/// So many runners in a row may die over one attempt without anything done; then it is the attempt
/// that kills them.
pub(crate) const DEATHS_MAX: u32 = 5;
/// A store that can't be written, as on a full disk, is waited for as long as this.
const STORE_PATIENCE: Duration = Duration::from_secs(60 * 60);
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Everything about the one attempt that this process lives for.
struct Runner<'a> {
    engine: &'a Engine,
    task: Task,
    project: Project,
    id: AttemptId,
    holder: Holder,
    /// The attempt and those that it follows, the first one first.
    line: Vec<AttemptId>,
    hidden: OnceLock<Hidden>,
}

/// Why a stage could not be finished, and which.
struct Failure {
    stage: Stage,
    error: Error,
}

/// How far a runner brought its attempt.
enum Lived {
    Ended(Outcome),
    /// It is paused, and the store says so.
    Rests,
}

/// Lives `id` to its end, or to a pause, under the lease that was taken for it; then moves its task
/// on.
pub async fn run(engine: &Engine, id: &AttemptId, holder: Holder) -> Result<(), Error> {
    let task = store::task::get(&engine.store, &id.task()).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let now = engine.clock.now();
    if !store::lease::heartbeat(&engine.store, id, &holder, now).await? {
        return Ok(());
    }
    let line = place::line(engine, id).await?.into_iter().map(|attempt| attempt.id).collect();
    let hidden = OnceLock::new();
    let runner = Runner { engine, task, project, id: id.clone(), holder, line, hidden };
    runner.live().await?;
    store::lease::release(&engine.store, id, &runner.holder).await?;
    reconcile::task(engine, &id.task()).await?;
    Ok(())
}

pub(crate) fn random() -> Result<u64, Error> {
    stdx::random::random_u64().map_err(|source| Error::Random { source })
}

impl Runner<'_> {
    /// Works under the lease until the end, a pause, a cancellation, or the lease's loss.
    async fn live(&self) -> Result<(), Error> {
        let outcome = tokio::select! {
            lived = self.stages() => match lived {
                Ok(Lived::Ended(outcome)) => outcome,
                Ok(Lived::Rests) => return Ok(()),
                Err(failure) if self.is_for_space(&failure) => return Ok(()),
                // There is room again. The next runner tries it anew, and so few of them as may
                // die in a row.
                Err(failure) if failure.error.says_full() => return Err(failure.error),
                Err(failure) => failure.outcome(),
            },
            stopped = self.watch() => match stopped? {
                Stop::Cancelled => return self.cancelled().await,
                Stop::LeaseLost => return Ok(()),
            },
        };
        self.end(outcome).await
    }

    /// What failed because the disk is full is tried again when it isn't: the next runner waits
    /// for room.
    fn is_for_space(&self, failure: &Failure) -> bool {
        let full = matches!(failure.error, Error::Store(store::Error::Full { .. }));
        let room = machine::room(self.engine.home.path());
        full || room.disk_free_bytes < self.engine.config.machine.floor_of(&room)
    }

    /// The work was dropped where it stood; nothing of it stays.
    async fn cancelled(&self) -> Result<(), Error> {
        let backend = self.engine.backend().await?;
        place::discard(self.engine, &backend, &self.attempt().await?).await?;
        self.end(Outcome::Cancelled).await
    }

    /// Renews the lease and looks for a cancellation, at once when told to; returns when the work
    /// must stop. A database that can't be written for a moment, as on a full disk, ends no work.
    async fn watch(&self) -> Result<Stop, Error> {
        let kind = SignalKind::from_raw(fleet::HINT as i32);
        let mut hints = signal(kind).map_err(|source| Error::Start { source })?;
        let mut beat_at = Instant::now() + HEARTBEAT;
        loop {
            if self.is_cancelled().await {
                return Ok(Stop::Cancelled);
            }
            if Instant::now() >= beat_at {
                beat_at = Instant::now() + HEARTBEAT;
                let now = self.engine.clock.now();
                let beat = store::lease::heartbeat(self.store(), &self.id, &self.holder, now).await;
                if matches!(beat, Ok(false)) {
                    return Ok(Stop::LeaseLost);
                }
            }
            tokio::select! {
                _hint = hints.recv() => {}
                () = self.look_after_the_engine(beat_at) => {}
            }
        }
    }

    /// Until the next heartbeat.
    async fn look_after_the_engine(&self, until: Instant) {
        while Instant::now() < until {
            tokio::time::sleep_until(until.min(Instant::now() + ENGINE_LOOK)).await;
            // That none can be started says nothing about this one's own work.
            let _of_others = serve::ensure(self.engine).await;
        }
    }

    /// A store that can't be read for a moment says nothing.
    async fn is_cancelled(&self) -> bool {
        let task = store::task::get(self.store(), &self.task.id).await;
        task.is_ok_and(|task| task.state == task::State::Cancelled)
    }

    async fn end(&self, outcome: Outcome) -> Result<(), Error> {
        let state = self.attempt().await?.state;
        if state.is_ended() {
            return Ok(());
        }
        self.move_to(&state, state.clone().end(outcome)?).await
    }

    async fn move_to(&self, from: &State, to: State) -> Result<(), Error> {
        let patience = Patience::begin();
        loop {
            let now = self.engine.clock.now();
            let how = Move { expected: from, to: &to, at: now, holder: Some(&self.holder) };
            match store::attempt::move_to(self.store(), &self.id, how, &[]).await {
                Ok(_seq) => return Ok(()),
                Err(error) => patience.wait(error).await?,
            }
        }
    }

    async fn record(&self, fact: Fact) -> Result<(), Error> {
        self.record_all(&[fact]).await
    }

    /// All of them or none; on the disk when it returns.
    async fn record_all(&self, facts: &[Fact]) -> Result<(), Error> {
        let patience = Patience::begin();
        let facts = self.stripped(facts);
        loop {
            let now = self.engine.clock.now();
            let holder = Some(&self.holder);
            match store::event::append_all(self.store(), &self.id, now, &facts, holder).await {
                Ok(_seq) => return Ok(()),
                Err(error) => patience.wait(error).await?,
            }
        }
    }

    /// Before the environment is known there is nothing of it to hide.
    fn stripped(&self, facts: &[Fact]) -> Vec<Fact> {
        let hidden = self.hidden.get();
        let strip = |fact: &Fact| match hidden {
            Some(hidden) => hidden.strip(fact.clone()),
            None => fact.clone(),
        };
        facts.iter().map(strip).collect()
    }

    async fn attempt(&self) -> Result<Attempt, Error> {
        Ok(store::attempt::get(self.store(), &self.id).await?)
    }

    fn store(&self) -> &Store {
        &self.engine.store
    }

    fn seed(&self) -> u64 {
        seed_of(self.task.settings.seed, self.id.number())
    }

    /// What a computer of this attempt is to have.
    fn spec(&self, environment: &Environment) -> Result<Spec, Error> {
        spec::of_work(self.engine, environment, self.task.settings.limits)
    }
}

/// Another one for each attempt, so that they search different ways, and come back at different
/// times to a provider that was too busy for all of them.
fn seed_of(task_seed: u64, attempt: u32) -> u64 {
    /// Odd, so that no two attempts meet: 2^64 divided by the golden ratio.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    task_seed.wrapping_add(u64::from(attempt).wrapping_mul(STEP))
}

/// With a store that can't be written because there is no space, or because somebody holds it: what
/// isn't stored must not go on, and what was done needn't be lost for it.
struct Patience {
    began: Instant,
}

impl Patience {
    fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// Waits before the next try, or gives back an error that waiting doesn't mend.
    async fn wait(&self, error: store::Error) -> Result<(), Error> {
        let passes = matches!(error, store::Error::Full { .. } | store::Error::Locked { .. });
        if !passes || self.began.elapsed() > STORE_PATIENCE {
            return Err(error.into());
        }
        tokio::time::sleep(STORE_PAUSE).await;
        Ok(())
    }
}

enum Stop {
    Cancelled,
    LeaseLost,
}

impl Failure {
    fn at<E: Into<Error>>(stage: Stage) -> impl FnOnce(E) -> Self {
        move |error| Self { stage, error: error.into() }
    }

    fn outcome(self) -> Outcome {
        Outcome::Failed { stage: self.stage, reason: llm::words(&self.error) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::seed_of;

    #[test]
    fn every_attempt_has_a_seed_of_its_own_and_keeps_it() {
        let seeds: BTreeSet<u64> = (1..=64).map(|attempt| seed_of(1, attempt)).collect();
        assert_eq!(seeds.len(), 64);
        assert_eq!(seed_of(7, 3), seed_of(7, 3));
        assert_ne!(seed_of(7, 3), seed_of(8, 3));
    }
}
