//! What persons decide about changes: kept at once, carried out when its time has come.

use domain::verdict::{Said, State, Via};
use domain::{AttemptId, Verdict, VerdictId};

use crate::runner::random;
use crate::{Engine, Error};

/// How long a verdict can be withdrawn, in milliseconds.
pub const GRACE_MS: u64 = 5_000;

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Wish {
    pub attempt: AttemptId,
    pub said: Said,
    pub via: Via,
    /// Nothing is done for so long.
    pub grace_ms: u64,
}

/// Keeps what the engine's person decided. An engine that runs carries it out.
pub async fn give(engine: &Engine, wish: Wish) -> Result<Verdict, Error> {
    let now = engine.clock.now();
    let verdict = Verdict {
        id: VerdictId::from_random(random()?),
        task: wish.attempt.task(),
        attempt: wish.attempt,
        person: engine.person.clone(),
        via: wish.via,
        at: now,
        due: now.plus_ms(wish.grace_ms),
        said: wish.said,
        state: State::Pending,
    };
    store::verdict::put(&engine.store, &verdict).await?;
    Ok(verdict)
}

/// Takes it back, before its time has come.
pub async fn withdraw(engine: &Engine, id: &VerdictId) -> Result<Verdict, Error> {
    let mut verdict = store::verdict::get(&engine.store, id).await?;
    let withdrawn = verdict.state.clone().withdraw()?;
    store::verdict::move_to(&engine.store, id, &verdict.state, &withdrawn).await?;
    verdict.state = withdrawn;
    Ok(verdict)
}
