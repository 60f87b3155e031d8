//! Rankings, kept: to make one is to compare patches by git, and an ended task's never changes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Attempt, AttemptId, Examination, TaskId};
use engine::Engine;
use proof::Ranking;

use crate::failure::Failure;

/// Rankings that are kept; the oldest is forgotten first.
const KEPT_MAX: usize = 512;

/// A ranking, and the cross-examination that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub ranking: Ranking,
    pub examination: Examination,
}

#[derive(Debug, PartialEq, Eq)]
struct Key {
    task: TaskId,
    /// A follow-up makes another ranking.
    attempts: Vec<AttemptId>,
}

/// Those that were asked for lately.
#[derive(Debug, Default)]
pub struct Rankings {
    kept: Mutex<VecDeque<(Key, Arc<Ranked>)>>,
}

impl Rankings {
    /// The task's ranking as it is now, which is kept where all `attempts` have ended and nobody
    /// examines them any more.
    pub async fn of(
        &self,
        engine: &Engine,
        task: &TaskId,
        attempts: &[Attempt],
    ) -> Result<Arc<Ranked>, Failure> {
        let key = Key {
            task: task.clone(),
            attempts: attempts.iter().map(|attempt| attempt.id.clone()).collect(),
        };
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let (ranking, examination) = engine::ranked(engine, task).await?;
        let ranked = Arc::new(Ranked { ranking, examination });
        let state = store::task::get(&engine.store, task).await?.state;
        let at_rest = attempts.iter().all(|attempt| attempt.state.is_ended())
            && !state.is_moving()
            && !engine.fleet.is_examined(task)?;
        if at_rest {
            self.keep(key, &ranked);
        }
        Ok(ranked)
    }

    fn find(&self, key: &Key) -> Option<Arc<Ranked>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| of == key).map(|(_, ranked)| ranked.clone())
    }

    fn keep(&self, key: Key, ranked: &Arc<Ranked>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((key, ranked.clone()));
    }
}
