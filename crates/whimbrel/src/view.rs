//! What commands print: a task with what is known of its attempts, wherever that was read: in this
//! machine's store, or from a server. Knows neither a terminal nor HTTP.

use anyhow::Result;
use domain::attempt::State;
use domain::{Attempt, Change, Evidence, PullRequest, PullRequestId, Task};
use engine::Engine;
use proof::Ranking;
use store::exchange::{self, Spent};
use store::report::Report;

/// A task, with its attempts in the order in which they were made.
pub struct View {
    pub task: Task,
    pub project: Place,
    pub attempts: Vec<Tried>,
    pub pull_request: Option<PullRequest>,
}

/// A project, for people.
pub struct Place {
    /// The last part of where it is.
    pub name: String,
    /// A folder, or a URL without passwords.
    pub origin: String,
}

/// An attempt, what the server saw of its change, and what it cost.
pub struct Tried {
    pub attempt: Attempt,
    pub evidence: Option<Evidence>,
    pub spent: Spent,
}

/// An attempt with all that it made.
pub struct Made {
    pub tried: Tried,
    pub change: Option<Change>,
    pub report: Option<Report>,
}

/// What a task's attempts are beside each other.
pub struct Beside {
    pub view: View,
    /// Of each of the view's attempts.
    pub changes: Vec<Option<Change>>,
    pub ranking: Ranking,
    pub examination: domain::Examination,
    /// The examination is under way.
    pub is_examined: bool,
}

impl View {
    pub async fn load(engine: &Engine, task: Task) -> Result<Self> {
        let project = store::project::get(&engine.store, &task.project).await?;
        let mut attempts = Vec::new();
        for attempt in store::attempt::of_task(&engine.store, &task.id).await? {
            attempts.push(Tried::load(engine, attempt).await?);
        }
        let pull_request = pull_request(engine, &task).await?;
        Ok(Self { project: Place::of(&project.origin), attempts, pull_request, task })
    }

    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter().map(|tried| &tried.attempt)
    }
}

async fn pull_request(engine: &Engine, task: &Task) -> Result<Option<PullRequest>> {
    match store::pull_request::get(&engine.store, &PullRequestId::of(&task.id)).await {
        Ok(found) => Ok(Some(found)),
        Err(store::Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Place {
    pub fn of(origin: &domain::project::Origin) -> Self {
        Self { name: origin.name().to_owned(), origin: forge::origin::shown(origin) }
    }
}

impl Tried {
    pub async fn load(engine: &Engine, attempt: Attempt) -> Result<Self> {
        let evidence = store::evidence::get(&engine.store, &attempt.id).await?;
        let spent = exchange::spent(&engine.store, exchange::Scope::Attempt(&attempt.id)).await?;
        Ok(Self { attempt, evidence, spent })
    }
}

impl Made {
    pub async fn load(engine: &Engine, attempt: Attempt) -> Result<Self> {
        let change = store::change::get(&engine.store, &attempt.id).await?;
        let report = store::report::get(&engine.store, &attempt.id).await?;
        Ok(Self { tried: Tried::load(engine, attempt).await?, change, report })
    }
}

impl Beside {
    pub async fn load(engine: &Engine, task: Task) -> Result<Self> {
        let (ranking, examination) = engine::ranked(engine, &task.id).await?;
        let is_examined = engine.fleet.is_examined(&task.id)?;
        let view = View::load(engine, task).await?;
        let mut changes = Vec::new();
        for attempt in view.attempts() {
            changes.push(store::change::get(&engine.store, &attempt.id).await?);
        }
        Ok(Self { view, changes, ranking, examination, is_examined })
    }
}

/// Every attempt that hasn't ended has something to be approved.
pub fn waits_for_a_person<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> bool {
    let mut left = attempts.filter(|attempt| !attempt.state.is_ended()).peekable();
    let paused = |state: &State| matches!(state, State::Paused { until: None, why: _ });
    left.peek().is_some() && left.all(|attempt| paused(&attempt.state))
}
