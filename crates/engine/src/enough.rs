//! Early stop: when as many of a task's attempts hold as are enough, those that haven't begun
//! aren't made. What is at work goes on, since it may turn out better.

use std::collections::BTreeMap;

use domain::attempt::{Outcome, State};
use domain::{Attempt, AttemptId, TaskId};
use store::attempt::Candidate;

use crate::{Engine, Error, examine, reconcile};

/// Of `waiting`, those that are still wanted; the others are ended, and say why.
pub(crate) async fn spare(
    engine: &Engine,
    waiting: Vec<Candidate>,
) -> Result<Vec<Candidate>, Error> {
    let mut reasons: BTreeMap<TaskId, Option<String>> = BTreeMap::new();
    let mut wanted = Vec::new();
    for candidate in waiting {
        let Some(enough) = candidate.settings.enough.filter(|_| has_not_begun(&candidate.attempt))
        else {
            wanted.push(candidate);
            continue;
        };
        let task = candidate.attempt.id.task();
        if !reasons.contains_key(&task) {
            let good = good(engine, &task).await?;
            reasons.insert(task.clone(), reason(&good, enough));
        }
        match reasons.get(&task).cloned().flatten() {
            Some(reason) => end(engine, &candidate.attempt, reason).await?,
            None => wanted.push(candidate),
        }
    }
    Ok(wanted)
}

/// A follow-up was asked for by a person, whatever holds already.
fn has_not_begun(attempt: &Attempt) -> bool {
    attempt.state == State::Queued && attempt.runs == 0 && attempt.follows.is_none()
}

/// Attempts whose evidence holds.
async fn good(engine: &Engine, task: &TaskId) -> Result<Vec<AttemptId>, Error> {
    let mut good = Vec::new();
    for attempt in store::attempt::of_task(&engine.store, task).await? {
        if examine::is_changed(&attempt) {
            let evidence = store::evidence::get(&engine.store, &attempt.id).await?;
            good.extend(evidence.filter(|e| e.holds()).map(|_| attempt.id));
        }
    }
    Ok(good)
}

/// `attempt 2 holds`, `attempts 1 and 3 hold`; none where that isn't enough.
fn reason(good: &[AttemptId], enough: u32) -> Option<String> {
    let numbers: Vec<String> = good.iter().map(|id| id.number().to_string()).collect();
    if good.len() < enough as usize {
        return None;
    }
    match numbers.split_last() {
        Some((last, [])) => Some(format!("attempt {last} holds")),
        Some((last, rest)) => Some(format!("attempts {} and {last} hold", rest.join(", "))),
        None => None,
    }
}

async fn end(engine: &Engine, attempt: &Attempt, reason: String) -> Result<(), Error> {
    match reconcile::end(engine, attempt, Outcome::NotNeeded { reason }).await {
        // It has begun meanwhile, and goes on.
        Ok(()) | Err(Error::Store(store::Error::Conflict { .. })) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_attempts_are_enough() {
        let id = |number| AttemptId::new(&"k3v9x2ab".parse().expect("an id"), number);
        assert_eq!(reason(&[], 1), None);
        assert_eq!(reason(&[id(2)], 1).as_deref(), Some("attempt 2 holds"));
        assert_eq!(reason(&[id(2)], 2), None);
        let three = reason(&[id(1), id(3), id(4)], 2);
        assert_eq!(three.as_deref(), Some("attempts 1, 3 and 4 hold"));
    }
}
