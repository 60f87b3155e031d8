//! What persons decide about changes: kept at once, carried out when its time has come. Until then it
//! can be taken back, and nothing at all is done.
//!
//! A verdict is carried out by `whimbrel decide`, a process of its own ([`carry_out`]): proving a merge
//! again takes minutes, and nothing else waits for it. Its lock says that it lives. Whoever is killed
//! over it is followed by another, which finds what was done already.

mod carry_out;

use std::collections::BTreeSet;

use domain::audit::Action;
use domain::project::Approval;
use domain::verdict::{Said, State, Via};
use domain::{AttemptId, Task, TaskId, Verdict, VerdictId, task};
use sha2::{Digest, Sha256};
use store::verdict::Put;

use crate::runner::random;
use crate::{Engine, Error, audit, steer};

pub use carry_out::{carry_out, lock};

/// How long a verdict can be withdrawn, in milliseconds.
pub const GRACE_MS: u64 = 5_000;
/// The longest grace that is given.
const GRACE_MS_MAX: u64 = 60_000;
/// The longest words with a rejection, in bytes.
const WORDS_BYTES_MAX: usize = 4 * 1024;
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 256;
/// What one look begins with at most.
const DUE_MAX: u32 = 256;
/// Approvals that are carried out at once; and as many others.
const AT_WORK_MAX: usize = 8;

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Wish {
    pub attempt: AttemptId,
    pub said: Said,
    pub via: Via,
    /// Nothing is done for so long.
    pub grace_ms: u64,
}

/// Keeps what the engine's person decided. An engine that runs carries it out. What the same person
/// decided of the same task before, and can still take back, is withdrawn.
///
/// # Errors
/// [`store::Error::Conflict`] where there is nothing to decide (any more): somebody else did.
pub async fn give(engine: &Engine, wish: Wish) -> Result<Verdict, Error> {
    keep(engine, wish, VerdictId::from_random(random()?)).await
}

/// The same, once for each key of a person's: what is sent again, because nobody knows whether it
/// arrived, is answered with what became of it the first time.
pub async fn give_once(engine: &Engine, wish: Wish, key: &str) -> Result<Verdict, Error> {
    let id = id_of(&engine.person, checked_key(key)?);
    let wish = Wish { said: checked(wish.said)?, ..wish };
    match store::verdict::get(&engine.store, &id).await {
        Ok(known) => same(known, &wish),
        Err(store::Error::Missing { .. }) => keep(engine, wish, id).await,
        Err(error) => Err(error.into()),
    }
}

/// Takes back what was, or wasn't yet, given with that key: whoever takes it back needn't know whether
/// it arrived. If it does so later, it finds itself withdrawn.
pub async fn withdraw_once(engine: &Engine, wish: Wish, key: &str) -> Result<Verdict, Error> {
    let id = id_of(&engine.person, checked_key(key)?);
    let wish = Wish { said: checked(wish.said)?, ..wish };
    match store::verdict::get(&engine.store, &id).await {
        Ok(known) => withdraw(engine, &same(known, &wish)?.id).await,
        Err(store::Error::Missing { .. }) => {
            let task = store::attempt::get(&engine.store, &wish.attempt).await?.id.task();
            let withdrawn = Verdict { state: State::Withdrawn, ..verdict(engine, &wish, task, id) };
            match store::verdict::put_withdrawn(&engine.store, &withdrawn).await? {
                Put::Kept => {
                    let details = format!("{}, before it arrived", withdrawn.id);
                    let action = Action::VerdictWithdrawn;
                    audit::record(engine, action, &withdrawn.attempt, &details).await?;
                    Ok(withdrawn)
                }
                Put::Known(known) => withdraw(engine, &known.id).await,
            }
        }
        Err(error) => Err(error.into()),
    }
}

fn checked_key(key: &str) -> Result<&str, Error> {
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(Error::Unusable(format!("a key has 1 to {KEY_BYTES_MAX} bytes")));
    }
    Ok(key)
}

fn id_of(person: &str, key: &str) -> VerdictId {
    let digest = Sha256::new().chain_update(person).chain_update([0]).chain_update(key).finalize();
    let start = digest.first_chunk().expect("a digest has 32 bytes");
    VerdictId::from_random(u64::from_le_bytes(*start))
}

fn same(known: Verdict, wish: &Wish) -> Result<Verdict, Error> {
    if known.attempt != wish.attempt || known.said != wish.said {
        return Err(Error::Unusable("this key was used for another decision".into()));
    }
    Ok(known)
}

async fn keep(engine: &Engine, wish: Wish, id: VerdictId) -> Result<Verdict, Error> {
    let wish = Wish { said: checked(wish.said)?, ..wish };
    let task = store::task::get(&engine.store, &wish.attempt.task()).await?;
    store::attempt::get(&engine.store, &wish.attempt).await?;
    is_open_to(engine, &task, &wish).await?;
    let verdict = verdict(engine, &wish, task.id, id);
    match store::verdict::put(&engine.store, &verdict).await? {
        Put::Kept => {
            let details = format!("{}: {}", verdict.id, verdict.said.name());
            audit::record(engine, Action::VerdictGiven, &verdict.attempt, &details).await?;
            Ok(verdict)
        }
        Put::Known(known) => same(*known, &wish),
    }
}

fn verdict(engine: &Engine, wish: &Wish, task: TaskId, id: VerdictId) -> Verdict {
    let now = engine.clock.now();
    Verdict {
        id,
        task,
        attempt: wish.attempt.clone(),
        person: engine.person.clone(),
        via: wish.via,
        at: now,
        due: now.plus_ms(wish.grace_ms.min(GRACE_MS_MAX)),
        said: wish.said.clone(),
        state: State::Pending,
    }
}

/// Texts come from a form: without the blanks around them, and not endless.
fn checked(said: Said) -> Result<Said, Error> {
    match said {
        Said::Approve => Ok(Said::Approve),
        Said::Reject { reason, words } => {
            let words = stdx::cut::middle(words.trim(), WORDS_BYTES_MAX);
            Ok(Said::Reject { reason, words: words.to_string() })
        }
        Said::Feedback { text } => Ok(Said::Feedback { text: steer::checked(&text)? }),
    }
}

/// Whether the task waits for this.
async fn is_open_to(engine: &Engine, task: &Task, wish: &Wish) -> Result<(), Error> {
    if let Said::Feedback { .. } = wish.said {
        return steer::speaks(task);
    }
    let chosen = match &task.state {
        task::State::Decided { attempt } => attempt,
        task::State::Offered { attempt, .. } => {
            let settings = store::project::settings(&engine.store, &task.project).await?;
            if wish.said == Said::Approve && settings.approval == Approval::Offer {
                return Err(Error::Unusable(format!(
                    "the pull request is open, and that is all an approval does in this project; \
                     merge it where it is, or with `whimbrel pr merge {}`",
                    task.id
                )));
            }
            attempt
        }
        task::State::Open
        | task::State::Running
        | task::State::Merged { .. }
        | task::State::Closed { .. }
        | task::State::Cancelled => {
            let conflict = store::Error::Conflict {
                noun: "task",
                id: task.id.to_string(),
                expected: "waiting for a decision",
                found: task.state.name(),
            };
            return Err(conflict.into());
        }
    };
    if *chosen != wish.attempt {
        let conflict = store::Error::Conflict {
            noun: "attempt",
            id: wish.attempt.to_string(),
            expected: "the one to be decided",
            found: "passed over for another",
        };
        return Err(conflict.into());
    }
    Ok(())
}

/// Takes it back, before its time has come.
pub async fn withdraw(engine: &Engine, id: &VerdictId) -> Result<Verdict, Error> {
    let mut verdict = store::verdict::get(&engine.store, id).await?;
    if verdict.person != engine.person {
        let reason = format!("it is {}'s decision, and only {0} takes it back", verdict.person);
        return Err(Error::Unusable(reason));
    }
    if verdict.state == State::Withdrawn {
        return Ok(verdict);
    }
    let withdrawn = verdict.state.clone().withdraw()?;
    if verdict.due <= engine.clock.now() {
        let conflict = store::Error::Conflict {
            noun: "verdict",
            id: id.to_string(),
            expected: "one that can be taken back",
            found: "being carried out",
        };
        return Err(conflict.into());
    }
    store::verdict::withdraw(&engine.store, id).await?;
    verdict.state = withdrawn;
    let details = verdict.id.as_str();
    audit::record(engine, Action::VerdictWithdrawn, &verdict.attempt, details).await?;
    Ok(verdict)
}

/// Whether the task's change isn't offered before somebody approves it.
pub async fn awaits_approval(engine: &Engine, task: &Task) -> Result<bool, Error> {
    let task::State::Decided { .. } = task.state else { return Ok(false) };
    let settings = store::project::settings(&engine.store, &task.project).await?;
    Ok(settings.approval == Approval::Offer)
}

/// Starts who carries out what is due: in order, of each project one approval at a time, so that no
/// merge moves the base away from under another's checks.
pub(crate) async fn attend(engine: &Engine) -> Result<(), Error> {
    let due = store::verdict::due(&engine.store, engine.clock.now(), DUE_MAX).await?;
    let (mut seen, mut approvals, mut others) = (BTreeSet::new(), 0, 0);
    for verdict in due {
        let name = carry_out::lock_name(engine, &verdict).await?;
        // Proving merges takes minutes; what takes a moment doesn't wait for them.
        let at_work = match verdict.said {
            Said::Approve => &mut approvals,
            Said::Reject { .. } | Said::Feedback { .. } => &mut others,
        };
        if *at_work >= AT_WORK_MAX || !seen.insert(name.clone()) {
            continue;
        }
        *at_work += 1;
        // Somebody who lives is at it otherwise.
        if let Some(lock) = engine.home.try_lock(&name)? {
            engine.fleet.start_decision(&verdict.id, lock)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_each_persons_own() {
        assert_eq!(id_of("ada", "1"), id_of("ada", "1"));
        assert_ne!(id_of("ada", "1"), id_of("bob", "1"));
        assert_ne!(id_of("ada", "1b"), id_of("ada1", "b"));
    }
}
