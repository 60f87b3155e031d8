//! The board: what waits for a person, what moves, and what is done.

use std::collections::HashMap;

use domain::attempt::State as AttemptState;
use domain::project::Approval;
use domain::task::State;
use domain::verdict::State as VerdictState;
use domain::{AttemptId, Project, ProjectId, Timestamp, Verdict};
use engine::Engine;
use store::task::{Cursor, Summary, Wanted};

use crate::failure::Failure;

/// Tasks of a section; there is a way to more of them.
pub const SECTION_MAX: u32 = 50;
/// Finished tasks of a page.
pub const PAGE_MAX: u32 = 30;

const MOVING: [&str; 3] = ["open", "running", "decided"];
const OFFERED: [&str; 1] = ["offered"];
const DONE: [&str; 3] = ["merged", "closed", "cancelled"];

/// What is to be seen of it.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub project: Option<ProjectId>,
    pub section: Option<Section>,
    pub text: Option<String>,
    /// Done tasks that are older.
    pub after: Option<Cursor>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Waiting,
    Running,
    Done,
}

impl Section {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Running, Self::Done];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == text)
    }
}

#[derive(Debug)]
pub struct Board {
    pub now: Timestamp,
    pub filter: Filter,
    /// By name.
    pub projects: Vec<Project>,
    pub waiting: Vec<Row>,
    pub running: Vec<Row>,
    pub done: Vec<Row>,
    /// Where the next page of what is done begins.
    pub next: Option<Cursor>,
    /// There is no task at all, whatever the filter.
    pub is_fresh: bool,
    pub lacks_space: Option<String>,
}

/// A task, as a list shows it.
#[derive(Debug)]
pub struct Row {
    pub summary: Summary,
    pub project: String,
    pub waits: Option<Waits>,
}

/// What a person is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// The change of this attempt is to be decided on.
    Offered(AttemptId),
    /// Its verdict couldn't be carried out, and why.
    Failed(AttemptId, String),
    Plan(AttemptId),
}

pub async fn board(engine: &Engine, filter: Filter) -> Result<Board, Failure> {
    let store = &engine.store;
    let mut projects = store::project::list(store).await?;
    projects.sort_by(|a, b| a.origin.name().cmp(b.origin.name()));
    let wanted = |states: &'static [&'static str], after| Wanted {
        project: filter.project.as_ref(),
        states,
        text: filter.text.as_deref(),
        after,
        ..Wanted::default()
    };
    let offered = store::task::summaries(store, wanted(&OFFERED, None), SECTION_MAX).await?;
    let moving = store::task::summaries(store, wanted(&MOVING, None), SECTION_MAX).await?;
    let mut done =
        store::task::summaries(store, wanted(&DONE, filter.after.as_ref()), PAGE_MAX + 1).await?;
    let next = cut(&mut done);
    let is_fresh = offered.is_empty() && moving.is_empty() && done.is_empty() && {
        store::task::summaries(store, Wanted::default(), 1).await?.is_empty()
    };
    let names: HashMap<&ProjectId, &str> =
        projects.iter().map(|project| (&project.id, project.origin.name())).collect();
    let row = |(summary, waits): (Summary, Option<Waits>)| Row {
        project: names.get(&summary.task.project).map_or_else(String::new, |&name| name.to_owned()),
        summary,
        waits,
    };
    let (waiting, running) = parted(engine, offered, moving).await?;
    Ok(Board {
        now: engine.clock.now(),
        waiting: waiting.into_iter().map(row).collect(),
        running: running.into_iter().map(row).collect(),
        done: done.into_iter().map(|summary| row((summary, None))).collect(),
        next,
        is_fresh,
        lacks_space: engine.lacks_space(),
        projects,
        filter,
    })
}

/// One more was asked for than is shown.
fn cut(done: &mut Vec<Summary>) -> Option<Cursor> {
    let page = usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
    if done.len() <= page {
        return None;
    }
    done.truncate(page);
    done.last().map(Summary::cursor)
}

type Parted = Vec<(Summary, Option<Waits>)>;

/// What waits for a person, and what moves by itself.
async fn parted(
    engine: &Engine,
    offered: Vec<Summary>,
    moving: Vec<Summary>,
) -> Result<(Parted, Parted), Failure> {
    let mut waiting = Vec::new();
    let mut running = Vec::new();
    let mut approvals: HashMap<ProjectId, Approval> = HashMap::new();
    for summary in moving {
        let approval = match approvals.get(&summary.task.project) {
            Some(approval) => *approval,
            None => {
                let project = &summary.task.project;
                let settings = store::project::settings(&engine.store, project).await?;
                approvals.insert(project.clone(), settings.approval);
                settings.approval
            }
        };
        match waits(&summary, approval) {
            None => running.push((summary, None)),
            waits => waiting.push((summary, waits)),
        }
    }
    for summary in offered {
        let State::Offered { attempt, .. } = &summary.task.state else { continue };
        let verdicts = store::verdict::of_attempt(&engine.store, attempt).await?;
        let waits = failed(&verdicts).unwrap_or_else(|| Waits::Offered(attempt.clone()));
        waiting.push((summary, Some(waits)));
    }
    Ok((waiting, running))
}

fn waits(summary: &Summary, approval: Approval) -> Option<Waits> {
    if let State::Decided { attempt } = &summary.task.state {
        return (approval == Approval::Offer).then(|| Waits::Offered(attempt.clone()));
    }
    let paused = summary
        .tries
        .iter()
        .find(|one| matches!(one.attempt.state, AttemptState::Paused { until: None, .. }));
    paused.map(|one| Waits::Plan(one.attempt.id.clone()))
}

/// The newest verdict, where it failed.
fn failed(verdicts: &[Verdict]) -> Option<Waits> {
    let newest = verdicts.last()?;
    match &newest.state {
        VerdictState::Failed { why } => Some(Waits::Failed(newest.attempt.clone(), why.clone())),
        VerdictState::Pending | VerdictState::Withdrawn | VerdictState::CarriedOut { .. } => None,
    }
}

impl Row {
    /// From when it was asked for until now, or until the last attempt has ended.
    pub fn took_ms(&self, now: Timestamp) -> u64 {
        let tries = &self.summary.tries;
        let ended = tries.iter().map(|one| one.attempt.ended).collect::<Option<Vec<_>>>();
        let until = ended.and_then(|ends| ends.into_iter().max()).unwrap_or(now);
        until.since_ms(self.summary.task.created)
    }
}
