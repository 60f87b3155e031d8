//! Stopping a task.

use domain::attempt::Outcome;
use domain::audit::Action;
use domain::{PullRequestId, Task, TaskId, pull_request, task};

use crate::{Engine, Error, audit, offer, reconcile};

/// Cancels the task and those of its attempts that nobody lives. A living runner is told, destroys
/// its computer and ends. What has ended already stays as it is.
pub async fn cancel(engine: &Engine, id: &TaskId) -> Result<(), Error> {
    let found = store::task::get(&engine.store, id).await?;
    let cancelled = found.state.clone().cancel()?;
    store::task::move_to(&engine.store, id, &found.state, &cancelled).await?;
    audit::record(engine, Action::Cancelled, id, "").await?;
    for attempt in store::attempt::of_task(&engine.store, id).await? {
        if !attempt.state.is_ended() {
            engine.fleet.wake(&attempt.id);
        }
    }
    sweep(engine, id).await
}

/// Ends the attempts of a cancelled task that have no runner (any more).
pub async fn sweep(engine: &Engine, id: &TaskId) -> Result<(), Error> {
    let task = store::task::get(&engine.store, id).await?;
    if task.state != task::State::Cancelled {
        return Ok(());
    }
    for attempt in store::attempt::of_task(&engine.store, id).await? {
        if attempt.state.is_ended() || engine.fleet.is_alive(&attempt.id)? {
            continue;
        }
        match reconcile::end(engine, &attempt, Outcome::Cancelled).await {
            // A runner took it or moved it meanwhile; it looks at the task before long.
            Ok(()) | Err(Error::Store(store::Error::Conflict { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    keep_what_is_offered(engine, &task).await
}

/// Where only a follow-up was cancelled, its pull request stays as it was.
async fn keep_what_is_offered(engine: &Engine, task: &Task) -> Result<(), Error> {
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    if !attempts.iter().all(|attempt| attempt.state.is_ended()) {
        return Ok(());
    }
    let Some(found) = offer::offered_before(engine, &PullRequestId::of(&task.id)).await? else {
        return Ok(());
    };
    match found.state {
        pull_request::State::Open => {}
        pull_request::State::Merged { .. } | pull_request::State::Closed { .. } => return Ok(()),
    }
    let offered = task.state.clone().stay_offered(found.attempt, found.id)?;
    match store::task::move_to(&engine.store, &task.id, &task.state, &offered).await {
        // Somebody else was faster.
        Ok(_) | Err(store::Error::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
