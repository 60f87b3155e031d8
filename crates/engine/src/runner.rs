//! One attempt's life, in a process of its own: prepare, work, harvest, prove.
//!
//! A runner holds the attempt's lease and renews it while it works. When it dies, however, the
//! lease runs out and another runner takes the attempt: from the start where nothing had left the
//! computer yet, else from the proof. Nothing outside the computer was touched meanwhile, so
//! nothing is done twice.

mod isolation;
mod log;
mod network;
mod stages;

use std::time::Duration;

use computer::Spec;
use domain::attempt::{Outcome, Stage, State};
use domain::{Attempt, AttemptId, Fact, Project, Task, Timestamp, task};
use environment::Environment;
use store::Store;
use store::attempt::Move;
use store::lease::Holder;

use crate::{Engine, Error, reconcile, spec};

/// How often a runner says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Without a sign of life for so long, a runner is dead and the attempt is anybody's.
pub(crate) const LEASE_MS: u64 = 15_000;
/// So many runners may die over one attempt; then it is the attempt that kills them.
pub(crate) const RUNS_MAX: u32 = 3;

/// Everything about the one attempt that this process lives for.
struct Runner<'a> {
    engine: &'a Engine,
    task: Task,
    project: Project,
    id: AttemptId,
    holder: Holder,
}

/// Why a stage could not be finished, and which.
struct Failure {
    stage: Stage,
    error: Error,
}

/// Lives `id` to its end under the lease that was taken for it, then moves its task on.
pub async fn run(engine: &Engine, id: &AttemptId, holder: Holder) -> Result<(), Error> {
    let task = store::task::get(&engine.store, &id.task()).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let now = engine.clock.now();
    if !store::lease::heartbeat(&engine.store, id, &holder, now).await? {
        return Ok(());
    }
    let runner = Runner { engine, task, project, id: id.clone(), holder };
    runner.live().await?;
    store::lease::release(&engine.store, id, &runner.holder).await?;
    reconcile::task(engine, &id.task()).await?;
    Ok(())
}

pub(crate) fn random() -> Result<u64, Error> {
    stdx::random::random_u64().map_err(|source| Error::Random { source })
}

impl Runner<'_> {
    /// Works under the lease until the end, a cancellation, or the lease's loss.
    async fn live(&self) -> Result<(), Error> {
        let outcome = tokio::select! {
            lived = self.stages() => lived.unwrap_or_else(|failure| failure.outcome()),
            stopped = self.watch() => match stopped? {
                Stop::Cancelled => Outcome::Cancelled,
                Stop::LeaseLost => return Ok(()),
            },
        };
        self.end(outcome).await
    }

    /// Renews the lease and looks for a cancellation; returns when the work must stop. A database
    /// that can't be written for a moment, as on a full disk, ends no work before the lease does.
    async fn watch(&self) -> Result<Stop, Error> {
        let mut alive = self.engine.clock.now();
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let now = self.engine.clock.now();
            match self.beat(now).await {
                Ok(Some(stop)) => return Ok(stop),
                Ok(None) => alive = now,
                Err(error) if now.since_ms(alive) >= LEASE_MS => return Err(error),
                // It is tried again, and a write of the work itself tells the same.
                Err(_for_a_moment) => {}
            }
        }
    }

    async fn beat(&self, now: Timestamp) -> Result<Option<Stop>, Error> {
        if !store::lease::heartbeat(self.store(), &self.id, &self.holder, now).await? {
            return Ok(Some(Stop::LeaseLost));
        }
        let state = store::task::get(self.store(), &self.task.id).await?.state;
        if state == task::State::Cancelled {
            return Ok(Some(Stop::Cancelled));
        }
        // Runners look after one another: where nobody else looks, the living restart the dead.
        // That this one couldn't says nothing about its own work.
        let _of_others = reconcile::attend(self.engine).await;
        Ok(None)
    }

    async fn end(&self, outcome: Outcome) -> Result<(), Error> {
        let state = self.attempt().await?.state;
        if state.is_ended() {
            return Ok(());
        }
        self.move_to(&state, state.clone().end(outcome)?).await
    }

    async fn move_to(&self, from: &State, to: State) -> Result<(), Error> {
        let now = self.engine.clock.now();
        let holder = Some(&self.holder);
        let how = Move { expected: from, to: &to, at: now, holder };
        store::attempt::move_to(self.store(), &self.id, how, &[]).await?;
        Ok(())
    }

    async fn record(&self, fact: Fact) -> Result<(), Error> {
        let now = self.engine.clock.now();
        store::event::append(self.store(), &self.id, now, &fact, Some(&self.holder)).await?;
        Ok(())
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

enum Stop {
    Cancelled,
    LeaseLost,
}

impl Failure {
    fn at<E: Into<Error>>(stage: Stage) -> impl FnOnce(E) -> Self {
        move |error| Self { stage, error: error.into() }
    }

    fn outcome(self) -> Outcome {
        let mut reason = self.error.to_string();
        let mut cause = std::error::Error::source(&self.error);
        while let Some(error) = cause {
            reason.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Outcome::Failed { stage: self.stage, reason }
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
