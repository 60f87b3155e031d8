//! The reconcilers: read the store, act, and be done. Idempotent, without input; any number of
//! processes may run them at once, since each step is a compare-and-set that one of them wins.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::attempt::{Outcome, Stage, State};
use domain::{Attempt, AttemptId, Task, TaskId, Timestamp, task};
use stdx::machine;
use store::attempt::Candidate;
use store::lease::Holder;
use tokio::time::Instant;

use crate::admit::{self, Decision, Demand};
use crate::runner::{DEATHS_MAX, LEASE_MS, random};
use crate::{Engine, Error, cancel, enough, examine, group, offer, place, steer, verdict};

/// Steps of one call. A task has fewer; more says that two processes undo each other's work.
const STEPS_MAX: u32 = 32;

/// What one look takes on at most; the next look takes the rest.
const STARTS_MAX: usize = 256;
/// Leases of one transaction: enough for the disk not to be what starts wait for, and few enough
/// for the first to be at work soon.
const STARTS_TOGETHER: usize = 16;
const TASKS_MAX: u32 = 256;
/// Attempts that are looked at to say what they wait for.
const WAITING_MAX: u32 = 4_096;

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

/// Moves every task that is not at rest, and starts what waits for room. One that can't be moved,
/// as when its repository is gone, keeps no other from it.
pub async fn all(engine: &Engine) -> Result<Vec<Stuck>, Error> {
    Ok(look(engine).await?.0)
}

/// The same, and says of each attempt that can't start what it waits for. Only an engine does, since
/// only it knows what it was started with.
pub(crate) async fn all_and_tell(engine: &Engine) -> Result<Vec<Stuck>, Error> {
    let (stuck, waits) = look(engine).await?;
    tell(engine, waits).await?;
    Ok(stuck)
}

async fn look(engine: &Engine) -> Result<(Vec<Stuck>, Vec<Waits>), Error> {
    let mut moving = Vec::new();
    for state in ["open", "decided"] {
        let filter = store::task::Filter { project: None, state: Some(state.into()) };
        let found = store::task::list(&engine.store, &filter, TASKS_MAX).await?;
        moving.extend(found.into_iter().map(|task| task.id));
    }
    moving.extend(store::task::undecided(&engine.store, TASKS_MAX).await?);
    moving.extend(store::task::cancelled_at_work(&engine.store, TASKS_MAX).await?);
    let mut stuck = Vec::new();
    for id in moving {
        let moved = task(engine, &id).await;
        stuck.extend(moved.err().map(|error| (id, error)));
    }
    verdict::attend(engine).await?;
    let waits = attend(engine).await?;
    Ok((stuck, waits))
}

/// Whether there is anything for an engine to do, now or later by itself.
pub(crate) async fn is_anything_moving(engine: &Engine) -> Result<bool, Error> {
    if store::task::any_moving(&engine.store).await? {
        return Ok(true);
    }
    if store::verdict::any_pending(&engine.store).await? {
        return Ok(true);
    }
    let filter = store::task::Filter { project: None, state: Some("decided".into()) };
    for task in store::task::list(&engine.store, &filter, TASKS_MAX).await? {
        if !verdict::awaits_approval(engine, &task).await? {
            return Ok(true);
        }
    }
    Ok(false)
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
            if verdict::awaits_approval(engine, task).await? {
                return Ok(Step::Still);
            }
            offer::offer(engine, task, attempt).await?;
            Ok(Step::Moved)
        }
        task::State::Cancelled => {
            cancel::sweep(engine, &task.id).await?;
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
    if steer::follow_unheard(engine, task, &attempts).await? {
        return Ok(Step::Moved);
    }
    if examine::is_awaited(engine, task).await? {
        return Ok(Step::Still);
    }
    let decided = offer::decide(engine, task, &attempts).await?;
    store::task::move_to(&engine.store, &task.id, &task.state, &decided).await?;
    Ok(Step::Moved)
}

/// An attempt that could go on, and what it waits for.
type Waits = (Candidate, String);

/// Buries dead runners, starts what may start, and gives what the rest waits for.
async fn attend(engine: &Engine) -> Result<Vec<Waits>, Error> {
    let running = bury(engine).await?;
    let now = engine.clock.now();
    let waiting = store::attempt::startable(&engine.store, now, WAITING_MAX).await?;
    let waiting = enough::spare(engine, waiting).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let (able, unable): (Vec<Candidate>, Vec<Candidate>) =
        waiting.into_iter().partition(|candidate| can_work(engine, &candidate.settings));
    let room = machine::room(engine.home.path());
    let served = served(engine, &able).await?;
    let demand = |candidate| demand(candidate, &served);
    let examined = examine::living(engine).await?;
    let running = running.iter().map(demand).chain(examined.iter().map(examine::demand));
    let decisions = admit::admit(
        &able.iter().map(demand).collect::<Vec<_>>(),
        &running.collect::<Vec<_>>(),
        &room,
        &engine.config.machine,
    );
    let mut waits: Vec<Waits> = unable
        .into_iter()
        .map(|candidate| {
            let lacks = no_model(&candidate);
            (candidate, lacks)
        })
        .collect();
    let mut admitted = Vec::new();
    for (candidate, decision) in able.into_iter().zip(decisions) {
        match decision {
            Decision::Start => admitted.push(candidate),
            Decision::Wait(what) => waits.push((candidate, what)),
        }
    }
    admitted.truncate(STARTS_MAX);
    for together in admitted.chunks(STARTS_TOGETHER) {
        start(engine, together).await?;
    }
    Ok(waits)
}

/// What the living hold. A runner that is gone, however it died, lets go at once; one that lives
/// but gave no sign of it for too long is ended.
async fn bury(engine: &Engine) -> Result<Vec<Candidate>, Error> {
    let now = engine.clock.now();
    let mut living = Vec::new();
    for candidate in store::attempt::held(&engine.store).await? {
        let Some(holder) = &candidate.holder else { continue };
        let id = &candidate.attempt.id;
        if !engine.fleet.is_alive(id)? {
            store::lease::bury(&engine.store, id, holder).await?;
            group::sweep();
        } else {
            living.push(candidate);
        }
    }
    let late = store::lease::expired(&engine.store, now).await?;
    for silent in engine.late.silent_too_long(late, Instant::now()) {
        engine.fleet.kill(&silent);
    }
    Ok(living)
}

/// When something of each person's began last, where there are several to choose among.
async fn served(engine: &Engine, waiting: &[Candidate]) -> Result<Served, Error> {
    if waiting.windows(2).all(|two| two[0].person == two[1].person) {
        return Ok(Served::new());
    }
    Ok(store::attempt::last_started(&engine.store).await?.into_iter().collect())
}

type Served = BTreeMap<String, Timestamp>;

fn demand<'a>(candidate: &'a Candidate, served: &Served) -> Demand<'a> {
    let person = candidate.person.as_str();
    let memory_bytes = candidate.settings.limits.memory_bytes;
    Demand { person, memory_bytes, served: served.get(person).copied() }
}

/// Whether a runner that is started from here could do the task's work. One that inherits no key
/// would fail an attempt that another process, which has the key, can still bring to its end.
pub fn can_work(engine: &Engine, settings: &task::Settings) -> bool {
    settings.model.as_deref().is_none_or(|model| engine.config.can_ask(model))
}

fn no_model(candidate: &Candidate) -> String {
    let model = candidate.settings.model.as_deref().unwrap_or_default();
    format!("a key for {model}, which the engine that runs wasn't started with")
}

async fn tell(engine: &Engine, waits: Vec<Waits>) -> Result<(), Error> {
    let changed: Vec<(AttemptId, Option<String>)> = waits
        .into_iter()
        .filter(|(candidate, what)| candidate.attempt.waits.as_ref() != Some(what))
        .map(|(candidate, what)| (candidate.attempt.id, Some(what)))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    Ok(store::attempt::wait_for(&engine.store, &changed).await?)
}

/// Takes the leases in the new runners' names and starts them, so that nobody else does.
async fn start(engine: &Engine, candidates: &[Candidate]) -> Result<(), Error> {
    let (mut wanted, mut locks) = (Vec::new(), Vec::new());
    for Candidate { attempt, deaths, .. } in candidates {
        if *deaths >= DEATHS_MAX {
            give_up(engine, attempt).await?;
            continue;
        }
        // The lock first: whoever finds a lease without it takes its holder for dead.
        let Some(lock) = engine.fleet.reserve(&attempt.id)? else { continue };
        wanted.push((attempt.id.clone(), Holder { process: std::process::id(), nonce: random()? }));
        locks.push(lock);
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let now = engine.clock.now();
    let taken = store::lease::take_all(&engine.store, &wanted, now, LEASE_MS).await?;
    let mut all = Ok(());
    for ((id, holder), lock) in wanted.into_iter().zip(locks) {
        if !taken.contains(&id) {
            continue;
        }
        let started = engine.fleet.start(&id, &holder, lock);
        if started.is_err() {
            store::lease::release(&engine.store, &id, &holder).await?;
        }
        all = all.and(started);
    }
    all
}

async fn give_up(engine: &Engine, attempt: &Attempt) -> Result<(), Error> {
    let stage = match &attempt.state {
        State::Queued | State::Preparing => Stage::Prepare,
        State::Working | State::Paused { .. } => Stage::Work,
        State::Proving => Stage::Prove,
        State::Ended { .. } => return Ok(()),
    };
    let reason = format!(
        "its process died {DEATHS_MAX} times; see {}",
        engine.home.attempt(&attempt.id).join("runner.log").display()
    );
    end(engine, attempt, Outcome::Failed { stage, reason }).await
}

/// Ends an attempt that no runner holds, and clears away what a dead one left: the next runner
/// would do it, and there may be none.
pub(crate) async fn end(engine: &Engine, attempt: &Attempt, outcome: Outcome) -> Result<(), Error> {
    if attempt.runs > 0 {
        let backend = engine.backend().await?;
        if outcome == Outcome::Cancelled {
            place::discard(engine, &backend, attempt).await?;
        }
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

/// How long a runner that has its lock may be silent after its lease is over, as this process has
/// seen it: a machine that slept, or one that is very busy, looks like that for a while.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Runners whose leases are over, and since when this process knows.
#[derive(Debug, Default)]
pub(crate) struct Late(Mutex<BTreeMap<AttemptId, Instant>>);

impl Late {
    /// Of those that are late now, the ones that have been for too long.
    fn silent_too_long(&self, late: Vec<AttemptId>, now: Instant) -> Vec<AttemptId> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|id, _| late.contains(id));
        let mut too_long = |id: &AttemptId| {
            let since = *known.entry(id.clone()).or_insert(now);
            now.duration_since(since) >= SILENCE_MAX
        };
        late.into_iter().filter(|id| too_long(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_late_is_given_time_and_who_beats_again_is_forgotten() {
        let late = Late::default();
        let id: AttemptId = "k3v9x2ab.1".parse().expect("an id");
        let start = Instant::now();
        let at = |ids: &[&AttemptId], after| {
            let ids = ids.iter().map(|&id| id.clone()).collect();
            late.silent_too_long(ids, start + after)
        };
        assert!(at(&[&id], Duration::ZERO).is_empty());
        assert!(at(&[], SILENCE_MAX).is_empty(), "it gave a sign of life");
        assert!(at(&[&id], SILENCE_MAX * 2).is_empty());
        assert_eq!(at(&[&id], SILENCE_MAX * 3), std::slice::from_ref(&id));
    }
}
