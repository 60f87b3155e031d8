//! Cards: what a person has to decide, with all that it takes to trust it in ten seconds, the most
//! worthwhile first. Never two for the same finding, and none for one that was rejected before.

mod order;
mod patch;
mod words;

use std::collections::BTreeMap;

use domain::project::Approval;
use domain::verdict::{Outcome, Reason, Said, State};
use domain::{AttemptId, Commit, ProjectId, Task, TaskId, Timestamp, Verdict, task};
use forge::Mirror;
use proof::chips::Chip;
use serde::Serialize;
use store::card::{Known, Rejected, Waiting};

use crate::{Engine, Error};

pub use order::Score;

/// Tasks that are looked at; older ones come first, so that none waits for ever.
const WAITING_MAX: u32 = 500;
/// Rejections that are remembered, the newest.
const REJECTED_MAX: u32 = 10_000;
/// Patches that one look tells apart, each by a run of git; the next look takes the rest.
const TOLD_APART_MAX: usize = 64;

/// A change that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub attempt: AttemptId,
    pub task: TaskId,
    pub project: ProjectId,
    /// For people. From a repository's address: hostile, like all texts here but the chips.
    pub project_name: String,
    /// What was done, in one line: the agent's words.
    pub title: String,
    /// What was asked for: the task's first sentence.
    pub asked: String,
    /// Why it matters: the first sentences of the agent's summary. May be empty.
    pub why: String,
    /// Ours alone; the worst first, then size and cost.
    pub chips: Vec<Chip>,
    pub score: Score,
    /// Since when it can be decided.
    pub since: Timestamp,
    pub base_branch: String,
    pub base: Commit,
    pub head: Commit,
    /// What approving does.
    pub approval: Approval,
    /// Where it follows an earlier card: what was said, and what is different now.
    pub since_last: Option<SinceLast>,
    /// Why the last decision could not be carried out.
    pub failed: Option<String>,
    /// A decision that is on its way.
    pub pending: Option<Verdict>,
    /// Whether its agent understands words, so that feedback leads to something.
    pub hears: bool,
}

/// What changed since the card that a person gave feedback on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SinceLast {
    pub attempt: AttemptId,
    /// Who said what; none where it was said otherwise than by a verdict.
    pub feedback: Option<Feedback>,
    /// Short sentences of ours: `1 file more`, `+4 −1 lines`.
    pub differences: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feedback {
    pub person: String,
    pub text: String,
}

impl Card {
    /// What approving does, in words.
    pub fn approves(&self) -> String {
        words::approves(self.approval, &self.base_branch)
    }
}

/// All cards, in their order. Those with a decision on its way come last.
pub async fn cards(engine: &Engine) -> Result<Vec<Card>, Error> {
    let waiting = store::card::waiting(&engine.store, WAITING_MAX).await?;
    let waiting: Vec<(Waiting, AttemptId)> = waiting.into_iter().filter_map(chosen).collect();
    let ids: Vec<AttemptId> = waiting.iter().map(|(_, attempt)| attempt.clone()).collect();
    let mut known = known_of(engine, &ids).await?;
    // What a follow-up is compared with.
    let before: Vec<AttemptId> = known.values().filter_map(|one| one.follows.clone()).collect();
    known.extend(known_of(engine, &before).await?);
    let waiting = told_apart(engine, waiting, &mut known).await?;
    let tasks: Vec<TaskId> = waiting.iter().map(|(one, _)| one.task.id.clone()).collect();
    let verdicts = store::verdict::of_tasks(&engine.store, &tasks).await?;
    let rejected = store::card::rejected(&engine.store, REJECTED_MAX).await?;
    let now = engine.clock.now();
    let mut found = Vec::new();
    for (one, attempt) in waiting {
        let Some(of) = known.get(&attempt) else { continue };
        if rejected.iter().any(|before| is_same(before, &one.task, of)) {
            continue;
        }
        let before = of.follows.as_ref().and_then(|id| known.get(id));
        let said = verdicts.iter().filter(|verdict| verdict.task == one.task.id).collect();
        found.push((card(one, of, before, said, now), of.patch.clone()));
    }
    Ok(order::ordered(found))
}

/// The card of one attempt, where it is one to decide on.
pub async fn of_attempt(engine: &Engine, id: &AttemptId) -> Result<Option<Card>, Error> {
    Ok(cards(engine).await?.into_iter().find(|card| card.attempt == *id))
}

/// Keeps what tells the attempt's change apart, so that it is known again.
pub(crate) async fn remember(
    engine: &Engine,
    task: &Task,
    attempt: &AttemptId,
) -> Result<(), Error> {
    let known = known_of(engine, std::slice::from_ref(attempt)).await?;
    match known.get(attempt) {
        Some(known) if known.patch.is_none() => {
            patch::tell_apart(engine, &task.project, known).await.map(|_digest| ())
        }
        Some(_) | None => Ok(()),
    }
}

async fn known_of(engine: &Engine, ids: &[AttemptId]) -> Result<BTreeMap<AttemptId, Known>, Error> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let known = store::card::known(&engine.store, ids).await?;
    Ok(known.into_iter().map(|one| (one.attempt.clone(), one)).collect())
}

/// Where a pull request is open and approvals only open them, nothing is left to decide here.
fn chosen(one: Waiting) -> Option<(Waiting, AttemptId)> {
    let attempt = match (&one.task.state, one.settings.approval) {
        (task::State::Offered { attempt, .. }, Approval::Merge)
        | (task::State::Decided { attempt }, Approval::Offer) => attempt.clone(),
        // It is about to be offered.
        (task::State::Decided { .. }, Approval::Merge)
        | (task::State::Offered { .. }, Approval::Offer) => return None,
        (
            task::State::Open
            | task::State::Running
            | task::State::Merged { .. }
            | task::State::Closed { .. }
            | task::State::Cancelled,
            _,
        ) => return None,
    };
    Some((one, attempt))
}

/// Those whose changes are told apart from others'; the rest comes with a later look. A repository
/// that is gone keeps its own changes from being told apart, and no other's.
async fn told_apart(
    engine: &Engine,
    waiting: Vec<(Waiting, AttemptId)>,
    known: &mut BTreeMap<AttemptId, Known>,
) -> Result<Vec<(Waiting, AttemptId)>, Error> {
    let (mut left, mut told) = (TOLD_APART_MAX, Vec::with_capacity(waiting.len()));
    for (one, attempt) in waiting {
        if let Some(of) = known.get_mut(&attempt).filter(|of| of.patch.is_none()) {
            if left == 0 {
                continue;
            }
            left -= 1;
            match patch::tell_apart(engine, &one.task.project, of).await {
                Ok(digest) => of.patch = Some(digest),
                Err(Error::Forge(_)) => {}
                Err(error) => return Err(error),
            }
        }
        told.push((one, attempt));
    }
    Ok(told)
}

/// The same change; or, where nobody wanted what it does, whatever does the same.
fn is_same(before: &Rejected, task: &Task, known: &Known) -> bool {
    if before.project != task.project || before.attempt == known.attempt {
        return false;
    }
    let same_patch = before.patch.is_some() && before.patch == known.patch;
    let unwanted = before.reason == Reason::Unwanted && before.attempt.task() != task.id;
    same_patch || (unwanted && before.text.trim() == task.text.trim())
}

fn card(
    one: Waiting,
    known: &Known,
    before: Option<&Known>,
    verdicts: Vec<&Verdict>,
    now: Timestamp,
) -> Card {
    let Waiting { task, origin, settings } = one;
    let feedback = verdicts.iter().rev().find_map(|verdict| feedback(verdict, &known.attempt));
    let last = verdicts.iter().rev().find(|verdict| verdict.state != State::Withdrawn);
    let failed =
        last.filter(|last| last.attempt == known.attempt).and_then(|last| match &last.state {
            State::Failed { why } => Some(why.clone()),
            State::Pending | State::Withdrawn | State::CarriedOut { .. } => None,
        });
    let pending = verdicts.into_iter().find(|verdict| verdict.state == State::Pending).cloned();
    let since = known.ended.unwrap_or(task.created);
    let weighed = order::Weighed {
        evidence: &known.evidence,
        change: &known.change,
        follows: known.follows.is_some(),
        returned: failed.is_some(),
        waits_ms: now.since_ms(since),
    };
    Card {
        score: order::score(&weighed),
        title: words::title(&known.title, &task.text),
        asked: words::asked(&task.text),
        why: words::why(&known.summary),
        chips: words::chips(known),
        project: task.project,
        project_name: origin.name().to_owned(),
        task: task.id,
        attempt: known.attempt.clone(),
        base_branch: task.base.branch,
        base: known.change.base.clone(),
        head: known.change.head.clone(),
        approval: settings.approval,
        since_last: before.map(|before| SinceLast {
            attempt: before.attempt.clone(),
            feedback,
            differences: words::differences(before, known),
        }),
        hears: task.settings.agent.has_model(),
        since,
        failed,
        pending,
    }
}

fn feedback(verdict: &Verdict, attempt: &AttemptId) -> Option<Feedback> {
    let State::CarriedOut { outcome: Outcome::Followed { attempt: by } } = &verdict.state else {
        return None;
    };
    let Said::Feedback { text } = &verdict.said else { return None };
    let person = verdict.person.clone();
    (by == attempt).then(|| Feedback { person, text: text.clone() })
}

async fn mirror(engine: &Engine, project: &ProjectId) -> Result<Mirror, Error> {
    let project = store::project::get(&engine.store, project).await?;
    Ok(Mirror::open(engine.home.path(), &project).await?)
}

#[cfg(test)]
mod tests;
