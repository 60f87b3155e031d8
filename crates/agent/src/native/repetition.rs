//! Whether the model goes round in circles: the same call with the same result again and again,
//! alone or in a cycle of a few. Pure.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How far back is looked, in calls: far enough for a cycle of three to be seen [`ENDS_AT`] times.
const CALLS_REMEMBERED_MAX: usize = 24;
/// So often the same is told to the model.
const TOLD_AT: u32 = 4;
/// So often the same ends the work.
const ENDS_AT: u32 = 8;

#[derive(Debug, Default)]
pub(super) struct Repetition {
    recent: VecDeque<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    #[default]
    Fine,
    Repeated {
        times: u32,
    },
    Stuck {
        times: u32,
    },
}

impl Repetition {
    /// A call and what came of it.
    pub(super) fn observe(&mut self, tool: &str, arguments: &str, result: &str) -> Verdict {
        let mark = mark(tool, arguments, result);
        self.recent.push_back(mark);
        if self.recent.len() > CALLS_REMEMBERED_MAX {
            self.recent.pop_front();
        }
        let same = self.recent.iter().filter(|&&seen| seen == mark).count();
        match u32::try_from(same).unwrap_or(u32::MAX) {
            times if times >= ENDS_AT => Verdict::Stuck { times },
            times if times >= TOLD_AT => Verdict::Repeated { times },
            _ => Verdict::Fine,
        }
    }

    /// Something was changed, so what was seen before may be asked again.
    pub(super) fn forget(&mut self) {
        self.recent.clear();
    }
}

fn mark(tool: &str, arguments: &str, result: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (tool, arguments, result).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
