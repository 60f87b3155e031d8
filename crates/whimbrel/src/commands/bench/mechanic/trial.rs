//! One bug and what the mechanic makes of it: in a computer of its own, by the same call as in an
//! attempt, and then looked at by us.

use std::time::{Duration, Instant};

use anyhow::Result;
use computer::{Backend, Snapshot};
use mechanic::{Effort, Job, Progress, Repair};

use super::bugs::Bug;
use super::ground::Ground;

/// Of a reason, what is shown.
const REASON_CHARS_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All tests pass, as they were written.
    Plausible {
        /// It gives what the program without the bug gives, on the random inputs.
        correct: bool,
    },
    NotRepaired {
        reason: String,
    },
    Unsupported {
        why: String,
    },
}

#[derive(Debug, Clone)]
pub struct Trial {
    pub bug: Bug,
    pub verdict: Verdict,
    pub took: Duration,
    /// From the beginning until something passed all tests.
    pub first: Option<Duration>,
    pub effort: Effort,
    /// What was changed, as a diff.
    pub diff: String,
}

impl Trial {
    /// Of a language whose first bug was refused for it, the others.
    pub fn unsupported(bug: Bug, why: String) -> Self {
        let verdict = Verdict::Unsupported { why };
        Self::new(bug, verdict)
    }

    fn new(bug: Bug, verdict: Verdict) -> Self {
        let (took, effort, diff) = (Duration::ZERO, Effort::default(), String::new());
        Self { bug, verdict, took, first: None, effort, diff }
    }

    pub fn is_plausible(&self) -> bool {
        matches!(self.verdict, Verdict::Plausible { .. })
    }

    pub fn is_correct(&self) -> bool {
        self.verdict == Verdict::Plausible { correct: true }
    }
}

pub async fn run(
    backend: &dyn Backend,
    snapshot: &Snapshot,
    bug: Bug,
    time: Duration,
    seeds: &[u64],
) -> Result<Trial> {
    let ground = Ground::make(backend, snapshot, bug.program, &bug.source).await?;
    let tried = try_it(&ground, bug, time, seeds).await;
    ground.computer.destroy().await?;
    tried
}

async fn try_it(ground: &Ground, bug: Bug, time: Duration, seeds: &[u64]) -> Result<Trial> {
    let job = Job {
        test_command: bug.program.language.test_command().into(),
        seed: 0,
        time,
        text: "Make the failing tests pass.".into(),
    };
    let began = Instant::now();
    let mut first = None;
    let mut tell = |progress: Progress| {
        let passes = match progress {
            Progress::Tried { found, .. } => found > 0,
            Progress::Chosen { .. } => true,
            Progress::FailingTests { .. } | Progress::Located { .. } | Progress::HalfWay { .. } => {
                false
            }
        };
        if passes && first.is_none() {
            first = Some(began.elapsed());
        }
    };
    let repair = mechanic::repair(&*ground.computer, &job, &mut tell).await?;
    let mut trial = Trial { took: began.elapsed(), ..judged(bug, repair) };
    if trial.is_plausible() {
        trial.first = first;
        trial.verdict = verdict(ground, &trial.bug, seeds).await?;
    }
    Ok(trial)
}

/// By the mechanic's own account.
fn judged(bug: Bug, repair: Repair) -> Trial {
    let not = |reason: String| Verdict::NotRepaired {
        reason: crate::ui::line(&reason, REASON_CHARS_MAX),
    };
    match repair {
        Repair::Fixed { diff, effort, .. } => {
            Trial { effort, diff, ..Trial::new(bug, Verdict::Plausible { correct: false }) }
        }
        Repair::NotFound { effort, reason, .. } => Trial { effort, ..Trial::new(bug, not(reason)) },
        Repair::NothingFails => Trial::new(bug, not("it saw no test fail".into())),
        Repair::TestsCantRun { why, .. } => Trial::new(bug, not(format!("no tests: {why}"))),
        Repair::Unsupported { why } => Trial::unsupported(bug, why),
    }
}

/// By what is committed: only the program may differ, its tests must pass, and then it is compared.
async fn verdict(ground: &Ground, bug: &Bug, seeds: &[u64]) -> Result<Verdict> {
    let changed = ground.committed().await?;
    if changed != [bug.program.path()] {
        let reason =
            format!("it changed {}", crate::ui::line(&changed.join(", "), REASON_CHARS_MAX));
        return Ok(Verdict::NotRepaired { reason });
    }
    if !ground.test().await?.status.is_success() {
        return Ok(Verdict::NotRepaired { reason: "its change doesn't pass the tests".into() });
    }
    let correct = ground.drive(seeds).await? == *bug.expected;
    Ok(Verdict::Plausible { correct })
}
