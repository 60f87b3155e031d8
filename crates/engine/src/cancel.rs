//! Stopping a task.

use domain::attempt::Outcome;
use domain::{TaskId, task};

use crate::{Engine, Error, reconcile};

/// Cancels the task and those of its attempts that nobody lives. A living runner sees it at its
/// next heartbeat, destroys its computer and ends. What has ended already stays as it is.
pub async fn cancel(engine: &Engine, id: &TaskId) -> Result<(), Error> {
    let found = store::task::get(&engine.store, id).await?;
    let cancelled = found.state.clone().cancel()?;
    store::task::move_to(&engine.store, id, &found.state, &cancelled).await?;
    sweep(engine, id).await
}

/// Ends the attempts of a cancelled task that have no runner (any more).
pub async fn sweep(engine: &Engine, id: &TaskId) -> Result<(), Error> {
    let task = store::task::get(&engine.store, id).await?;
    if task.state != task::State::Cancelled {
        return Ok(());
    }
    let now = engine.clock.now();
    for attempt in store::attempt::unattended(&engine.store, now, u32::MAX).await? {
        if attempt.id.task() == *id {
            match reconcile::end(engine, &attempt, Outcome::Cancelled).await {
                // A runner took it meanwhile; it looks at the task before long.
                Ok(()) | Err(Error::Store(store::Error::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
