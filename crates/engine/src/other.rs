//! The attempt that a task's sentence names, where its agent is to make that one's change smaller:
//! looked for when the task is delegated, so that a name that is none is told at once, and again
//! when the work begins.

use domain::task::{AgentName, Base};
use domain::{AttemptId, Change, Project, Task};

use crate::{Engine, Error};

/// Another attempt, and what it came to.
pub(crate) struct Other {
    pub attempt: AttemptId,
    /// What it began from, which is where making it smaller begins, too.
    pub base: Base,
    pub change: Change,
    /// By its agent's account.
    pub title: String,
}

impl Other {
    /// The attempt that a person's sentence names, if `agent` is to make it smaller.
    pub async fn asked_for(
        engine: &Engine,
        agent: AgentName,
        text: &str,
        project: &Project,
    ) -> Result<Option<Self>, Error> {
        if !agent::mechanic::wants_another(agent, text) {
            return Ok(None);
        }
        let named = agent::mechanic::attempt_named(text);
        let attempt = named.ok_or_else(|| Error::Unusable(NO_NAME.into()))?;
        let (other, its_project) = Self::load(engine, attempt).await?;
        if its_project != project.id {
            let reason = format!("attempt {} is another repository's", other.attempt);
            return Err(Error::Unusable(reason));
        }
        Ok(Some(other))
    }

    /// The one that a stored task names.
    pub async fn named(engine: &Engine, task: &Task) -> Result<Option<Self>, Error> {
        let project = store::project::get(&engine.store, &task.project).await?;
        Self::asked_for(engine, task.settings.agent, &task.text, &project).await
    }

    async fn load(engine: &Engine, attempt: AttemptId) -> Result<(Self, domain::ProjectId), Error> {
        let unusable = |why: &str| Error::Unusable(format!("attempt {attempt} {why}"));
        let task = match store::task::get(&engine.store, &attempt.task()).await {
            Err(store::Error::Missing { .. }) => return Err(unusable("isn't there")),
            found => found?,
        };
        match store::attempt::get(&engine.store, &attempt).await {
            Err(store::Error::Missing { .. }) => return Err(unusable("isn't there")),
            found => found?,
        };
        let change = store::change::get(&engine.store, &attempt).await?;
        let change = change.ok_or_else(|| unusable("has no change that could be made smaller"))?;
        let report = store::report::get(&engine.store, &attempt).await?;
        let title = report.map_or_else(String::new, |report| report.title);
        let project = task.project;
        Ok((Self { attempt, base: task.base, change, title }, project))
    }

    /// What whoever asked should know.
    pub fn note(self) -> String {
        let (attempt, base) = (self.attempt, self.base);
        format!(
            "the task starts where attempt {attempt} started, from {} at {}",
            base.branch,
            base.commit.short()
        )
    }
}

const NO_NAME: &str = "the task names no attempt whose change is to be made smaller; name one in \
    its text, such as k3v9x2ab.2 (`whimbrel list` and `whimbrel show TASK` tell them)";
