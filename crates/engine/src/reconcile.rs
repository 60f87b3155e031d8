//! The reconcilers: read the store, act, and be done. Idempotent, without input; any number of
//! processes may run them at once, since each step is a compare-and-set that one of them wins.

use domain::attempt::{Outcome, Stage, State};
use domain::{Attempt, Task, TaskId, task};
use store::lease::Holder;

use crate::runner::{LEASE_MS, RUNS_MAX, random};
use crate::{Engine, Error, admit, cancel, offer};

/// Steps of one call. A task has fewer; more says that two processes undo each other's work.
const STEPS_MAX: u32 = 32;

/// Attempts that one call may start.
const STARTS_MAX: u32 = 256;

enum Step {
    Moved,
    /// Nothing to do until an attempt ends or a person decides.
    Still,
}

/// Moves `id` as far as it goes now.
pub async fn task(engine: &Engine, id: &TaskId) -> Result<Task, Error> {
    for _ in 0..STEPS_MAX {
        let task = store::task::get(&engine.store, id).await?;
        match step(engine, &task).await {
            Ok(Step::Still) => return Ok(task),
            // Somebody else was faster; look again at where it is now.
            Ok(Step::Moved) | Err(Error::Store(store::Error::Conflict { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Unusable(format!("task {id} doesn't come to rest; look at `whimbrel show {id}`")))
}

/// A task that can't be moved on now, and why.
pub type Stuck = (TaskId, Error);

/// Moves every task that is not at rest, and starts what waits for memory. One that can't be moved,
/// as when its repository is gone, keeps no other from it.
pub async fn all(engine: &Engine) -> Result<Vec<Stuck>, Error> {
    let mut stuck = Vec::new();
    for state in ["open", "running", "decided"] {
        let filter = store::task::Filter { project: None, state: Some(state.into()) };
        for found in store::task::list(&engine.store, &filter, STARTS_MAX).await? {
            let moved = task(engine, &found.id).await;
            stuck.extend(moved.err().map(|error| (found.id, error)));
        }
    }
    Ok(stuck)
}

async fn step(engine: &Engine, task: &Task) -> Result<Step, Error> {
    match &task.state {
        task::State::Open => {
            let started = task.state.clone().start()?;
            store::task::move_to(&engine.store, &task.id, &task.state, &started).await?;
            Ok(Step::Moved)
        }
        task::State::Running => run(engine, task).await,
        task::State::Decided { attempt } => {
            offer::offer(engine, task, attempt).await?;
            Ok(Step::Moved)
        }
        task::State::Cancelled => {
            cancel::sweep(engine, &task.id).await?;
            // What its attempts used is free for others now.
            attend(engine).await?;
            Ok(Step::Still)
        }
        task::State::Offered { .. } | task::State::Merged { .. } | task::State::Closed { .. } => {
            Ok(Step::Still)
        }
    }
}

async fn run(engine: &Engine, task: &Task) -> Result<Step, Error> {
    attend(engine).await?;
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    if !attempts.iter().all(|attempt| attempt.state.is_ended()) {
        return Ok(Step::Still);
    }
    let decided = offer::decide(engine, task, &attempts).await?;
    store::task::move_to(&engine.store, &task.id, &task.state, &decided).await?;
    Ok(Step::Moved)
}

/// Starts what may start: queued attempts, and those whose runner died.
pub(crate) async fn attend(engine: &Engine) -> Result<(), Error> {
    let now = engine.clock.now();
    let (mut waiting, mut limits) = (Vec::new(), Vec::new());
    for attempt in store::attempt::unattended(&engine.store, now, STARTS_MAX).await? {
        let task = store::task::get(&engine.store, &attempt.id.task()).await?;
        if task.state == task::State::Running && can_work(engine, &task) {
            limits.push(task.settings.limits.memory_bytes);
            waiting.push(attempt);
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let running = store::attempt::attended(&engine.store, now).await?;
    let available = stdx::memory::available_bytes().unwrap_or(u64::MAX);
    let count = admit::admissible(&limits, running, available);
    for attempt in &waiting[..count] {
        start(engine, attempt).await?;
    }
    Ok(())
}

/// Whether a runner that is started from here could do the task's work. One that inherits no key
/// would fail an attempt that another process, which has the key, can still bring to its end.
pub fn can_work(engine: &Engine, task: &Task) -> bool {
    task.settings.model.as_deref().is_none_or(|model| engine.config.can_ask(model))
}

/// Takes the lease in the new runner's name and starts it, so that nobody else does.
async fn start(engine: &Engine, attempt: &Attempt) -> Result<(), Error> {
    if attempt.runs >= RUNS_MAX {
        return give_up(engine, attempt).await;
    }
    let holder = Holder { process: std::process::id(), nonce: random()? };
    let now = engine.clock.now();
    let taken = store::lease::take(&engine.store, &attempt.id, &holder, now, LEASE_MS).await?;
    if taken.is_none() {
        return Ok(());
    }
    let started = engine.fleet.start(&attempt.id, &holder);
    if started.is_err() {
        store::lease::release(&engine.store, &attempt.id, &holder).await?;
    }
    started
}

async fn give_up(engine: &Engine, attempt: &Attempt) -> Result<(), Error> {
    let stage = match &attempt.state {
        State::Queued | State::Preparing => Stage::Prepare,
        State::Working | State::Paused { .. } => Stage::Work,
        State::Proving => Stage::Prove,
        State::Ended { .. } => return Ok(()),
    };
    let reason = format!(
        "its process died {RUNS_MAX} times; see {}",
        engine.home.attempt(&attempt.id).join("runner.log").display()
    );
    end(engine, attempt, Outcome::Failed { stage, reason }).await
}

/// Ends an attempt that no runner holds, and clears away what a dead one left: the next runner
/// would do it, and there may be none.
pub(crate) async fn end(engine: &Engine, attempt: &Attempt, outcome: Outcome) -> Result<(), Error> {
    if attempt.runs > 0 {
        engine.backend().await?;
    }
    let to = attempt.state.clone().end(outcome)?;
    let how = store::attempt::Move {
        expected: &attempt.state,
        to: &to,
        at: engine.clock.now(),
        holder: None,
    };
    store::attempt::move_to(&engine.store, &attempt.id, how, &[]).await?;
    Ok(())
}
